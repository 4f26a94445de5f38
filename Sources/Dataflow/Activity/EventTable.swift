/// Counts of a unit's events by program row, as one flat array.
public struct EventTable: Hashable, Sendable {
  /// Names of the events, by index.
  public let events: [String]
  private var counts: [Int64]

  public init(events: [String], rows: Int) {
    self.events = events
    counts = Array(repeating: 0, count: rows * events.count)
  }

  public mutating func add(_ count: Int64, of event: Int, to row: Int) { counts[row * events.count + event] += count }

  /// All rows together.
  public func total(of event: Int) -> Int64 {
    stride(from: event, to: counts.count, by: events.count).reduce(0) { $0 + counts[$1] }
  }

  /// Per row the events that happened.
  public var byRow: [[EventCount]] {
    stride(from: 0, to: counts.count, by: events.count).map { first in
      events.indices.compactMap { event in
        counts[first + event] > 0 ? EventCount(event: events[event], count: counts[first + event]) : nil
      }
    }
  }
}
