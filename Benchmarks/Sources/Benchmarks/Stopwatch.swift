import Foundation

/// Seconds that a piece of work took: on the clock, and of all processors.
struct Stopwatch {
  let wall: Double
  let processor: Double

  static func time<Result>(_ work: () throws -> Result) rethrows -> (Result, Stopwatch) {
    let start = (ContinuousClock.now, processorSeconds())
    let result = try work()
    let wall = ContinuousClock.now - start.0
    return (
      result,
      Stopwatch(
        wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18,
        processor: processorSeconds() - start.1)
    )
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
