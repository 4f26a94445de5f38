import Arch
import Dataflow
import Files
import Testing

/// How a program keeps its steps: equal operand lists once, and what each step is stays as it was added.
struct ProgramTests {
  private struct Added: Equatable {
    let unit: Int
    let opcode: Int32
    let operands: [Int64]
  }

  /// Many lists over few values, so that equal ones, common beginnings and empty ones occur.
  private func many() -> [Added] {
    var state: UInt64 = 7
    func draw(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    return (0..<3000).map { _ in
      let unit = Int(draw(2))
      let opcode = Int32(draw(3))
      return Added(unit: unit, opcode: opcode, operands: (0..<draw(5)).map { _ in Int64(draw(4)) - 1 })
    }
  }

  private func program(_ steps: [Added]) -> Program {
    var program = Program()
    for (index, step) in steps.enumerated() {
      program.append(
        unit: UnitIndex(step.unit), opcode: step.opcode, operands: step.operands,
        after: index > 0 ? [index - 1] : [], row: index % 5)
    }
    return program
  }

  @Test func everyStepHasTheOperandsThatItWasAddedWith() {
    let added = many()
    let program = program(added)
    let read = program.steps.map {
      Added(unit: $0.unit.rawValue, opcode: $0.opcode, operands: Array(program.operands[$0.operands]))
    }
    #expect(read == added)
    #expect(program.steps.map { Int($0.row) } == added.indices.map { $0 % 5 })
    #expect(
      program.steps.map { program.dependences[$0.dependences].map(Int.init) }
        == added.indices.map { $0 > 0 ? [$0 - 1] : [] })
  }

  @Test func equalListsOfAUnitAndOpcodeAreStoredOnce() {
    let added = many()
    // Unit, opcode and list in one key.
    let distinct = Set(added.map { [Int64($0.unit), Int64($0.opcode)] + $0.operands })
    #expect(program(added).operands.count == distinct.reduce(0) { $0 + $1.count - 2 })
  }

  @Test func oneStepIsDecodedForAllThatAreAlike() throws {
    let added = many()
    var calls = 0
    let steps = try DecodedSteps(program(added), unit: UnitIndex(1), name: "u", kind: "k") { opcode, operands in
      calls += 1
      return [Int64(opcode)] + operands
    }
    let own = added.indices.filter { added[$0].unit == 1 }
    let expected = own.map { [Int64(added[$0].opcode)] + added[$0].operands }
    #expect(calls == Set(expected).count && steps.uniqueCount == calls && steps.all.count == calls)
    #expect(own.map { steps.step($0) } == expected)
    #expect(own.map { steps.all[steps.identity($0)] } == expected)
    // Rows belong to the step, not to what it is.
    #expect(own.map { steps.row($0) } == own.map { $0 % 5 })
    let counted = DistinctSteps(program(added), unit: UnitIndex(1))
    #expect(counted.counts.reduce(0, +) == own.count)
    #expect(counted.counts == steps.all.map { one in expected.count { $0 == one } })
  }

  @Test func aStepThatDoesNotDecodeIsNamedByItsFirstPlace() {
    let steps = [[1], [2], [1], [2]].map { Added(unit: 0, opcode: 4, operands: $0) }
    #expect {
      _ = try DecodedSteps(program(steps), unit: UnitIndex(0), name: "u", kind: "k") { _, operands in
        operands.first == 2 ? nil : 0
      }
    } throws: { error in
      (error as? Refusal)?.diagnostics.first?.message == "step 1 is no step of a k"
    }
  }
}
