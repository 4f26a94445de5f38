import Files

/// The activations of ungated networks by transformers' names.
enum Activation: String, CaseIterable {
  case gelu
  case geluNew = "gelu_new"
  case geluTanh = "gelu_pytorch_tanh"
  case relu

  func kind(width: Int64) -> OperatorKind {
    switch self {
    case .gelu: .activation(.geluErf, width: width)
    case .geluNew, .geluTanh: .activation(.gelu, width: width)
    case .relu: .activation(.relu, width: width)
    }
  }

  static func read(_ fields: inout Fields, _ key: String, _ d: inout Diagnostics) -> Activation? {
    guard let name = fields.requiredText(key, &d) else { return nil }
    if let activation = Activation(rawValue: name) { return activation }
    let names = allCases.map(\.rawValue)
    d.error(
      "unsupported \(key)", at: fields.place(key), value: name, expected: "one of \(names.joined(separator: ", "))",
      suggestion: nearMiss(of: name, among: names).map { "did you mean '\($0)'?" })
    return nil
  }
}
