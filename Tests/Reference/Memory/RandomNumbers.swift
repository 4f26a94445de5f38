/// Random numbers that a seed fixes (splitmix64, Steele et al. 2014).
public struct RandomNumbers: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// - Parameter limit: more than 0.
  public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  public mutating func one<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }

  /// Whether something happens that does so in so many of a hundred cases.
  public mutating func happens(_ percent: Int) -> Bool { below(100) < percent }
}
