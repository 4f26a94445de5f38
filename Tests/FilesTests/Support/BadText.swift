import Files
import Testing

/// One input that must be refused: how it is read, and the place and a part of the message of its first error.
struct BadText: CustomTestStringConvertible, Sendable {
  enum Form: Sendable {
    case yaml
    case json
    /// YAML, read by `MacUnit.schema`.
    case unit
    /// YAML with one key `v`, read as a quantity.
    case quantity(Dimension, QuantityRange)
  }

  let form: Form
  let text: String
  /// `line:column`, or "" for no place.
  let mark: String
  let fragment: String

  init(_ form: Form, _ text: String, _ mark: String, _ fragment: String) {
    self.form = form
    self.text = text
    self.mark = mark
    self.fragment = fragment
  }

  var testDescription: String { "\(form): \(clipped(text))" }

  func diagnostics() -> Diagnostics {
    var d = Diagnostics()
    switch form {
    case .yaml: _ = DocumentReader.yaml(text, file: "bad", into: &d)
    case .json: _ = DocumentReader.json(text, file: "bad", into: &d)
    case .unit: _ = MacUnit.read(text, into: &d)
    case .quantity(let dimension, let range):
      guard let document = DocumentReader.yaml(text, file: "bad", into: &d),
        var fields = Fields(document, of: "the test", &d)
      else { break }
      _ = fields.requiredQuantity("v", dimension, in: range, &d)
    }
    return d
  }
}
