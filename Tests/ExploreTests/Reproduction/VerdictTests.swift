import Explore
import Testing

/// The rules of verdicts at their borders.
@Suite struct VerdictTests {
  @Test(
    arguments: [
      (1, .near), (0.9, .near), (1.1, .near), (0.8999, .sameMagnitude), (1.1001, .sameMagnitude),
      (0.5, .sameMagnitude), (2, .sameMagnitude), (0.4999, .differs), (2.0001, .differs), (1e-9, .differs),
      (1e9, .differs), (0, .notCheckable), (-1, .notCheckable), (.infinity, .notCheckable), (.nan, .notCheckable),
    ] as [(Double, Verdict)])
  func ofARatio(_ ratio: Double, _ verdict: Verdict) { #expect(Verdict(ratio: ratio) == verdict) }

  @Test func theWorseEndOfARangeDecides() {
    let both = Judgement(.range(41, 137), low: 41, high: 274)
    #expect(both.low == 1 && both.high == 2 && both.verdict == .sameMagnitude)
    #expect(Judgement(.range(41, 137), low: 4.1, high: 137).verdict == .differs)
    #expect(Judgement(.range(100, 200), low: 95, high: 205).verdict == .near)
  }

  @Test func aSingleValueIsComparedWithBothExtremes() {
    let found = Judgement(.value(98), low: 49, high: 98)
    #expect(found.low == 0.5 && found.high == 1 && found.verdict == .sameMagnitude)
    #expect(Judgement(.value(98), low: 97, high: 99).verdict == .near)
  }

  @Test func aBoundIsMetBelowItAndJudgedAboveIt() {
    #expect(Judgement(.atMost(20), low: 1, high: 20).verdict == .near)
    #expect(Judgement(.atMost(20), low: -5, high: -1).verdict == .near)
    #expect(Judgement(.atMost(20), low: 1, high: 21).verdict == .near)
    #expect(Judgement(.atMost(20), low: 1, high: 30).verdict == .sameMagnitude)
    #expect(Judgement(.atMost(20), low: 1, high: 50).verdict == .differs)
    #expect(Judgement(.atMost(20), low: 1, high: .nan).verdict == .notCheckable)
  }

  @Test func aTrendIsJudgedByItsFigureOfMerit() {
    #expect(Judgement(.trend("linear"), low: 0.95, high: 1).verdict == .near)
    #expect(Judgement(.trend("linear"), low: 0.6, high: 1).verdict == .sameMagnitude)
    #expect(Judgement(.trend("linear"), low: 0.1, high: 1).verdict == .differs)
  }

  @Test func verdictsAreOrderedFromBestToWorst() {
    #expect(Verdict.allCases.sorted() == [.near, .sameMagnitude, .differs, .notCheckable])
    #expect(
      Verdict.allCases.map(\.rawValue) == ["within 10 %", "within 2x", "differs", "not checkable"])
  }
}
