/// Reads npy data: one tensor behind a header.
public enum NPYFile {
  /// The most bytes of a tensor in Fortran's order, which is copied into row-major order.
  static let reorderedBytes = 1 << 31

  /// The tensor of an npy file, a view into `file`; nil with errors. Elements in Fortran's order are copied.
  public static func read(_ file: MappedFile, name: String, into d: inout Diagnostics) -> StoredTensor? {
    read(file, 0..<file.count, name: name, at: Place(file: file.displayName), into: &d)
  }

  /// The tensor of the npy data in `range` of `file`.
  static func read(
    _ file: MappedFile, _ range: Range<Int>, name: String, at place: Place, into d: inout Diagnostics
  ) -> StoredTensor? {
    file.withBytes { all in
      tensor(UnsafeRawBufferPointer(rebasing: all[range]), file, range.lowerBound, name, place, &d)
    }
  }

  /// The tensor of npy data, the bytes from `start` of `file`.
  private static func tensor(
    _ bytes: UnsafeRawBufferPointer, _ file: MappedFile, _ start: Int, _ name: String, _ place: Place,
    _ d: inout Diagnostics
  ) -> StoredTensor? {
    let header: NPYHeader
    do {
      header = try NPYHeader(bytes)
    } catch {
      d.error(error.message, at: place, value: error.value, expected: error.expected)
      return nil
    }
    guard let count = TensorShape.count(header.shape, at: place, into: &d) else { return nil }
    let expected = count * Int64(header.element.size)
    let size = Int64(bytes.count - header.start)
    guard size == expected else {
      d.error(
        "the data do not fit the header's shape", at: place, value: "\(size) bytes",
        expected: "\(expected) bytes for \(header.element.rawValue) \(header.shape)")
      return nil
    }
    // With one axis that is longer than 1, both orders are the same.
    guard header.isFortranOrder, count > 1, header.shape.count(where: { $0 > 1 }) > 1 else {
      return StoredTensor(
        name: name, element: header.element, shape: header.shape, file: file,
        range: start + header.start..<start + bytes.count)
    }
    guard expected <= Int64(reorderedBytes) else {
      d.error(
        "the tensor in Fortran's order is too large", at: place, value: "\(expected) bytes",
        expected: "at most \(reorderedBytes), or row-major order")
      return nil
    }
    let data = UnsafeRawBufferPointer(rebasing: bytes[header.start...])
    let memory = MappedFile(displayName: file.displayName, count: data.count) {
      reorder(data, header.shape, header.element.size, into: $0)
    }
    return StoredTensor(
      name: name, element: header.element, shape: header.shape, file: memory, range: 0..<data.count)
  }

  /// Puts elements whose first index varies fastest in the order in which the last does.
  private static func reorder(
    _ data: UnsafeRawBufferPointer, _ shape: [Int64], _ size: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    let extents = shape.map(Int.init)
    var steps = [Int](repeating: size, count: extents.count)
    for axis in extents.indices.dropFirst() { steps[axis] = steps[axis - 1] * extents[axis - 1] }
    var index = [Int](repeating: 0, count: extents.count)
    var from = 0
    for to in stride(from: 0, to: data.count, by: size) {
      for byte in 0..<size { target[to + byte] = data[from + byte] }
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        from += steps[axis]
        if index[axis] < extents[axis] { break }
        from -= steps[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// The npy data that hold `tensor`, row-major.
  static func bytes(of tensor: StoredTensor) -> [UInt8]? {
    guard var bytes = NPYHeader.bytes(tensor.element, tensor.shape) else { return nil }
    if tensor.element == .bfloat16 {
      // Exact: every bfloat16 number is an fp32 number.
      tensor.floats().map { $0.bitPattern.littleEndian }.withUnsafeBytes { bytes += $0 }
    } else {
      tensor.withBytes { bytes += $0 }
    }
    return bytes
  }
}
