/// Lists of operands end to end, those that are equal stored once for each unit and opcode.
///
/// A long run asks for the same steps in every pass, so most lists are there already.
struct OperandLists: Sendable {
  private struct Entry: Sendable {
    let start: Int32
    let count: Int32
    let unit: Int32
    let opcode: Int32
    let hash: Int32
  }

  private(set) var values: [Int64] = []
  private var entries: [Entry] = []
  /// Open addressing: position in `entries` plus one, 0 where free; a power of two, at most half full.
  private var slots: [Int32] = Array(repeating: 0, count: 64)

  /// How many there are.
  var count: Int { entries.count }

  /// Which list it is, in `0..<count`, and where it lies in `values`; added if it is new.
  mutating func place(_ list: [Int64], unit: Int32, opcode: Int32) -> (number: Int32, range: Range<Int32>) {
    // Seeded anew in every process: nobody can write a program whose lists all collide.
    var hasher = Hasher()
    hasher.combine(unit)
    hasher.combine(opcode)
    list.withUnsafeBytes { hasher.combine(bytes: $0) }
    let hash = Int32(truncatingIfNeeded: hasher.finalize())
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] > 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.unit == unit, entry.opcode == opcode, isEqual(list, to: entry) {
        return (slots[slot] - 1, entry.start..<(entry.start + entry.count))
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let entry = Entry(
      start: Int32(values.count), count: Int32(list.count), unit: unit, opcode: opcode, hash: hash)
    values.append(contentsOf: list)
    entries.append(entry)
    slots[slot] = Int32(entries.count)
    if entries.count > slots.count / 2 { grow() }
    return (Int32(entries.count - 1), entry.start..<Int32(values.count))
  }

  private func isEqual(_ list: [Int64], to entry: Entry) -> Bool {
    guard Int(entry.count) == list.count else { return false }
    for index in list.indices where values[Int(entry.start) + index] != list[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (slots.count - 1)
      while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index + 1)
    }
  }
}
