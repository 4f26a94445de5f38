import DRAM

/// Sums, products or rectified values of tensors that lie in memory as addresses run: channel, bank, column.
///
/// The even and the odd banks of all units work in turn, as many columns as the units have registers.
struct ElementwiseKernel {
  let settings: AllBankSettings
  let geometry: RankGeometry
  let bursts: Int64
  let channels: Int64
  /// Whether there is a second operand.
  let isBinary: Bool
  /// What does not fill all registers of all units is left out, as the peer does.
  let dropsRemainder: Bool

  /// Columns of the even and of the odd banks of a channel that hold data.
  struct Columns: Hashable {
    let even: Int64
    let odd: Int64
  }

  func columns(_ channel: Int64) -> Columns {
    let perColumn = channels * Int64(geometry.banks)
    if dropsRemainder {
      let whole = bursts / (perColumn * settings.vectors) * settings.vectors
      return Columns(even: whole, odd: whole)
    }
    func count(_ first: Int64) -> Int64 { max(0, (bursts - first + perColumn - 1) / perColumn) }
    return Columns(even: count(channel), odd: count(channel + channels))
  }

  /// Rows from one operand to the next.
  private func operandRows(_ columns: Columns) -> Int64 {
    dropsRemainder
      ? settings.operandRows : max(settings.operandRows, (columns.even + geometry.columns - 1) / geometry.columns)
  }

  /// Rows of a bank that the kernel reaches.
  func rows(_ columns: Columns) -> Int64 {
    2 * operandRows(columns) + (columns.even + geometry.columns - 1) / geometry.columns
  }

  /// Runs of transactions that the kernel takes at most.
  func extent(_ columns: Columns) -> Int64 { (columns.even / settings.vectors + 1) * 9 }

  func runs(_ columns: Columns) -> [TransactionRun] {
    if columns.even == 0 && !dropsRemainder { return [] }
    var lowering = AllBankLowering(settings, geometry)
    let rows = operandRows(columns)
    let result = 2 * rows
    lowering.begin()
    lowering.start()
    func part(_ total: Int64, _ first: Int64) -> Int64 { max(0, min(settings.vectors, total - first)) }
    var programmed = Columns(even: part(columns.even, 0), odd: part(columns.odd, 0))
    for first in stride(from: 0, to: columns.even, by: Int(settings.vectors)) {
      let counts = Columns(even: part(columns.even, first), odd: part(columns.odd, first))
      if counts != programmed {
        lowering.stop()
        lowering.program()
        lowering.start()
        programmed = counts
      }
      for (odd, count) in [(false, counts.even), (true, counts.odd)] {
        lowering.data(isWrite: false, odd: odd, column: first, count: count)
        if isBinary { lowering.data(isWrite: false, odd: odd, base: rows, column: first, count: count) }
        lowering.data(isWrite: true, odd: odd, base: result, column: first, count: count)
      }
    }
    lowering.stop()
    lowering.end()
    return lowering.runs
  }
}
