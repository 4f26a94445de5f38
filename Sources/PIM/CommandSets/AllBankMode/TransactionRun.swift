/// Transactions of a host that follow each other in one direction: reads or writes of consecutive addresses.
struct TransactionRun: Hashable, Sendable {
  /// Which address comes after which.
  enum Order: UInt8, Sendable {
    /// Columns of one bank, on into its next rows.
    case columns
    /// Bank of a group, group of banks, column, row: how an ordinary access pattern lies in a channel.
    case interleaved
  }

  /// What a write to the mode register brings about.
  enum ModeWrite: UInt8, Sendable {
    case none, startUnits, stopUnits
  }

  var order = Order.columns
  var isWrite: Bool
  var bank: Int32 = 0
  var row: Int32 = 0
  /// The first column; for interleaved runs the channel's first burst.
  var first: Int64
  var count: Int64
  /// Nothing goes before the last transaction that comes after it, nor that one before any that came earlier.
  var endsInBarrier = false
  var modeWrite = ModeWrite.none

  init(
    isWrite: Bool, bank: Int, row: Int64, column: Int64, count: Int64 = 1, barrier: Bool = false,
    modeWrite: ModeWrite = .none
  ) {
    self.isWrite = isWrite
    self.bank = Int32(bank)
    self.row = Int32(row)
    first = column
    self.count = count
    endsInBarrier = barrier
    self.modeWrite = modeWrite
  }

  /// Bursts `first ..< first + count` of a channel, counted in the order of its addresses.
  init(interleaved first: Int64, count: Int64, isWrite: Bool) {
    order = .interleaved
    self.isWrite = isWrite
    self.first = first
    self.count = count
  }
}

/// One transaction as the controller's queue holds it.
struct Transaction {
  var row: Int32
  var column: Int32
  var bank: Int32
  var isWrite: Bool
  var isBarrier: Bool
  var modeWrite: TransactionRun.ModeWrite
}

/// Takes the transactions of runs one by one.
struct TransactionFeed {
  private let runs: [TransactionRun]
  private let columns: Int64
  private let groups: Int64
  private let banksPerGroup: Int64
  private var index = 0
  private var offset: Int64 = 0

  init(_ runs: [TransactionRun], _ geometry: RankGeometry) {
    self.runs = runs
    columns = geometry.columns
    groups = Int64(geometry.groups)
    banksPerGroup = Int64(geometry.banksPerGroup)
    skipEmpty()
  }

  var isEmpty: Bool { index == runs.count }

  private mutating func skipEmpty() {
    while index < runs.count && runs[index].count == 0 { index += 1 }
  }

  /// The next transaction; only while there is one.
  mutating func next() -> Transaction {
    let run = runs[index]
    let position = run.first + offset
    offset += 1
    let isLast = offset == run.count
    var result = Transaction(
      row: run.row, column: 0, bank: run.bank, isWrite: run.isWrite, isBarrier: isLast && run.endsInBarrier,
      modeWrite: run.modeWrite)
    switch run.order {
    case .columns:
      if position < columns {
        result.column = Int32(truncatingIfNeeded: position)
      } else {
        result.row += Int32(truncatingIfNeeded: position / columns)
        result.column = Int32(truncatingIfNeeded: position % columns)
      }
    case .interleaved:
      var rest = position
      let bank = rest % banksPerGroup
      rest /= banksPerGroup
      result.bank = Int32(truncatingIfNeeded: rest % groups * banksPerGroup + bank)
      rest /= groups
      result.column = Int32(truncatingIfNeeded: rest % columns)
      result.row = Int32(truncatingIfNeeded: rest / columns)
    }
    if isLast {
      index += 1
      offset = 0
      skipEmpty()
    }
    return result
  }
}
