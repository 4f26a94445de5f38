/// Numbers on their way between the units of one run, by the step that sends them.
///
/// Packets carry the time; the numbers of a packet lie here until its receiver takes them. What a step puts here is read
/// by steps that begin after it is complete, so the order in which units are advanced does not matter.
public final class ValueExchange {
  /// By step: one list for all channels or one for each.
  private var outgoing: [Int: [[Float]]] = [:]
  private var incoming: [Int: [(at: Int64, value: Float)]] = [:]
  /// By router step: the experts that it chose, best first.
  private var choices: [Int: [Int64]] = [:]
  private var routers: UInt64 = 0
  /// Numbers that the run was asked for, by position in the program's outputs.
  public private(set) var observed: [Int: [Float]] = [:]

  public init() {}

  func send(_ numbers: [[Float]], by step: Int) { outgoing[step] = numbers }
  func takeSent(by step: Int) -> [[Float]]? { outgoing.removeValue(forKey: step) }
  func answer(_ numbers: [(at: Int64, value: Float)], by step: Int) { incoming[step] = numbers }
  func takeAnswer(by step: Int) -> [(at: Int64, value: Float)]? { incoming.removeValue(forKey: step) }
  func choose(_ experts: [Int64], by step: Int) { choices[step] = experts }
  /// How many routers have chosen before.
  func countRouter() -> UInt64 {
    defer { routers += 1 }
    return routers
  }
  func choice(of step: Int) -> [Int64]? { choices[step] }
  func observe(_ numbers: [Float], as output: Int) { observed[output] = numbers }
}
