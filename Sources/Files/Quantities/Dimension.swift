/// What a quantity measures. Each has one base unit in which values are kept.
public enum Dimension: String, Sendable, CaseIterable {
  /// A pure number, without unit.
  case number
  /// Seconds.
  case time
  /// Hertz.
  case frequency
  /// Bytes.
  case size
  /// Bytes per second.
  case bandwidth
  /// Operations per second, a multiply-accumulate being two.
  case throughput
  /// Joules.
  case energy
  /// Watts.
  case power
  /// Volts.
  case voltage
  /// Amperes.
  case current
  /// Square metres.
  case area
  /// Kelvin.
  case temperature

  /// The unit of `Quantity.value`: "s", "Hz", "B", "B/s", "OP/s", "J", "W", "V", "A", "m2", "K", or "" for a number.
  public var baseUnit: String {
    switch self {
    case .number: ""
    case .time: "s"
    case .frequency: "Hz"
    case .size: "B"
    case .bandwidth: "B/s"
    case .throughput: "OP/s"
    case .energy: "J"
    case .power: "W"
    case .voltage: "V"
    case .current: "A"
    case .area: "m2"
    case .temperature: "K"
    }
  }

  /// The dimension in words with an example, for messages: "a time such as 10 ns".
  public var phrase: String {
    switch self {
    case .number: "a number such as 0.5 or 3/4"
    case .time: "a time such as 10 ns"
    case .frequency: "a frequency such as 1.2 GHz"
    case .size: "a size such as 64 KiB"
    case .bandwidth: "a bandwidth such as 320 GB/s"
    case .throughput: "a throughput such as 8.1 TOP/s"
    case .energy: "an energy such as 1.5 pJ"
    case .power: "a power such as 250 mW"
    case .voltage: "a voltage such as 1.1 V"
    case .current: "a current such as 40 mA"
    case .area: "an area such as 2.5 mm2"
    case .temperature: "a temperature such as 300 K"
    }
  }

  /// The dimension with its article: "a time".
  var noun: String {
    let first = rawValue.first.map { "aeiou".contains($0) } ?? false
    return (first ? "an " : "a ") + rawValue
  }
}
