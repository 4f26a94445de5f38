/// A bound on how long a program takes, for any controller: the work on rows of all banks alone. Commands on open rows
/// follow each other at their pace, and between two rows every bank closes one and opens the other.
enum InOrderBound {
  /// - Parameter groups: channels that get the same instructions, a bit each.
  static func cycles(
    _ program: [InstructionPart], _ set: InstructionSet, _ facts: CommandFacts, groups: [UInt64]
  ) -> Int64 {
    groups.map { members in
      var walk = Walk(set: set, facts: facts, members: members)
      walk.add(program, rows: 0)
      return walk.cycles
    }.max() ?? 0
  }

  private struct Walk {
    let set: InstructionSet
    let facts: CommandFacts
    let members: UInt64
    /// When the last command went, counted from the first activate.
    var cycles: Int64 = 0
    private var row: Int64 = -1
    private var command = -1

    init(set: InstructionSet, facts: CommandFacts, members: UInt64) {
      self.set = set
      self.facts = facts
      self.members = members
    }

    mutating func add(_ parts: [InstructionPart], rows: Int64) {
      for part in parts {
        switch part {
        case .one(let instruction): add(instruction, rows)
        case .repeated(let parts, let times, let step):
          for time in 0..<times { add(parts, rows: rows + time * step) }
        }
      }
    }

    private mutating func add(_ instruction: Instruction, _ rows: Int64) {
      guard instruction.kind >= 0, instruction.channels & members != 0 else { return }
      let next = set.instructions[instruction.kind].command
      guard next >= 0, facts.facts[next].isWhole, facts.facts[next].needsOpenRow else { return }
      let wanted = instruction.row + rows
      if wanted == row {
        cycles += max(1, facts.gap(command, next))
      } else {
        if command >= 0 {
          cycles += facts.gap(command, facts.prechargeAll) + facts.gap(facts.prechargeAll, facts.activateAll)
        }
        cycles += facts.gap(facts.activateAll, next)
      }
      cycles += (instruction.count - 1) * facts.facts[next].pace
      row = wanted
      command = next
    }
  }
}
