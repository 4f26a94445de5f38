import DRAM
import Testing

@Suite struct LatencyExpressionTests {
  private let timing: [String: Int64] = ["nCL": 14, "nBL": 2, "nCWL": 5, "tCCD_S": 4]

  @Test(
    arguments: [
      ("nCL + nBL + 2 - nCWL", 13), ("max(nBL, tCCD_S)", 4), ("min(nBL, tCCD_S) * 3", 6), ("(nCL - nBL) * nBL", 24),
      ("7", 7), ("nBL - nCL", -12),
    ] as [(String, Int64)])
  func valuesAreThoseOfTheArithmetic(_ text: String, _ value: Int64) throws {
    #expect(try LatencyExpression(text).value { timing[$0] } == value)
  }

  @Test(arguments: [
    "", "+", "nCL +", "nCL nBL", "max()", "max(nCL", "(nCL", "nCL)", "nCL / 2", "nCL ++ 1", "max", "1.5", "\u{e9}",
    String(repeating: "(", count: 100), String(repeating: "1+", count: 200),
  ])
  func nonsenseIsRefused(_ text: String) {
    #expect(throws: LatencyExpression.Fault.self) { try LatencyExpression(text).value { _ in 1 } }
  }

  @Test func overflowAndUnknownNamesAreSaid() {
    #expect(throws: LatencyExpression.Fault.overflow) {
      try LatencyExpression("9223372036854775807 + nCL").value { timing[$0] }
    }
    #expect(throws: LatencyExpression.Fault.overflow) { try LatencyExpression("99999999999999999999") }
    #expect(throws: LatencyExpression.Fault.unknownName("nRP")) {
      try LatencyExpression("nRP + 1").value { timing[$0] }
    }
  }
}
