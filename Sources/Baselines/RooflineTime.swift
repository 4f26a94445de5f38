/// Time of one operator over passes with growing context, each pass max(operations / peak, bytes / bandwidth).
struct RooflineTime: Hashable {
  /// Seconds of the passes that the peak bounds.
  var compute: Double = 0
  /// Seconds of the passes that the memory bounds.
  var memory: Double = 0

  var total: Double { compute + memory }

  /// The sum over contexts `first ... last`, in closed form.
  ///
  /// Both terms are linear in the context, so that the larger one changes at most once, and once more where a window
  /// stops the growth.
  ///
  /// - Parameters:
  ///   - compute: seconds by the peak.
  ///   - memory: seconds by the bandwidth.
  ///   - window: the most positions attended to, if fewer than all.
  static func sum(
    compute: ContextCount, memory: ContextCount, from first: Int64, through last: Int64, window: Int64?
  ) -> RooflineTime {
    guard first <= last else { return RooflineTime() }
    guard let window, window < last else { return growing(compute, memory, first, last) }
    var result = window >= first ? growing(compute, memory, first, window) : RooflineTime()
    let rest = Double(last - max(window, first - 1))
    let (byPeak, byMemory) = (compute.at(Double(window)), memory.at(Double(window)))
    if byPeak > byMemory { result.compute += rest * byPeak } else { result.memory += rest * byMemory }
    return result
  }

  private static func growing(
    _ compute: ContextCount, _ memory: ContextCount, _ first: Int64, _ last: Int64
  ) -> RooflineTime {
    let startsAtPeak = compute.at(Double(first)) > memory.at(Double(first))
    let endsAtPeak = compute.at(Double(last)) > memory.at(Double(last))
    guard startsAtPeak != endsAtPeak else {
      return startsAtPeak
        ? RooflineTime(compute: series(compute, first, last)) : RooflineTime(memory: series(memory, first, last))
    }
    // Halving rather than dividing: the slopes may differ by little.
    var (low, high) = (first, last)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if (compute.at(Double(middle)) > memory.at(Double(middle))) == startsAtPeak {
        low = middle
      } else {
        high = middle
      }
    }
    return startsAtPeak
      ? RooflineTime(compute: series(compute, first, low), memory: series(memory, high, last))
      : RooflineTime(compute: series(compute, high, last), memory: series(memory, first, low))
  }

  private static func series(_ count: ContextCount, _ first: Int64, _ last: Int64) -> Double {
    Double(last - first + 1) * (count.at(Double(first)) + count.at(Double(last))) / 2
  }
}
