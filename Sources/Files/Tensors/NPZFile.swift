/// Reads npz archives: zip archives of npy files. Stored members are views into the file, deflated ones are inflated.
public enum NPZFile {
  /// The most bytes that the deflated members of a file may come to together, unless a caller says otherwise.
  public static let inflatedBytes = 1 << 31

  /// The tensors of the archive in the order of its directory, named without `.npy`; nil with errors.
  ///
  /// Each member's checksum is compared, whether it is stored or deflated.
  ///
  /// - Parameters:
  ///   - inflatedLimit: the most bytes to inflate, all members together.
  public static func read(
    _ file: MappedFile, inflatedLimit: Int = inflatedBytes, into d: inout Diagnostics
  ) -> [StoredTensor]? {
    let before = d.errorCount
    let members: [ZipDirectory.Member]
    do {
      members = try file.withBytes { bytes throws(ZipDirectory.Fault) in try ZipDirectory(bytes).members }
    } catch {
      d.error(error.message, at: place(file, error.member), value: error.value, expected: error.expected)
      return nil
    }
    guard checkSizes(members, file, inflatedLimit, &d) else { return nil }
    var tensors: [StoredTensor] = []
    var names: Set<String> = []
    for member in members {
      let at = place(file, member.name)
      guard member.name.hasSuffix(".npy") else {
        d.error("the member is no npy file", at: at, expected: "names that end in .npy")
        continue
      }
      let name = String(member.name.dropLast(4))
      guard names.insert(name).inserted else {
        d.error("two tensors have the same name", at: at)
        continue
      }
      if let tensor = tensor(of: member, name, file, at, &d) { tensors.append(tensor) }
    }
    return d.errorCount == before ? tensors : nil
  }

  private static func place(_ file: MappedFile, _ member: String?) -> Place {
    Place(file: file.displayName, detail: member.map { "member \"\($0)\"" })
  }

  /// Refuses what would inflate to too much before a byte is inflated.
  private static func checkSizes(
    _ members: [ZipDirectory.Member], _ file: MappedFile, _ limit: Int, _ d: inout Diagnostics
  ) -> Bool {
    var total = 0
    for member in members where member.isDeflated {
      // Deflate makes at most 1032 bytes of one.
      guard member.size / 1032 <= member.range.count else {
        d.error(
          "the member cannot inflate to its size", at: place(file, member.name), value: "\(member.size) bytes",
          expected: "at most 1032 times \(member.range.count)")
        return false
      }
      let (sum, overflow) = total.addingReportingOverflow(member.size)
      guard !overflow, sum <= limit else {
        d.error(
          "the archive inflates to too much", at: place(file, nil), value: overflow ? nil : "\(sum) bytes or more",
          expected: "at most \(limit)")
        return false
      }
      total = sum
    }
    return true
  }

  private static func tensor(
    of member: ZipDirectory.Member, _ name: String, _ file: MappedFile, _ at: Place, _ d: inout Diagnostics
  ) -> StoredTensor? {
    if !member.isDeflated {
      guard checksum(file, member.range) == member.checksum else { return fail(at, &d) }
      return NPYFile.read(file, member.range, name: name, at: at, into: &d)
    }
    let memory: MappedFile
    do {
      memory = try file.withBytes { all throws(RawInflater.Fault) in
        try MappedFile(displayName: file.displayName, count: member.size) { output throws(RawInflater.Fault) in
          try RawInflater.inflate(UnsafeRawBufferPointer(rebasing: all[member.range]), into: output)
        }
      }
    } catch {
      d.error(error.message, at: at)
      return nil
    }
    guard checksum(memory, 0..<memory.count) == member.checksum else { return fail(at, &d) }
    return NPYFile.read(memory, 0..<memory.count, name: name, at: at, into: &d)
  }

  private static func fail(_ at: Place, _ d: inout Diagnostics) -> StoredTensor? {
    d.error("the member's checksum (CRC-32) is wrong", at: at, expected: "an undamaged file")
    return nil
  }

  /// The checksum of a part of the file, in stretches that are let go again.
  private static func checksum(_ file: MappedFile, _ range: Range<Int>) -> UInt32 {
    let stretch = 1 << 24
    var crc: UInt32 = 0
    var at = range.lowerBound
    while at < range.upperBound {
      let end = min(at + stretch, range.upperBound)
      crc = file.withBytes { RawInflater.checksum(UnsafeRawBufferPointer(rebasing: $0[at..<end]), after: crc) }
      if range.count > stretch { file.release(at..<end) }
      at = end
    }
    return crc
  }
}
