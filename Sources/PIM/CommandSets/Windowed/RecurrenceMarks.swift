/// States that a channel was in, to be recognised when it is in one of them again, later and in other rows.
struct RecurrenceMarks {
  private struct Mark {
    let channel: WindowedChannel
    let now: Int64
    let cursor: RequestCursor
    let handed: Int64
  }

  /// What follows a recognised state, and how often.
  struct Repetition {
    let times: Int64
    /// Of one time.
    let cycles: Int64
    let requests: Int64
    let products: Int64
    let rows: Int32
    let counts: [Int64]
  }

  private var marks: [Mark] = []
  private var products: Int64 = 0
  /// Marks that are kept: one for every bank that a row of bursts is spread over, and some.
  private static let kept = 8

  /// Marks are set when a row's worth of bursts was multiplied since the last.
  func isDue(_ channel: WindowedChannel, _ program: AttentionProgram) -> Bool {
    channel.products - products >= program.placement.columns && channel.dueParts == 0
  }

  mutating func removeAll() { marks.removeAll(keepingCapacity: true) }

  mutating func note(_ channel: WindowedChannel, _ now: Int64, _ cursor: RequestCursor, _ program: AttentionProgram) {
    products = channel.products - channel.products % program.placement.columns
    if marks.count == Self.kept { marks.removeFirst() }
    marks.append(Mark(channel: channel, now: now, cursor: cursor, handed: channel.handed))
  }

  /// A repetition of what went since one of the marks, the last first; `nil` where the state is none of theirs or what
  /// is to come differs.
  func repetition(
    _ channel: WindowedChannel, _ now: Int64, _ cursor: RequestCursor, _ program: AttentionProgram,
    _ commands: borrowing RequestCommands
  ) -> Repetition? {
    for mark in marks.reversed() {
      let cycles = now - mark.now
      guard cycles > 0, let rows = channel.rows(from: mark.channel, later: cycles, now: now) else { continue }
      let most = (channel.nextRefresh - 1 - now) / cycles
      let requests = channel.handed - mark.handed
      guard most > 0, requests > 0 else { continue }
      let (wanted, overflow) = requests.multipliedReportingOverflow(by: most)
      let same = program.alike(
        from: mark.cursor, and: cursor, rows: rows, atMost: overflow ? .max : wanted, commands)
      let times = min(most, same / requests)
      guard times > 0 else { continue }
      return Repetition(
        times: times, cycles: cycles, requests: requests, products: channel.products - mark.channel.products,
        rows: rows, counts: zip(channel.counts, mark.channel.counts).map { $0 - $1 })
    }
    return nil
  }
}

extension WindowedChannel {
  /// How many rows on this state is from another that was so many cycles before, if it is alike in all else that tells
  /// what follows.
  fileprivate func rows(from other: WindowedChannel, later cycles: Int64, now: Int64) -> Int32? {
    // A stretch with a refresh in it comes again only when the next is due.
    guard count == other.count, openPlaces == other.openPlaces, dueParts == 0, nextRefresh == other.nextRefresh else {
      return nil
    }
    var rows: Int32?
    for place in openRow.indices {
      let (a, b) = (openRow[place], other.openRow[place])
      guard (a < 0) == (b < 0) else { return nil }
      if a >= 0 {
        guard rows ?? (a &- b) == a &- b else { return nil }
        rows = a &- b
      }
    }
    for index in 0..<count {
      let (a, b) = (waiting[index], other.waiting[index])
      guard a.slot == b.slot, a.place == b.place else { return nil }
      if a.place >= 0 {
        guard rows ?? (a.row &- b.row) == a.row &- b.row else { return nil }
        rows = a.row &- b.row
      }
    }
    for slot in ready.indices where max(0, ready[slot] - now) != max(0, other.ready[slot] - (now - cycles)) {
      return nil
    }
    return rows ?? 0
  }

  /// Moves on as after a stretch that repeats.
  mutating func shift(_ repetition: RecurrenceMarks.Repetition) {
    let cycles = repetition.times * repetition.cycles
    let rows = repetition.rows &* Int32(truncatingIfNeeded: repetition.times)
    for slot in ready.indices {
      ready[slot] += cycles
      counts[slot] += repetition.times * repetition.counts[slot]
    }
    for place in openRow.indices where openRow[place] >= 0 { openRow[place] &+= rows }
    for index in 0..<count where waiting[index].place >= 0 { waiting[index].row &+= rows }
    products += repetition.times * repetition.products
    handed += repetition.times * repetition.requests
    // Looking too early changes nothing.
    wake = 0
  }
}

extension AttentionProgram {
  /// How many requests from two places on are the same but for rows that are `rows` further on at the second; looked at
  /// are no more than `limit`.
  fileprivate func alike(
    from first: RequestCursor, and second: RequestCursor, rows: Int32, atMost limit: Int64,
    _ commands: borrowing RequestCommands
  ) -> Int64 {
    var (a, b) = (first, second)
    var same: Int64 = 0
    while same < limit, a.run < runs.count, b.run < runs.count {
      let (x, y) = (runs[a.run], runs[b.run])
      guard x.kind == y.kind else { return same }
      let left = min(min(x.to / x.channels - a.number, y.to / y.channels - b.number), limit - same)
      let step: Int64
      if x.kind == .multiply {
        step = alikeProducts(x, a.number, y, b.number, rows: rows, atMost: left)
      } else {
        step = alikeMoves(x, a.number, y, b.number, atMost: left, commands)
      }
      same += step
      if step < left { return same }
      a.advance(by: step, self)
      b.advance(by: step, self)
    }
    return same
  }

  private func alikeProducts(
    _ x: Run, _ first: Int64, _ y: Run, _ second: Int64, rows: Int32, atMost limit: Int64
  ) -> Int64 {
    if let apart = placement.rowsApart(x.base, first, y.base, second) { return apart == Int64(rows) ? limit : 0 }
    var same: Int64 = 0
    while same < limit {
      let (a, b) = (placement.place(first + same, from: x.base), placement.place(second + same, from: y.base))
      guard a.place == b.place, b.row &- a.row == rows else { break }
      same += 1
    }
    return same
  }

  private func alikeMoves(
    _ x: Run, _ first: Int64, _ y: Run, _ second: Int64, atMost limit: Int64, _ commands: borrowing RequestCommands
  ) -> Int64 {
    var same: Int64 = 0
    while same < limit, request(x, first + same, commands).slot == request(y, second + same, commands).slot {
      same += 1
    }
    return same
  }
}
