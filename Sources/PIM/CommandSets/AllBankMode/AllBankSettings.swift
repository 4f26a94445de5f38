import DRAM
import Files

/// What a device's `pim:` section says of an all-bank mode: SIMD units between pairs of banks that ordinary reads and
/// writes set to work, all units of a channel at once.
struct AllBankSettings: Sendable {
  /// Where reading or writing changes the mode: a row and column of each of some banks.
  struct ModeRegister: Sendable {
    let row: Int64
    let column: Int64
    /// Bit per bank.
    let banks: UInt64
    let bankList: [Int]
  }

  /// The size of one element of operands: bytes.
  let elementBytes: Int64
  /// Units of a channel, each between an even bank and the next one.
  let units: Int64
  /// Bursts of the input vector that a unit holds.
  let vectors: Int64
  /// Results that a unit holds.
  let accumulators: Int64
  /// A row that is read in every bank before and after, so that no row of data stays open over a change of mode.
  let parkRow: Int64
  let parkColumn: Int64
  /// Activating this in each of its banks makes every command reach all even or all odd banks.
  let allBank: ModeRegister
  /// Closing this in each of its banks ends that.
  let singleBank: ModeRegister
  /// The row that stands for the units' registers.
  let registerRow: Int64
  let modeColumn: Int64
  let programColumn: Int64
  let vectorColumn: Int64
  /// Bursts that a kernel's program takes.
  let programBursts: Int64
  /// Rows of a bank that hold data.
  let dataRows: Int64
  /// Rows from one operand to the next, at least.
  let operandRows: Int64
  /// Transactions that the controller chooses among.
  let queue: Int
  /// Cycles from the last precharge to a refresh.
  let refreshAfterPrecharge: Int64

  private static let keys = [
    "controller", "element-size", "units", "vectors", "accumulators", "park", "all-bank", "single-bank", "registers",
    "program-bursts", "data-rows", "operand-rows", "queue", "refresh-after-precharge",
  ]

  init?(_ device: DeviceDescription, _ geometry: RankGeometry, _ settings: inout Fields, _ d: inout Diagnostics) {
    let before = d.errorCount
    func integer(_ fields: inout Fields, _ key: String, _ range: ClosedRange<Int64>) -> Int64 {
      fields.requiredInteger(key, in: range, &d) ?? range.lowerBound
    }
    let rows: ClosedRange<Int64> = 0...(geometry.rows - 1)
    let columns: ClosedRange<Int64> = 0...(geometry.columns - 1)
    var elementBytes: Int64 = 1
    if let size = settings.requiredQuantity("element-size", .size, in: .positive, &d) {
      if let bytes = size.value.int64, bytes <= geometry.burstBytes, geometry.burstBytes % bytes == 0 {
        elementBytes = bytes
      } else {
        d.error(
          "a burst is not a whole number of elements", at: settings.place("element-size"), value: size.text,
          expected: "a divisor of \(geometry.burstBytes) B")
      }
    }
    self.elementBytes = elementBytes
    units = integer(&settings, "units", 1...64)
    if units * 2 != Int64(geometry.banks) {
      d.error(
        "not one unit for each pair of banks", at: settings.place("units"), value: "\(units)",
        expected: "\(geometry.banks / 2)")
    }
    vectors = integer(&settings, "vectors", 1...256)
    accumulators = integer(&settings, "accumulators", 1...256)
    (parkRow, parkColumn) = Self.cell(&settings, "park", rows, columns, &d)
    allBank = Self.register(&settings, "all-bank", rows, columns, geometry.banks, &d)
    singleBank = Self.register(&settings, "single-bank", rows, columns, geometry.banks, &d)
    if var registers = settings.requiredFields("registers", of: "the registers", &d) {
      registerRow = integer(&registers, "row", rows)
      modeColumn = integer(&registers, "mode", columns)
      programColumn = integer(&registers, "program", columns)
      vectorColumn = integer(&registers, "vectors", columns)
      registers.finish(&d, knownKeys: ["row", "mode", "program", "vectors"])
    } else {
      (registerRow, modeColumn, programColumn, vectorColumn) = (0, 0, 0, 0)
    }
    programBursts = integer(&settings, "program-bursts", 1...256)
    for (column, count, key) in [(vectorColumn, vectors, "vectors"), (programColumn, programBursts, "program-bursts")]
    where column + count > geometry.columns {
      d.error(
        "\(key) do not fit the register row", at: settings.place(key), value: "\(count)",
        expected: "at most \(geometry.columns - column)")
    }
    dataRows = integer(&settings, "data-rows", 1...geometry.rows)
    operandRows = integer(&settings, "operand-rows", 1...geometry.rows)
    queue = Int(integer(&settings, "queue", 1...4096))
    var wait: Int64 = 0
    if let name = settings.requiredText("refresh-after-precharge", &d) {
      if let cycles = device.timing(named: name) {
        wait = cycles
      } else {
        d.error(
          "no timing parameter of this name", at: settings.place("refresh-after-precharge"), value: clipped(name),
          suggestion: nearMiss(of: name, among: device.timing.map(\.name)).map { "did you mean '\($0)'?" })
      }
    }
    refreshAfterPrecharge = wait
    settings.finish(&d, knownKeys: Self.keys)
    if d.errorCount != before { return nil }
  }

  private static func cell(
    _ settings: inout Fields, _ key: String, _ rows: ClosedRange<Int64>, _ columns: ClosedRange<Int64>,
    _ d: inout Diagnostics
  ) -> (row: Int64, column: Int64) {
    guard var fields = settings.requiredFields(key, of: "'\(key)'", &d) else { return (0, 0) }
    let row = fields.requiredInteger("row", in: rows, &d)
    let column = fields.requiredInteger("column", in: columns, &d)
    fields.finish(&d, knownKeys: ["row", "column"])
    return (row ?? 0, column ?? 0)
  }

  private static func register(
    _ settings: inout Fields, _ key: String, _ rows: ClosedRange<Int64>, _ columns: ClosedRange<Int64>, _ banks: Int,
    _ d: inout Diagnostics
  ) -> ModeRegister {
    let none = ModeRegister(row: 0, column: 0, banks: 0, bankList: [])
    guard var fields = settings.requiredFields(key, of: "'\(key)'", &d) else { return none }
    let row = fields.requiredInteger("row", in: rows, &d)
    let column = fields.requiredInteger("column", in: columns, &d)
    var list: [Int] = []
    for node in fields.requiredList("banks", &d) ?? [] {
      guard case .scalar(let scalar) = node.content, let bank = Int(scalar.text), (0..<banks).contains(bank),
        !list.contains(bank)
      else {
        d.error(
          "not a bank, or one named twice", at: Place(file: fields.file, mark: node.mark),
          expected: "a bank from 0 to \(banks - 1)")
        continue
      }
      list.append(bank)
    }
    if list.isEmpty { d.error("'\(key)' names no bank", at: fields.place("banks"), expected: "a list of banks") }
    fields.finish(&d, knownKeys: ["row", "column", "banks"])
    guard let row, let column else { return none }
    return ModeRegister(
      row: row, column: column, banks: list.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }, bankList: list)
  }
}
