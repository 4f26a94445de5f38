import Files

/// What a kernel may be told, by the name of its option on the command line.
public enum KernelOption: String, Sendable, CaseIterable {
  case out
  case `in`
  case batch
  case length
  case heads
  case headDimension = "head-dimension"
  case bytes
  case order
  case level
  case powerConstraint = "power-constraint"
}

/// A kernel that a command set can run: which options it takes, and what they may be.
public struct KernelSchema: Sendable {
  /// What an option may be.
  public enum Values: Sendable {
    case integer(ClosedRange<Int64>)
    case choice([String])
  }

  public struct Option: Sendable {
    public let option: KernelOption
    public let values: Values
    /// What stands in where the option is left out; `nil` for one that must be given.
    public let standard: String?

    public init(_ option: KernelOption, _ values: Values, standard: String? = nil) {
      self.option = option
      self.values = values
      self.standard = standard
    }
  }

  public let name: String
  public let options: [Option]

  public init(name: String, options: [Option]) {
    self.name = name
    self.options = options
  }

  /// Checks a request against this schema and fills in what was left out.
  ///
  /// - Parameter place: where the options were given, for messages.
  public func read(_ request: KernelRequest, at place: Place, _ d: inout Diagnostics) -> KernelValues? {
    let before = d.errorCount
    for given in request.options where !options.contains(where: { $0.option == given.option }) {
      d.error(
        "the kernel '\(name)' has no --\(given.option.rawValue)", at: place, value: given.text,
        expected: "one of \(options.map { "--\($0.option.rawValue)" }.joined(separator: ", "))")
    }
    var values = KernelValues()
    for option in options {
      guard let text = request.text(of: option.option) ?? option.standard else {
        d.error("the kernel '\(name)' needs --\(option.option.rawValue)", at: place, expected: option.expectation)
        continue
      }
      switch option.values {
      case .integer(let range):
        guard let value = Int64(text), range.contains(value) else {
          d.error(
            "--\(option.option.rawValue) is out of range", at: place, value: clipped(text),
            expected: option.expectation)
          continue
        }
        values.integers.append((option.option, value))
      case .choice(let known):
        guard known.contains(text) else {
          d.error(
            "--\(option.option.rawValue) is not known", at: place, value: clipped(text), expected: option.expectation,
            suggestion: nearMiss(of: text, among: known).map { "did you mean '\($0)'?" })
          continue
        }
        values.choices.append((option.option, text))
      }
    }
    return d.errorCount == before ? values : nil
  }
}

extension KernelSchema.Option {
  /// What the option may be, in words.
  var expectation: String {
    switch values {
    case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let known): "one of \(known.joined(separator: ", "))"
    }
  }
}

/// A kernel and its options as they were asked for.
public struct KernelRequest: Sendable {
  public let kernel: String
  public let options: [(option: KernelOption, text: String)]

  public init(kernel: String, options: [(option: KernelOption, text: String)]) {
    self.kernel = kernel
    self.options = options
  }

  func text(of option: KernelOption) -> String? { options.first { $0.option == option }?.text }
}

/// The options of a kernel, each with a value that its schema allows.
public struct KernelValues: Sendable {
  var integers: [(option: KernelOption, value: Int64)] = []
  var choices: [(option: KernelOption, value: String)] = []

  /// An integer option; 0 when the schema has none of this name.
  public func integer(_ option: KernelOption) -> Int64 { integers.first { $0.option == option }?.value ?? 0 }

  /// A word; empty when the schema has none of this name.
  public func choice(_ option: KernelOption) -> String { choices.first { $0.option == option }?.value ?? "" }
}
