import Arch

/// The numbers in one channel: in its banks, its vector buffer and its MAC units.
///
/// An element that was never written is told from a zero, and so is the padding of a vector: neither counts as
/// multiplied.
struct MemoryNumbers {
  /// A NaN that no arithmetic makes.
  static let blank = Float(bitPattern: 0x7fa0_5a5a)

  private let geometry: MemoryGeometry
  /// Rounds to the format of the cells; nothing in an exact run.
  private let format: FloatFormat?
  /// Rows that were written, by bank · rows + row.
  private var rows: [Int64: [Float]] = [:]
  /// What the vector buffer holds, and the vectors' numbers in their order.
  private var vector: [Float] = []
  private var held: [Int64] = []
  /// What the vector buffer is being filled with.
  private var arriving: [Float] = []
  private var sums: [Float]
  /// The products of one burst, and their partial sums.
  private var products: [Float]
  /// Products of two numbers that were made.
  private(set) var macs: Int64 = 0
  /// Results of the present step by their number.
  var results: [(at: Int64, value: Float)] = []

  init(_ geometry: MemoryGeometry, format: FloatFormat?) {
    self.geometry = geometry
    self.format = format
    sums = Array(repeating: 0, count: Int(geometry.banks))
    products = Array(repeating: 0, count: Int(geometry.burstElements))
  }

  static func isBlank(_ value: Float) -> Bool { value.bitPattern == blank.bitPattern }

  private func rounded(_ value: Float) -> Float {
    guard let format, !Self.isBlank(value) else { return value }
    return format == .bf16 ? BF16.widen(BF16.narrow(value)) : format.decode(format.encode(value).bits)
  }

  // MARK: Banks

  subscript(bank: Int64, row: Int64, column: Int64) -> Float {
    get { rows[bank * geometry.rows + row]?[Int(column)] ?? Self.blank }
    set {
      let key = bank * geometry.rows + row
      rows[key, default: Array(repeating: Self.blank, count: Int(geometry.rowElements))][Int(column)] =
        rounded(newValue)
    }
  }

  /// Stores neighbouring elements of one row.
  mutating func store(_ values: ArraySlice<Float>, bank: Int64, row: Int64, column: Int64) {
    let key = bank * geometry.rows + row
    var cells = rows.removeValue(forKey: key) ?? Array(repeating: Self.blank, count: Int(geometry.rowElements))
    for (offset, value) in values.enumerated() { cells[Int(column) + offset] = rounded(value) }
    rows[key] = cells
  }

  // MARK: Vector buffer

  mutating func expect(_ numbers: [Float], vectors: [Int64]) {
    arriving = numbers
    held = vectors
    vector = Array(repeating: Self.blank, count: numbers.count)
  }

  /// One burst of what was expected arrives.
  mutating func fill(burst: Int64) {
    let first = Int(burst * geometry.burstElements)
    for index in first..<min(first + Int(geometry.burstElements), arriving.count) {
      vector[index] = rounded(arriving[index])
    }
  }

  // MARK: MAC units

  mutating func clearSums() {
    for bank in sums.indices { sums[bank] = 0 }
  }

  /// One multiply command in one bank: a burst of its row with a burst of a vector, products added up pair by pair, and
  /// the sum to the accumulator, in binary32.
  ///
  /// - Parameters:
  ///   - vector: which one, where banks have different ones.
  ///   - length: elements from one held vector to the next.
  ///   - position: of the burst in the vector.
  mutating func multiply(
    bank: Int64, row: Int64, column: Int64, vector number: Int64?, length: Int64, position: Int64
  ) {
    let offset = number.map { Int64(held.firstIndex(of: $0) ?? 0) * length } ?? 0
    guard let cells = rows[bank * geometry.rows + row] else { return }
    var made: Int64 = 0
    for lane in 0..<Int(geometry.burstElements) {
      let index = Int(offset + position) + lane
      let weight = cells[Int(column) + lane]
      let element = index < vector.count ? vector[index] : Self.blank
      let counts = !Self.isBlank(weight) && !Self.isBlank(element)
      products[lane] = counts ? weight * element : 0
      made += counts ? 1 : 0
    }
    macs += made
    var left = products.count
    while left > 1 {
      for pair in 0..<left / 2 { products[pair] = products[2 * pair] + products[2 * pair + 1] }
      if left % 2 == 1 { products[left / 2] = products[left - 1] }
      left = (left + 1) / 2
    }
    sums[Int(bank)] += products[0]
  }

  /// A bank's sum leaves as result `number`, and the accumulator is cleared.
  mutating func emit(bank: Int64, as number: Int64) {
    results.append((number, sums[Int(bank)]))
    sums[Int(bank)] = 0
  }
}
