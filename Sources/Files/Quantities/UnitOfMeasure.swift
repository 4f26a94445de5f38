import Arch

/// A unit that may be written after a number, with its exact size in base units: `multiple × 10^exponent`.
struct UnitOfMeasure: Sendable {
  let name: String
  let multiple: Int64
  let exponent: Int

  /// `number` of this unit, in base units.
  func scale(_ number: Rational) -> Rational {
    // The exponent is one of the table's, far inside what `Rational` takes.
    number * Rational(multiple) * (Rational(decimalDigits: "1", exponent: exponent) ?? .one)
  }

  private static func decimal(_ units: KeyValuePairs<String, Int>) -> [UnitOfMeasure] {
    units.map { UnitOfMeasure(name: $0.key, multiple: 1, exponent: $0.value) }
  }

  /// Every unit of `dimension`, in the order messages list them.
  static func all(of dimension: Dimension) -> [UnitOfMeasure] {
    switch dimension {
    case .number: []
    case .time:
      decimal(["s": 0, "ms": -3, "us": -6, "µs": -6, "μs": -6, "ns": -9, "ps": -12, "fs": -15])
    case .frequency: decimal(["Hz": 0, "kHz": 3, "MHz": 6, "GHz": 9, "THz": 12])
    case .size:
      decimal(["B": 0, "kB": 3, "MB": 6, "GB": 9, "TB": 12])
        + [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)].map {
          UnitOfMeasure(name: $0.0, multiple: 1 << $0.1, exponent: 0)
        }
    case .bandwidth: decimal(["B/s": 0, "kB/s": 3, "MB/s": 6, "GB/s": 9, "TB/s": 12])
    case .throughput: decimal(["OP/s": 0, "kOP/s": 3, "MOP/s": 6, "GOP/s": 9, "TOP/s": 12])
    case .energy: decimal(["J": 0, "mJ": -3, "uJ": -6, "µJ": -6, "μJ": -6, "nJ": -9, "pJ": -12, "fJ": -15])
    case .power: decimal(["W": 0, "kW": 3, "mW": -3, "uW": -6, "µW": -6, "μW": -6])
    case .voltage: decimal(["V": 0, "mV": -3])
    case .current: decimal(["A": 0, "mA": -3, "uA": -6, "µA": -6, "μA": -6])
    case .area: decimal(["mm2": -6, "um2": -12, "µm2": -12, "μm2": -12])
    case .temperature: decimal(["K": 0])
    }
  }

  /// The names of the units of `dimension` that messages offer: those that a plain keyboard can write.
  static func names(of dimension: Dimension) -> [String] { all(of: dimension).map(\.name).filter { $0.isASCII } }
}

extension String {
  fileprivate var isASCII: Bool { utf8.allSatisfy { $0 < 128 } }
}
