/// A parameter whose source is neither a publication nor a measurement, as reports list it.
public struct Assumption: Sendable, Hashable {
  /// Whose parameter: "gddr6-pim timing.tRAS", "memory mac.accumulators".
  public let parameter: String
  /// The value as written.
  public let value: String
  /// What the file says of its origin; `nil` when it says nothing.
  public let source: Source?

  public init(parameter: String, value: String, source: Source?) {
    self.parameter = parameter
    self.value = value
    self.source = source
  }
}

extension Stated {
  /// The value as an assumption, when it is one.
  public func assumption(named parameter: String) -> Assumption? {
    isAssumption ? Assumption(parameter: parameter, value: text, source: source) : nil
  }
}

extension StatedParameter {
  /// The parameter of unit `unit` as an assumption, when it is one.
  public func assumption(of unit: String) -> Assumption? {
    guard isAssumption else { return nil }
    let origin = isDefault ? Source(mark: .assumption, text: "accsim's default") : source
    return Assumption(parameter: "\(unit) \(path)", value: text, source: origin)
  }
}
