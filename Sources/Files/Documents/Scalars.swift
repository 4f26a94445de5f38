/// Reads typed values from single nodes; `Fields` reads them from the keys of a mapping.
///
/// `what` names the value in messages ("'lanes' of unit 'mac'"). Every function returns nil after recording an error.
public enum Scalars {
  /// A text: any scalar that is not null, quoted or not.
  public static func text(
    of node: DocumentNode, _ what: String, file: String, _ d: inout Diagnostics
  ) -> String? {
    guard let scalar = scalar(node, what, file, expected: "a text", &d) else { return nil }
    return scalar.text
  }

  /// A decimal integer in `range`, written without quotes, plus sign, underscores, point or exponent.
  public static func integer(
    of node: DocumentNode, in range: ClosedRange<Int64>, _ what: String, file: String, _ d: inout Diagnostics
  ) -> Int64? {
    let expected = "an integer \(phrase(range))"
    guard let scalar = scalar(node, what, file, expected: expected, &d) else { return nil }
    let place = Place(file: file, mark: node.mark)
    guard !scalar.isQuoted else {
      d.error(
        "\(what) is a text in quotes", at: place, value: scalar.text, expected: expected,
        suggestion: isInteger(scalar.text) ? "remove the quotes" : nil)
      return nil
    }
    guard isInteger(scalar.text) else {
      d.error(
        "\(what) is not a decimal integer", at: place, value: scalar.text, expected: expected,
        suggestion: integerHint(scalar.text))
      return nil
    }
    guard let value = Int64(scalar.text), range.contains(value) else {
      d.error("\(what) is out of range", at: place, value: scalar.text, expected: expected)
      return nil
    }
    return value
  }

  /// Exactly `true` or `false`, without quotes.
  public static func boolean(
    of node: DocumentNode, _ what: String, file: String, _ d: inout Diagnostics
  ) -> Bool? {
    guard let scalar = scalar(node, what, file, expected: "true or false", &d) else { return nil }
    if !scalar.isQuoted, scalar.text == "true" { return true }
    if !scalar.isQuoted, scalar.text == "false" { return false }
    let suggestion: String? =
      switch scalar.text.lowercased() {
      case "true", "yes", "on", "y": "write true"
      case "false", "no", "off", "n": "write false"
      default: nil
      }
    d.error(
      "\(what) is not a truth value", at: Place(file: file, mark: node.mark), value: scalar.text,
      expected: "true or false", suggestion: suggestion)
    return nil
  }

  /// One of the words `known`, exactly.
  public static func choice(
    of node: DocumentNode, among known: [String], _ what: String, file: String, _ d: inout Diagnostics
  ) -> String? {
    let expected = known.count == 1 ? known[0] : "one of \(known.joined(separator: ", "))"
    guard let scalar = scalar(node, what, file, expected: expected, &d) else { return nil }
    guard known.contains(scalar.text) else {
      d.error(
        "\(what) is unknown", at: Place(file: file, mark: node.mark), value: scalar.text, expected: expected,
        suggestion: meant(scalar.text, among: known))
      return nil
    }
    return scalar.text
  }

  /// A quantity of `dimension` in `range`, quoted or not.
  public static func quantity(
    of node: DocumentNode, _ dimension: Dimension, in range: QuantityRange, _ what: String, file: String,
    _ d: inout Diagnostics
  ) -> Quantity? {
    guard let scalar = scalar(node, what, file, expected: dimension.phrase, &d) else { return nil }
    let place = Place(file: file, mark: node.mark)
    switch QuantityParser.parse(scalar.text, as: dimension) {
    case .failure(let fault):
      d.error(
        "\(what) \(fault.message)", at: place, value: scalar.text, expected: fault.expected,
        suggestion: fault.suggestion)
      return nil
    case .success(let quantity):
      guard range.contains(quantity.value) else {
        d.error("\(what) is out of range", at: place, value: scalar.text, expected: range.phrase(dimension))
        return nil
      }
      return quantity
    }
  }

  private static func scalar(
    _ node: DocumentNode, _ what: String, _ file: String, expected: String, _ d: inout Diagnostics
  ) -> DocumentNode.Scalar? {
    let place = Place(file: file, mark: node.mark)
    guard let scalar = node.scalar else {
      d.error("\(what) is \(node.kindName)", at: place, expected: expected)
      return nil
    }
    guard !scalar.isNull else {
      d.error("\(what) has no value", at: place, value: scalar.text, expected: expected)
      return nil
    }
    return scalar
  }

  private static func phrase(_ range: ClosedRange<Int64>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): "of 64 bits"
    case (let low, .max): "of at least \(low)"
    case (.min, let high): "of at most \(high)"
    case (let low, let high): "from \(low) to \(high)"
    }
  }

  private static func isInteger(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard let first = digits.utf8.first, digits.utf8.allSatisfy(JSONScanner.isDigit) else { return false }
    // YAML 1.1 reads 017 as fifteen, YAML 1.2 as seventeen: neither reading is taken.
    return first != UInt8(ascii: "0") || digits.utf8.count == 1
  }

  private static func integerHint(_ text: String) -> String? {
    guard text.utf8.count <= 64 else { return nil }
    let plain = text.filter { $0 != "_" && $0 != "," && $0 != "+" }
    if plain != text, isInteger(plain) { return "write \(plain)" }
    if text.contains(":") { return "times of day and base 60 are not read as numbers" }
    if text.hasPrefix("0"), text.count > 1, text.utf8.dropFirst().first != UInt8(ascii: ".") {
      return "octal, hexadecimal and leading zeros are not accepted"
    }
    if text.contains(where: { ".eE".contains($0) }) { return "write all digits, without point or exponent" }
    return nil
  }
}
