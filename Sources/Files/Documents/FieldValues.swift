// The typed getters of `Fields`. A `required…` getter records an error when the key is absent.
extension Fields {
  /// A text, if written.
  public mutating func text(_ key: String, _ d: inout Diagnostics) -> String? {
    node(key).flatMap { Scalars.text(of: $0, name(key), file: file, &d) }
  }

  /// A text that must be there.
  public mutating func requiredText(_ key: String, _ d: inout Diagnostics) -> String? {
    requiredNode(key, &d).flatMap { Scalars.text(of: $0, name(key), file: file, &d) }
  }

  /// A decimal integer in `range`, if written.
  public mutating func integer(_ key: String, in range: ClosedRange<Int64>, _ d: inout Diagnostics) -> Int64? {
    node(key).flatMap { Scalars.integer(of: $0, in: range, name(key), file: file, &d) }
  }

  /// A decimal integer in `range` that must be there.
  public mutating func requiredInteger(
    _ key: String, in range: ClosedRange<Int64>, _ d: inout Diagnostics
  ) -> Int64? {
    requiredNode(key, &d).flatMap { Scalars.integer(of: $0, in: range, name(key), file: file, &d) }
  }

  /// Exactly `true` or `false`, if written.
  public mutating func boolean(_ key: String, _ d: inout Diagnostics) -> Bool? {
    node(key).flatMap { Scalars.boolean(of: $0, name(key), file: file, &d) }
  }

  /// Exactly `true` or `false`; the key must be there.
  public mutating func requiredBoolean(_ key: String, _ d: inout Diagnostics) -> Bool? {
    requiredNode(key, &d).flatMap { Scalars.boolean(of: $0, name(key), file: file, &d) }
  }

  /// One of the words `known`, if written.
  public mutating func choice(_ key: String, of known: [String], _ d: inout Diagnostics) -> String? {
    node(key).flatMap { Scalars.choice(of: $0, among: known, name(key), file: file, &d) }
  }

  /// One of the words `known`; the key must be there.
  public mutating func requiredChoice(_ key: String, of known: [String], _ d: inout Diagnostics) -> String? {
    requiredNode(key, &d).flatMap { Scalars.choice(of: $0, among: known, name(key), file: file, &d) }
  }

  /// A quantity of `dimension` in `range`, if written.
  public mutating func quantity(
    _ key: String, _ dimension: Dimension, in range: QuantityRange, _ d: inout Diagnostics
  ) -> Quantity? {
    node(key).flatMap { Scalars.quantity(of: $0, dimension, in: range, name(key), file: file, &d) }
  }

  /// A quantity of `dimension` in `range` that must be there.
  public mutating func requiredQuantity(
    _ key: String, _ dimension: Dimension, in range: QuantityRange, _ d: inout Diagnostics
  ) -> Quantity? {
    requiredNode(key, &d).flatMap { Scalars.quantity(of: $0, dimension, in: range, name(key), file: file, &d) }
  }

  /// A list of texts, or one text standing for a list of one; nil when absent or when any item is wrong.
  public mutating func texts(_ key: String, _ d: inout Diagnostics) -> [String]? {
    guard let node = node(key) else { return nil }
    guard let items = node.items else { return Scalars.text(of: node, name(key), file: file, &d).map { [$0] } }
    var texts: [String] = []
    for (index, item) in items.enumerated() {
      let what = "item \(index + 1) of \(name(key))"
      if let text = Scalars.text(of: item, what, file: file, &d) { texts.append(text) }
    }
    return texts.count == items.count ? texts : nil
  }

  /// A mapping inside this one, if written.
  public mutating func fields(_ key: String, of what: String, _ d: inout Diagnostics) -> Fields? {
    node(key).flatMap { Fields($0, of: what, in: file, &d) }
  }

  /// A mapping inside this one that must be there.
  public mutating func requiredFields(_ key: String, of what: String, _ d: inout Diagnostics) -> Fields? {
    requiredNode(key, &d).flatMap { Fields($0, of: what, in: file, &d) }
  }

  /// The items of a list, if written.
  public mutating func list(_ key: String, _ d: inout Diagnostics) -> [DocumentNode]? {
    node(key).flatMap { items(of: $0, key, &d) }
  }

  /// The items of a list that must be there.
  public mutating func requiredList(_ key: String, _ d: inout Diagnostics) -> [DocumentNode]? {
    requiredNode(key, &d).flatMap { items(of: $0, key, &d) }
  }

  private func items(of node: DocumentNode, _ key: String, _ d: inout Diagnostics) -> [DocumentNode]? {
    if let items = node.items { return items }
    let found = node.isNull ? "nothing" : node.kindName
    d.error("\(name(key)) is not a list", at: place(key), value: found, expected: "a list")
    return nil
  }
}
