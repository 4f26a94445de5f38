import Arch

/// The value of one parameter.
public enum ParameterValue: Sendable, Hashable {
  case integer(Int64)
  case quantity(Quantity)
  /// A text or a choice.
  case text(String)
  case boolean(Bool)
}

/// One parameter as its file, or its schema's default, states it.
public struct StatedParameter: Sendable, Hashable {
  /// Dotted path of the parameter in its unit: "mac.lanes".
  public let path: String
  public let value: ParameterValue
  /// The value as written.
  public let text: String
  /// Where the number comes from; nil for defaults and when nothing says.
  public let source: Source?
  /// Where it is written; for a default, where the mapping that lacks it begins.
  public let place: Place
  /// Whether the value is the schema's default.
  public let isDefault: Bool

  /// Whether nothing supports the value: no source, or one that is no evidence.
  public var isAssumption: Bool { !(source?.mark.isEvidence ?? false) }
}

/// The parameters of one unit, read by its schema.
///
/// The schema guarantees that required parameters and those with defaults are present with the type they declare, so
/// the plain getters do not return optionals. Asking for a path that the schema does not guarantee is a mistake in the
/// calling code, not in an input: it stops a debug build, and a release build gets 0, "" or false. Parameters that the
/// schema makes optional without a default have the `optional…` getters.
public struct ParameterValues: Sendable {
  /// Every parameter that has a value, defaults included, in schema order.
  public let stated: [StatedParameter]
  private let indices: [String: Int]

  init(_ stated: [StatedParameter]) {
    self.stated = stated
    indices = Dictionary(stated.indices.map { (stated[$0].path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The parameter at `path`, when it has a value.
  public subscript(path: String) -> StatedParameter? { indices[path].map { stated[$0] } }

  /// Whether the parameter at `path` has a value.
  public func contains(_ path: String) -> Bool { indices[path] != nil }

  /// The integer at `path`, which the schema guarantees.
  public func integer(_ path: String) -> Int64 { guaranteed(optionalInteger(path), path, 0) }

  /// The quantity at `path`, which the schema guarantees.
  public func quantity(_ path: String) -> Quantity {
    guaranteed(optionalQuantity(path), path, Quantity(value: .zero, dimension: .number))
  }

  /// The text or choice at `path`, which the schema guarantees.
  public func text(_ path: String) -> String { guaranteed(optionalText(path), path, "") }

  /// The truth value at `path`, which the schema guarantees.
  public func boolean(_ path: String) -> Bool { guaranteed(optionalBoolean(path), path, false) }

  /// The integer at `path`, if it has a value.
  public func optionalInteger(_ path: String) -> Int64? {
    if case .integer(let value) = self[path]?.value { value } else { nil }
  }

  /// The quantity at `path`, if it has a value.
  public func optionalQuantity(_ path: String) -> Quantity? {
    if case .quantity(let value) = self[path]?.value { value } else { nil }
  }

  /// The text or choice at `path`, if it has a value.
  public func optionalText(_ path: String) -> String? {
    if case .text(let value) = self[path]?.value { value } else { nil }
  }

  /// The truth value at `path`, if it has a value.
  public func optionalBoolean(_ path: String) -> Bool? {
    if case .boolean(let value) = self[path]?.value { value } else { nil }
  }

  private func guaranteed<Value>(_ value: Value?, _ path: String, _ neutral: Value) -> Value {
    if let value { return value }
    assertionFailure("the schema does not guarantee the parameter '\(path)' with this type")
    return neutral
  }
}
