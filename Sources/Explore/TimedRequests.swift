import DRAM
import Files
import Foundation

/// Seconds of the processor that the running thread has had.
enum ProcessorTime {
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Adds up what several pieces of work take.
  final class Sum {
    private(set) var seconds = 0.0

    func measure<Result>(_ work: () throws -> Result) rethrows -> Result {
      let start = ProcessorTime.now
      defer { seconds += ProcessorTime.now - start }
      return try work()
    }
  }
}

/// A request trace that keeps account of the time it takes to read, so that a simulation can be timed without.
final class TimedRequests: RequestSource {
  /// Everything that is not the simulation.
  let outside = ProcessorTime.Sum()
  private var trace: RequestTrace
  private let commands: IssuedCommandCSV?
  private let progress: ((Int64, Double?) -> Void)?
  private var count: Int64 = 0

  init(_ trace: RequestTrace, commands: IssuedCommandCSV?, progress: ((Int64, Double?) -> Void)?) {
    self.trace = trace
    self.commands = commands
    self.progress = progress
  }

  func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int {
    try outside.measure {
      // What cannot be written need not be simulated.
      if let failure = commands?.failure { throw failure }
      let filled = try trace.next(into: batch)
      count += Int64(filled)
      progress?(count, trace.partRead)
      return filled
    }
  }
}
