import DRAM

/// The transactions with which a host runs a kernel on one channel's units.
///
/// The host parks every bank, takes the channel to all-bank mode, writes the units' program and starts them; then each
/// read or write of data rows is one step of the program in all units, and a barrier follows each group of them since
/// the units work in order. At the end it goes the same way back.
struct AllBankLowering {
  let settings: AllBankSettings
  let geometry: RankGeometry
  private(set) var runs: [TransactionRun] = []

  init(_ settings: AllBankSettings, _ geometry: RankGeometry) {
    self.settings = settings
    self.geometry = geometry
  }

  mutating func begin() {
    park()
    for bank in settings.allBank.bankList {
      runs.append(
        TransactionRun(isWrite: true, bank: bank, row: settings.allBank.row, column: settings.allBank.column))
    }
    barrier()
    program()
  }

  mutating func end() {
    for bank in settings.singleBank.bankList {
      runs.append(
        TransactionRun(isWrite: true, bank: bank, row: settings.singleBank.row, column: settings.singleBank.column))
    }
    barrier()
    park()
  }

  /// Every bank once, each in another group than the last.
  private mutating func park() {
    for bank in 0..<geometry.banksPerGroup {
      for group in 0..<geometry.groups {
        runs.append(
          TransactionRun(
            isWrite: false, bank: group * geometry.banksPerGroup + bank, row: settings.parkRow,
            column: settings.parkColumn))
      }
    }
    barrier()
  }

  private mutating func barrier() { runs[runs.count - 1].endsInBarrier = true }

  /// Writes the units' program, which says how often each of its loops is taken.
  mutating func program() {
    runs.append(
      TransactionRun(
        isWrite: true, bank: 1, row: settings.registerRow, column: settings.programColumn,
        count: settings.programBursts, barrier: true))
  }

  mutating func start() { writeMode(.startUnits) }
  mutating func stop() { writeMode(.stopUnits) }

  private mutating func writeMode(_ write: TransactionRun.ModeWrite) {
    runs.append(
      TransactionRun(
        isWrite: true, bank: 0, row: settings.registerRow, column: settings.modeColumn, barrier: true,
        modeWrite: write))
  }

  /// Hands bursts of the input vector to all units.
  mutating func loadVectors(_ count: Int64) {
    runs.append(
      TransactionRun(
        isWrite: true, bank: 1, row: settings.registerRow, column: settings.vectorColumn, count: count, barrier: true))
  }

  /// Reads or writes columns of the even or the odd banks, counted over rows.
  ///
  /// - Parameter base: the first row of the operand.
  mutating func data(isWrite: Bool, odd: Bool, base: Int64 = 0, column: Int64, count: Int64) {
    guard count > 0 else { return }
    runs.append(
      TransactionRun(
        isWrite: isWrite, bank: odd ? 1 : 0, row: base + column / geometry.columns, column: column % geometry.columns,
        count: count, barrier: true))
  }
}
