import Arch
import Dataflow
import Files
import Testing

/// A program that is written and read again is kept like the one that was compiled.
struct ProgramFileTests {
  private let units = ["a", "b"].map { name in
    ProgramUnit(
      name: name, kind: "k",
      steps: [StepSchema("one", integers: ["x"], rest: "more"), StepSchema("two", integers: ["x"])])
  }

  /// Passes of five steps that differ in one operand of one step.
  private func program(passes: Int) -> Program {
    var program = Program()
    program.rowsUsed = [0, 3]
    program.rows = [Program.Row(name: "r", kind: "add", phase: .decode, unit: UnitIndex(0))]
    for pass in 0..<passes {
      let first = program.steps.count
      for step in 0..<5 {
        let last = program.steps.count - 1
        program.append(
          unit: UnitIndex(step % 2), opcode: Int32(step / 3),
          operands: step == 4 ? [Int64(pass)] : [7, 8, Int64(step)],
          after: last >= 0 ? [last] : [], row: 0)
      }
      program.closePass(.decode, from: first)
    }
    return program
  }

  @Test func whatIsReadIsKeptAsWhatWasWritten() throws {
    let written = program(passes: 20)
    let text = ProgramWriter.text(written, units: units)
    var d = Diagnostics()
    let document = try #require(DocumentReader.json(text, file: "program.json", into: &d))
    let read = try #require(ProgramReader.read(document, into: &d))
    #expect(read.program.steps == written.steps && read.program.dependences == written.dependences)
    #expect(read.program.operands == written.operands)
    // Four lists that all passes have, and one of a single number for each.
    #expect(read.program.operands.count == 4 * 3 + 20)
    #expect(ProgramWriter.text(read.program, units: read.units) == text)
  }
}
