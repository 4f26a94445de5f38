import DRAM

/// Hands the requests of a program to the channels, in its order, and runs the channels until all are served.
///
/// A request that finds its channel's window full holds up all after it, of whichever channel. Channels that get the
/// same requests side by side stay in lockstep, so that one of them is simulated for all.
struct WindowedRun {
  struct Group {
    /// The channels that it stands for.
    let members: Range<Int>
    var channel: WindowedChannel
  }

  let program: AttentionProgram
  let commands: RequestCommands
  var groups: [Group]
  var folds = true
  private(set) var now: Int64 = 0
  private(set) var foldedCycles: Int64 = 0
  /// The next request to hand out: its run, its number there, and the group that gets it next.
  private var cursor = RequestCursor()
  private var marks = RecurrenceMarks()

  init(
    _ program: AttentionProgram, _ commands: RequestCommands, _ settings: WindowedChannel.Settings, joinsChannels: Bool
  ) {
    self.program = program
    self.commands = commands
    let cuts = program.cuts(joinsChannels: joinsChannels)
    let channel = WindowedChannel(commands, settings)
    groups = zip(cuts, cuts.dropFirst()).map { Group(members: $0..<$1, channel: channel) }
  }

  /// - Returns: whether it came to an end; else nothing can ever go again.
  mutating func run() -> Bool {
    let canFold = folds && groups.count == 1
    while true {
      hand()
      var next = Int64.max
      for group in groups { next = min(next, group.channel.wake) }
      guard next < .max else { return cursor.isAtEnd(program) && groups.allSatisfy(\.channel.isIdle) }
      now = max(next, now + 1)
      var isIdle = true
      for index in groups.indices {
        if groups[index].channel.wake <= now { groups[index].channel.tick(now, commands) }
        if !groups[index].channel.isIdle { isIdle = false }
      }
      if isIdle && cursor.isAtEnd(program) { return true }
      if canFold { fold() }
    }
  }

  /// Hands out requests until one finds no room.
  private mutating func hand() {
    while cursor.run < program.runs.count {
      let run = program.runs[cursor.run]
      let base = cursor.number * run.channels
      let member = Int64(groups[cursor.group].members.lowerBound)
      if member < run.channels, base + member >= run.from, base + member < run.to {
        if groups[cursor.group].channel.isFull { return }
        groups[cursor.group].channel.append(program.request(run, cursor.number, commands))
        groups[cursor.group].channel.wake = min(groups[cursor.group].channel.wake, now + 1)
      }
      cursor.advance(program, groups: groups.count)
    }
  }

  /// Where the present state is one of before, later: takes what follows over as often as it repeats.
  private mutating func fold() {
    guard marks.isDue(groups[0].channel, program) else { return }
    if let repetition = marks.repetition(groups[0].channel, now, cursor, program, commands) {
      let cycles = repetition.times * repetition.cycles
      groups[0].channel.shift(repetition)
      cursor.advance(by: repetition.requests * repetition.times, program)
      now += cycles
      foldedCycles += cycles
      marks.removeAll()
    }
    marks.note(groups[0].channel, now, cursor, program)
  }
}
