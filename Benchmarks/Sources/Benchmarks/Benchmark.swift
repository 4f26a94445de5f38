/// Something whose speed is measured.
struct Benchmark {
  /// How it is asked for.
  let name: String
  /// Whether it runs only when it is named, because it takes long.
  var isLong = false
  /// Everything that is not measured; what it returns is, and says how much work it did.
  let prepare: () throws -> () throws -> [Amount]
}

/// Work that was done, in some unit of it.
struct Amount {
  let count: Double
  let unit: String

  init(_ count: some BinaryInteger, _ unit: String) {
    self.count = Double(count)
    self.unit = unit
  }
}

/// Why a benchmark cannot run here.
struct Skipped: Error {
  let reason: String
}
