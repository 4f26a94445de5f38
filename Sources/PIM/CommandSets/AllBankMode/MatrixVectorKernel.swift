import DRAM
import Files

/// y = W x in all-bank mode: a unit holds some bursts of x and multiplies each with a column of its banks into one of
/// its results.
///
/// A tile of inputs is what the units' vector registers hold; tiles lie in the even and the odd banks in turn. A tile of
/// outputs is what all units' results hold. In a bank a tile takes `vectors` × `accumulators` columns, the results of
/// one input burst beside each other: the column's low bits name the result, which is why a tile with fewer results
/// leaves columns unread instead of lying closer.
struct MatrixVectorKernel {
  let settings: AllBankSettings
  let geometry: RankGeometry
  /// Bursts of the input vector.
  let inputBursts: Int64
  let outputs: Int64
  let batch: Int64
  let channels: Int64
  /// Full tiles whatever is needed, and the places of odd numbers of tiles computed as the peer does.
  let padsLikePeer: Bool

  private var unitResults: Int64 { channels * settings.units * settings.accumulators }
  private var outputTiles: Int64 { (outputs + unitResults - 1) / unitResults }
  private var inputTiles: Int64 { (inputBursts + settings.vectors - 1) / settings.vectors }
  private var tileColumns: Int64 { settings.vectors * settings.accumulators }
  private var evenTiles: Int64 { (inputTiles + 1) / 2 }

  /// Results of a unit in a tile of outputs.
  private func results(_ tile: Int64) -> Int64 {
    if padsLikePeer { return settings.accumulators }
    let left = outputs - tile * unitResults
    let unitsInAll = channels * settings.units
    return min((left + unitsInAll - 1) / unitsInAll, settings.accumulators)
  }

  /// Tiles of outputs that a channel takes part in: all, or all but the last.
  func tiles(_ channel: Int64) -> Int64 {
    if padsLikePeer { return outputTiles }
    let last = outputTiles - 1
    let perChannel = settings.units * results(last)
    return channel * perChannel < outputs - last * unitResults ? outputTiles : last
  }

  private func place(_ input: Int64, _ output: Int64) -> Int64 {
    padsLikePeer
      ? tileColumns * (input / 2 + output * inputTiles / 2) : tileColumns * (input / 2 + output * evenTiles)
  }

  private func resultColumn(_ output: Int64, _ vector: Int64) -> Int64 {
    padsLikePeer
      ? outputTiles * inputTiles / 2 * tileColumns + (output + vector) * settings.accumulators
      : outputTiles * evenTiles * tileColumns + (output * batch + vector) * settings.accumulators
  }

  /// Columns of a bank that the kernel uses, and runs of transactions that it takes; `nil` where they overflow.
  func extent() -> (columns: Int64, runs: Int64)? {
    func times(_ a: Int64, _ b: Int64) -> Int64? {
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow || product > 1 << 48 ? nil : product
    }
    // Each input tile of each output tile of each vector: the loads, and one run of reads per input burst.
    guard let weights = times(outputTiles, evenTiles).flatMap({ times($0, tileColumns) }),
      let results = times(outputTiles, batch).flatMap({ times($0, settings.accumulators) }),
      let passes = times(outputTiles, batch),
      let runs = times(passes, inputTiles).flatMap({ times($0, settings.vectors + 1) })
    else { return nil }
    return (weights + results, runs + 4 * passes)
  }

  /// What a channel does that takes part in so many tiles of outputs.
  func runs(tiles: Int64) -> [TransactionRun] {
    var lowering = AllBankLowering(settings, geometry)
    guard tiles > 0 else { return [] }
    lowering.begin()
    var programmed = results(0)
    for output in 0..<tiles {
      let results = results(output)
      if results != programmed {
        lowering.program()
        programmed = results
      }
      for vector in 0..<batch {
        lowering.start()
        for parity in 0..<min(2, inputTiles) {
          for input in stride(from: parity, to: inputTiles, by: 2) {
            let bursts = padsLikePeer ? settings.vectors : min(settings.vectors, inputBursts - input * settings.vectors)
            lowering.loadVectors(bursts)
            for burst in 0..<bursts {
              lowering.data(
                isWrite: false, odd: parity == 1, column: place(input, output) + burst * settings.accumulators,
                count: results)
            }
          }
        }
        lowering.data(isWrite: true, odd: true, column: resultColumn(output, vector), count: results)
        lowering.stop()
      }
    }
    lowering.end()
    return lowering.runs
  }
}
