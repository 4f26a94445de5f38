/// A program on all channels: instructions are handed out one by one, each to the channels that it names, and the next
/// follows when all of these have it.
struct InOrderRun {
  /// Channels that get the same instructions all through and so do the same.
  struct Group {
    var channel: InOrderChannel
    /// Bit c: channel c is one of them.
    let members: UInt64
  }

  let set: InstructionSet
  let folds: Bool
  private(set) var groups: [Group]
  /// The cycle in which the next instruction can be handed out.
  private var turn: Int64 = 1
  private(set) var end: Int64 = 0
  private(set) var foldedCycles: Int64 = 0

  /// Work below this many commands is done rather than looked up.
  static let leastWeight: Int64 = 32

  init(
    _ program: [InstructionPart], _ set: InstructionSet, _ channel: InOrderChannel, channels: Int,
    joinsChannels: Bool, folds: Bool
  ) {
    self.set = set
    self.folds = folds
    let all = channels == 64 ? UInt64.max : (1 << UInt64(channels)) - 1
    var masks = joinsChannels ? [all] : (0..<channels).map { 1 << UInt64($0) }
    if joinsChannels { Self.split(&masks, program) }
    groups = masks.map { Group(channel: channel, members: $0) }
  }

  /// Takes groups apart where an instruction names some of their members only.
  private static func split(_ masks: inout [UInt64], _ program: [InstructionPart]) {
    for part in program {
      switch part {
      case .repeated(let parts, _, _): split(&masks, parts)
      case .one(let instruction):
        for position in masks.indices {
          let named = masks[position] & instruction.channels
          guard named != 0, named != masks[position] else { continue }
          masks.append(masks[position] & ~named)
          masks[position] = named
        }
      }
    }
  }

  mutating func run(_ program: [InstructionPart]) { run(program, rows: 0) }

  private mutating func run(_ parts: [InstructionPart], rows: Int64) {
    for part in parts {
      switch part {
      case .one(let instruction): run(instruction, rows: rows)
      case .repeated(let parts, let times, let step):
        if folds, times > 2, part.weight / times >= Self.leastWeight {
          runFolding(parts, times: times, rows: rows, step: step)
        } else {
          for time in 0..<times { run(parts, rows: rows + time * step) }
        }
      }
    }
  }

  // MARK: One instruction

  private mutating func run(_ instruction: Instruction, rows: Int64) {
    var instruction = instruction
    if instruction.row >= 0 { instruction.row += rows }
    switch instruction.kind {
    case Instruction.hostRead: access(instruction, isWrite: false)
    case Instruction.hostWrite: access(instruction, isWrite: true)
    case Instruction.nothing.kind: turn += 1
    default:
      let described = set.instructions[instruction.kind]
      switch described.wait {
      case .all, .end: waitForAll(ends: described.wait == .end)
      case .none, .data:
        if described.command < 0 {
          turn += 1
        } else if described.path == .host {
          access(instruction, isWrite: described.command == set.host.write)
        } else {
          serve(instruction, described)
        }
      }
    }
  }

  private mutating func serve(_ instruction: Instruction, _ described: InstructionSet.Instruction) {
    var last = turn
    let isReader = described.wait == .data
    for position in groups.indices where groups[position].members & instruction.channels != 0 {
      let arrival = groups[position].channel.drainHost(from: turn)
      let taken = groups[position].channel.serve(
        instruction, command: described.command, isReader: isReader, arrival: arrival)
      last = max(last, isReader ? groups[position].channel.readsDone : taken)
    }
    turn = last + 1
  }

  private mutating func access(_ instruction: Instruction, isWrite: Bool) {
    var last = turn
    for position in groups.indices where groups[position].members & instruction.channels != 0 {
      last = max(last, groups[position].channel.take(instruction, isWrite: isWrite, from: turn))
    }
    turn = last + 1
  }

  private mutating func waitForAll(ends: Bool) {
    var last = turn
    for position in groups.indices { last = max(last, groups[position].channel.complete(from: turn)) }
    turn = last + 1
    guard ends else { return }
    end = last
    // What the peer forgot goes on until the last channel is done.
    for position in groups.indices { while groups[position].channel.serveActive(before: last, closing: -1) {} }
  }

  // MARK: Repetition

  /// What the groups and the turn were like when a part began or ended, how many times in.
  private struct Moment {
    let time: Int64
    let turn: Int64
    let groups: [Group]
  }

  /// Runs a part several times. When it begins as it began another time, it goes as it went then: it is taken over as
  /// often as no refresh falls due.
  private mutating func runFolding(_ parts: [InstructionPart], times: Int64, rows: Int64, step: Int64) {
    var known: (begin: Moment, end: Moment)?
    var time: Int64 = 0
    while time < times {
      if let period = known {
        let count = repetitions(of: period, at: time, atMost: times - time, step: step)
        if count > 0 {
          take(period, times: count, step: step)
          time += count
          continue
        }
      }
      let before = Moment(time: time, turn: turn, groups: groups)
      run(parts, rows: rows + time * step)
      time += 1
      if time < times, !wasRefreshed(since: before), isAlike(before, at: time, step: step) {
        known = (before, Moment(time: time, turn: turn, groups: groups))
      }
    }
  }

  /// Whether everything is now as it was at `moment`, only later and as many steps further on.
  private func isAlike(_ moment: Moment, at time: Int64, step: Int64) -> Bool {
    let cycles = turn - moment.turn
    let rows = (time - moment.time) * step
    return zip(groups, moment.groups).allSatisfy { $0.channel.isAlike($1.channel, later: cycles, rows: rows) }
  }

  private func wasRefreshed(since moment: Moment) -> Bool {
    zip(groups, moment.groups).contains { $0.channel.channel.refresh != $1.channel.channel.refresh }
  }

  /// How often a stretch that ended as it began can follow now, before a refresh falls due.
  private func repetitions(
    of known: (begin: Moment, end: Moment), at time: Int64, atMost limit: Int64, step: Int64
  ) -> Int64 {
    let length = known.end.turn - known.begin.turn
    guard length > 0, isAlike(known.end, at: time, step: step) else { return 0 }
    return groups.reduce(limit) { count, group in
      guard let due = group.channel.channel.refresh?.nextDue else { return count }
      return min(count, max(0, due - 1 - group.channel.channel.free) / length)
    }
  }

  private mutating func take(_ known: (begin: Moment, end: Moment), times: Int64, step: Int64) {
    let length = known.end.turn - known.begin.turn
    for position in groups.indices {
      groups[position].channel.repeatStretch(
        from: known.begin.groups[position].channel, to: known.end.groups[position].channel, times: times, rows: step)
    }
    turn += times * length
    foldedCycles += times * length
  }
}
