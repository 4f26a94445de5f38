/// What one parameter of a unit may be.
public indirect enum ParameterKind: Sendable {
  /// A decimal integer in the range.
  case integer(ClosedRange<Int64>)
  case quantity(Dimension, QuantityRange)
  /// One of these words.
  case choice([String])
  case text
  /// `true` or `false`.
  case boolean
  /// A mapping of further parameters, whose paths are dotted: "mac.lanes".
  case group([ParameterSchema])
}

/// Whether a parameter must be written.
public enum ParameterRequirement: Sendable, Hashable {
  case required
  /// May be left out. The default is a text as a user would write it; nil means the parameter is then absent.
  ///
  /// A group left out is absent when its default is nil; with any other default it is read as if written empty.
  case optional(default: String?)
}

/// One parameter of a unit kind.
public struct ParameterSchema: Sendable {
  public let key: String
  public let kind: ParameterKind
  public let requirement: ParameterRequirement
  /// What the parameter is, in one sentence.
  public let summary: String

  /// The parameter written under `key`.
  public init(_ key: String, _ kind: ParameterKind, _ requirement: ParameterRequirement, _ summary: String) {
    self.key = key
    self.kind = kind
    self.requirement = requirement
    self.summary = summary
  }
}

/// A kind of unit with all its parameters: the one description from which units are read and documented.
public struct UnitKindSchema: Sendable {
  /// Keys that every unit has and that the reader of the design handles.
  public static let commonKeys = ["kind", "clock", "source"]

  /// The word written under `kind:`.
  public let kind: String
  /// What such a unit is, in one sentence.
  public let summary: String
  public let parameters: [ParameterSchema]

  /// The kind `kind` with these parameters, in the order they are documented and reported.
  public init(kind: String, summary: String, parameters: [ParameterSchema]) {
    self.kind = kind
    self.summary = summary
    self.parameters = parameters
  }
}
