import Files
import Foundation

/// Carries out independent pieces of work on several threads; results do not depend on how many.
enum SimulationPool {
  /// The results of `body` for each item, in their order.
  ///
  /// - Parameters:
  ///   - workers: threads, at least one.
  ///   - finished: called after each item with the number done, by one thread at a time.
  /// - Throws: the refusal of the first item, in order, that is refused; no item is begun after one was.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], workers: Int, finished: @Sendable (Int) -> Void = { _ in },
    _ body: @Sendable (Item) throws(Refusal) -> Result
  ) throws(Refusal) -> [Result] {
    let state = Shared<Result>(count: items.count)
    DispatchQueue.concurrentPerform(iterations: max(1, min(workers, items.count))) { _ in
      while let index = state.next() {
        do throws(Refusal) {
          state.finish(index, .success(try body(items[index])), finished)
        } catch {
          state.finish(index, .failure(error), finished)
        }
      }
    }
    return try state.results()
  }

  /// Guarded by its lock.
  private final class Shared<Result: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var begun = 0
    private var done = 0
    private var isStopped = false
    private var found: [Swift.Result<Result, Refusal>?]

    init(count: Int) { found = Array(repeating: nil, count: count) }

    func next() -> Int? {
      lock.withLock {
        guard begun < found.count, !isStopped else { return nil }
        begun += 1
        return begun - 1
      }
    }

    func finish(_ index: Int, _ result: Swift.Result<Result, Refusal>, _ finished: (Int) -> Void) {
      lock.withLock {
        found[index] = result
        done += 1
        if case .failure = result { isStopped = true }
        finished(done)
      }
    }

    /// Items begin in their order, so the first that fails was always begun.
    func results() throws(Refusal) -> [Result] {
      let all = lock.withLock { found }
      var results: [Result] = []
      for result in all {
        guard let result else { break }
        results.append(try result.get())
      }
      return results
    }
  }
}
