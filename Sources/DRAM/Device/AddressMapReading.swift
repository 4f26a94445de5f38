import Arch
import Files

/// Reads the bit order of addresses, as our device and controller files write it and as recorded devices do.
enum AddressMapReading {
  /// `[row, bank, bankgroup, rank, column, channel]`: most significant first. `column:2` takes so many bits of a target
  /// that is named again further down; the one without a number takes what is left.
  static func native(
    _ fields: inout Fields, _ key: String, levels: [String], levelSizes: [Int], rows: Int64, columns: Int64,
    accessBytes: Int64, _ d: inout Diagnostics
  ) -> AddressMap? {
    guard let names = fields.texts(key, &d) else { return nil }
    let place = fields.place(key)
    let known = levels + ["row", "column"]
    var parts: [(target: AddressMap.Target, name: String, bits: Int?)] = []
    for text in names {
      let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let bits = halves.count > 1 ? Int(halves[1]) : nil
      guard let target = target(halves[0], levels), halves.count == 1 || (1...40).contains(bits ?? 0) else {
        d.error(
          "the address map names something unknown", at: place, value: text,
          expected: "one of \(known.joined(separator: ", ")), or with a number of bits such as column:2",
          suggestion: nearMiss(of: halves[0], among: known).map { "did you mean '\($0)'?" })
        return nil
      }
      parts.append((target, halves[0], bits))
    }
    var sizes: [(name: String, target: AddressMap.Target, size: Int64)] = levels.indices.map {
      (levels[$0], .level($0), Int64(levelSizes[$0]))
    }
    sizes += [("row", .row, rows), ("column", .column, columns)]
    var left: [AddressMap.Target: Int] = [:]
    for (name, target, size) in sizes {
      guard size > 0, size.nonzeroBitCount == 1 || target == .row else {
        d.error("an address map needs powers of two", at: place, value: "\(size) for '\(name)'")
        return nil
      }
      let bits = 64 - (size - 1).leadingZeroBitCount
      left[target] = size == 1 ? 0 : bits
      let named = parts.filter { $0.target == target }
      let stated = named.compactMap(\.bits).reduce(0, +)
      let open = named.filter { $0.bits == nil }.count
      if open > 1 || stated > left[target]! || (open == 0 && stated < left[target]!) {
        d.error(
          open == 0 && named.isEmpty ? "the address map leaves out '\(name)'" : "the bits of '\(name)' do not add up",
          at: place, value: names.joined(separator: ", "), expected: "\(left[target]!) bits for '\(name)' in all")
        return nil
      }
      left[target]! -= stated
    }
    guard accessBytes.nonzeroBitCount == 1 else {
      d.error("an address map needs an access of a power of two of bytes", at: place, value: "\(accessBytes) B")
      return nil
    }
    let mapped = parts.reversed().map { AddressMap.Field(target: $0.target, bits: $0.bits ?? left[$0.target]!) }
    return checked(AddressMap(shift: accessBytes.trailingZeroBitCount, fields: mapped), at: place, &d)
  }

  /// `{"shift": 6, "fields": [["column", 7], …]}`: least significant first.
  static func recorded(_ input: Fields?, levels: [String], _ d: inout Diagnostics) -> AddressMap? {
    guard var map = input, let shift = map.requiredInteger("shift", in: 0...30, &d),
      let list = map.requiredList("fields", &d)
    else { return nil }
    var fields: [AddressMap.Field] = []
    for node in list {
      guard let pair = node.items, pair.count == 2, case .scalar(let name) = pair[0].content,
        let target = target(name.text, levels),
        let bits = Scalars.integer(of: pair[1], in: 0...40, "the bits of '\(name.text)'", file: map.file, &d)
      else {
        d.error(
          "a field of the address map is no pair of a level and its bits", at: Place(file: map.file, mark: node.mark),
          expected: "such as [\"column\", 7]; names: \((levels + ["row", "column"]).joined(separator: ", "))")
        return nil
      }
      fields.append(AddressMap.Field(target: target, bits: Int(bits)))
    }
    return checked(AddressMap(shift: Int(shift), fields: fields), at: map.place("fields"), &d)
  }

  private static func target(_ name: String, _ levels: [String]) -> AddressMap.Target? {
    switch name {
    case "row": .row
    case "column": .column
    default: levels.firstIndex(of: name).map { .level($0) }
    }
  }

  private static func checked(_ map: AddressMap, at place: Place, _ d: inout Diagnostics) -> AddressMap? {
    guard map.bits <= 62, map.bits(of: .row) <= 31, map.bits(of: .column) <= 31 else {
      d.error("the address map has too many bits", at: place, value: "\(map.bits)", expected: "at most 62")
      return nil
    }
    return map
  }
}
