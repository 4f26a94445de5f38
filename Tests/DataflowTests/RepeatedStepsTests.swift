import Arch
import Dataflow
import Testing

/// A pass that has the steps of an earlier pass again is the pass that is made anew.
struct RepeatedStepsTests {
  /// Two operators a pass: one whose number of steps grows with the position, then one that reads it and is always the
  /// same. The program, and how often the second was made.
  private func program(_ overlap: StepBuilder.Overlap, repeats: Bool, waitsForHalf: Bool = false) -> (Program, Int) {
    let graph = OperatorGraph(
      name: "model",
      operators: [
        GraphOperator(name: "a", kind: .add(width: 4), inputs: []),
        GraphOperator(name: "b", kind: .add(width: 4), inputs: [GraphEdge(0)]),
      ], contextLimit: 8, vocabulary: 8)
    let rows = ["a", "b"].map { Program.Row(name: $0, kind: "add", phase: .decode, unit: UnitIndex(0)) }
    var builder = StepBuilder(rows: rows, graph: graph, overlap: overlap)
    var made = 0
    for position in 0..<4 {
      builder.begin([
        Workload.Pass(phase: .decode, sequence: 0, position: Int64(position), token: 0, wantsLogits: true)
      ])
      builder.beginOperator(row: 0)
      for part in 0...(position + 1) {
        builder.step(UnitIndex(part % 2), opcode: 0, operands: [Int64(position), Int64(part)], needs: [])
      }
      builder.endOperator(0)
      builder.beginOperator(row: 1)
      if !repeats || !builder.repeatOperator(1) {
        made += 1
        let inputs = builder.inputs(of: 1, in: graph)
        let first = builder.step(
          UnitIndex(0), opcode: 1, operands: [1], needs: waitsForHalf ? Array(inputs.prefix(1)) : inputs)
        builder.step(UnitIndex(1), opcode: 2, operands: [2], needs: inputs, together: true)
        let third = builder.step(UnitIndex(0), opcode: 1, operands: [3], needs: [first])
        builder.step(UnitIndex(1), opcode: 1, operands: [3], needs: [third, first])
        builder.count(macs: 5, bytes: 7)
      }
      builder.endOperator(1, isSameInEveryPass: repeats)
      builder.endPasses()
    }
    return (builder.program, made)
  }

  private func expectEqual(_ a: Program, _ b: Program) {
    #expect(a.steps == b.steps && a.operands == b.operands && a.dependences == b.dependences)
    #expect(a.rows == b.rows && a.passes == b.passes && a.outputs == b.outputs)
  }

  @Test(arguments: StepBuilder.Overlap.allCases)
  func aRepeatedOperatorIsTheOneThatIsMadeAnew(overlap: StepBuilder.Overlap) {
    let anew = program(overlap, repeats: false)
    let repeated = program(overlap, repeats: true)
    expectEqual(repeated.0, anew.0)
    #expect(anew.1 == 4 && repeated.1 == 1)
    #expect(anew.0.rows[1].macs == 20 && anew.0.rows[1].bytes == 28)
  }

  /// With one step of two that make the inputs there is no telling which it would be in another pass.
  @Test(arguments: StepBuilder.Overlap.allCases)
  func whatWaitsForPartOfItsInputsIsMadeAnew(overlap: StepBuilder.Overlap) {
    let anew = program(overlap, repeats: false, waitsForHalf: true)
    let repeated = program(overlap, repeats: true, waitsForHalf: true)
    expectEqual(repeated.0, anew.0)
    #expect(repeated.1 == 4)
  }
}
