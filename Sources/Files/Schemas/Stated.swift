/// A value as its file states it: with its text, its place and its source.
public struct Stated<Value: Sendable>: Sendable {
  public let value: Value
  /// Where the number comes from; nil when neither the value nor what holds it says.
  public let source: Source?
  public let place: Place
  /// The value as written.
  public let text: String

  /// A value stated at `place` as `text`.
  public init(value: Value, source: Source?, place: Place, text: String) {
    self.value = value
    self.source = source
    self.place = place
    self.text = text
  }

  /// Whether nothing supports the value: no source, or one that is no evidence.
  public var isAssumption: Bool { !(source?.mark.isEvidence ?? false) }

  /// The same statement with another value.
  func with<Other: Sendable>(_ other: Other) -> Stated<Other> {
    Stated<Other>(value: other, source: source, place: place, text: text)
  }
}

/// Values that may be written plain, `lanes: 16`, or annotated, `lanes: { value: 16, source: "publication: …" }`.
///
/// A plain value has the source it inherits from what holds it.
extension Fields {
  /// The node of the value under `key`, if written, without its annotation.
  public mutating func statedNode(
    _ key: String, inheriting source: Source?, _ d: inout Diagnostics
  ) -> Stated<DocumentNode>? {
    guard let node = node(key) else { return nil }
    guard node.entries != nil else { return stated(node, source) }
    let what = name(key)
    guard var annotated = Fields(node, of: what, in: file, &d) else { return nil }
    let value = annotated.requiredNode("value", &d)
    let own = annotated.requiredNode("source", &d).flatMap {
      Source.read($0, "the source of \(what)", file: file, &d)
    }
    annotated.finish(&d, knownKeys: ["value", "source"])
    guard let value, let own else { return nil }
    return stated(value, own)
  }

  /// A quantity, plain or annotated, if written.
  public mutating func statedQuantity(
    _ key: String, _ dimension: Dimension, in range: QuantityRange, inheriting source: Source?,
    _ d: inout Diagnostics
  ) -> Stated<Quantity>? {
    guard let node = statedNode(key, inheriting: source, &d) else { return nil }
    return Scalars.quantity(of: node.value, dimension, in: range, name(key), file: file, &d).map(node.with)
  }

  /// A decimal integer, plain or annotated, if written.
  public mutating func statedInteger(
    _ key: String, in range: ClosedRange<Int64>, inheriting source: Source?, _ d: inout Diagnostics
  ) -> Stated<Int64>? {
    guard let node = statedNode(key, inheriting: source, &d) else { return nil }
    return Scalars.integer(of: node.value, in: range, name(key), file: file, &d).map(node.with)
  }

  /// A text, plain or annotated, if written.
  public mutating func statedText(
    _ key: String, inheriting source: Source?, _ d: inout Diagnostics
  ) -> Stated<String>? {
    guard let node = statedNode(key, inheriting: source, &d) else { return nil }
    return Scalars.text(of: node.value, name(key), file: file, &d).map(node.with)
  }

  /// A quantity, plain or annotated, that must be there.
  public mutating func requiredStatedQuantity(
    _ key: String, _ dimension: Dimension, in range: QuantityRange, inheriting source: Source?,
    _ d: inout Diagnostics
  ) -> Stated<Quantity>? {
    guard requiredNode(key, &d) != nil else { return nil }
    return statedQuantity(key, dimension, in: range, inheriting: source, &d)
  }

  /// A decimal integer, plain or annotated, that must be there.
  public mutating func requiredStatedInteger(
    _ key: String, in range: ClosedRange<Int64>, inheriting source: Source?, _ d: inout Diagnostics
  ) -> Stated<Int64>? {
    guard requiredNode(key, &d) != nil else { return nil }
    return statedInteger(key, in: range, inheriting: source, &d)
  }

  /// A text, plain or annotated, that must be there.
  public mutating func requiredStatedText(
    _ key: String, inheriting source: Source?, _ d: inout Diagnostics
  ) -> Stated<String>? {
    guard requiredNode(key, &d) != nil else { return nil }
    return statedText(key, inheriting: source, &d)
  }

  private func stated(_ node: DocumentNode, _ source: Source?) -> Stated<DocumentNode> {
    Stated(value: node, source: source, place: Place(file: file, mark: node.mark), text: node.scalar?.text ?? "")
  }
}
