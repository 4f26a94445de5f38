extension UnitKindSchema {
  /// Reads the parameters of one unit; nil after recording errors.
  ///
  /// Unknown keys are errors, except `commonKeys` and those that the caller has used or ignored before.
  ///
  /// - Parameter unitSource: the source of values that are written without one.
  public func read(
    _ fields: inout Fields, unitSource: Source?, _ d: inout Diagnostics
  ) -> ParameterValues? {
    let errors = d.errorCount
    fields.ignore(Self.commonKeys)
    var reading = ParameterReading(unitSource: unitSource)
    reading.read(parameters, prefix: "", from: &fields, &d)
    fields.finish(&d, knownKeys: parameters.map(\.key) + Self.commonKeys)
    return d.errorCount == errors ? ParameterValues(reading.stated) : nil
  }
}

/// Collects the values of a unit's parameters. Recursion follows the schema, never the input.
private struct ParameterReading {
  let unitSource: Source?
  var stated: [StatedParameter] = []

  mutating func read(
    _ parameters: [ParameterSchema], prefix: String, from fields: inout Fields, _ d: inout Diagnostics
  ) {
    for parameter in parameters {
      let path = prefix + parameter.key
      guard fields.contains(parameter.key) else {
        absent(parameter, path, in: &fields, &d)
        continue
      }
      if case .group(let members) = parameter.kind {
        guard let node = fields.node(parameter.key) else { continue }
        readGroup(node, members, path, in: fields, &d)
      } else if let node = fields.statedNode(parameter.key, inheriting: unitSource, &d) {
        take(node, parameter.kind, path, what: fields.name(parameter.key), isDefault: false, &d)
      }
    }
  }

  private mutating func readGroup(
    _ node: DocumentNode, _ members: [ParameterSchema], _ path: String, in fields: Fields, _ d: inout Diagnostics
  ) {
    guard var group = Fields(node, of: "'\(path)' of \(fields.what)", in: fields.file, &d) else { return }
    read(members, prefix: path + ".", from: &group, &d)
    group.finish(&d, knownKeys: members.map(\.key))
  }

  private mutating func absent(
    _ parameter: ParameterSchema, _ path: String, in fields: inout Fields, _ d: inout Diagnostics
  ) {
    guard case .optional(let text) = parameter.requirement else {
      _ = fields.requiredNode(parameter.key, &d)
      return
    }
    guard let text else { return }
    if case .group(let members) = parameter.kind {
      readGroup(DocumentNode(mark: fields.mark, content: .mapping([])), members, path, in: fields, &d)
      return
    }
    let node = DocumentNode(mark: fields.mark, content: .scalar(.init(text: text, isQuoted: false)))
    let value = Stated(value: node, source: nil, place: fields.place(), text: text)
    let what = "the default of \(fields.name(parameter.key))"
    take(value, parameter.kind, path, what: what, isDefault: true, &d)
  }

  private mutating func take(
    _ node: Stated<DocumentNode>, _ kind: ParameterKind, _ path: String, what: String, isDefault: Bool,
    _ d: inout Diagnostics
  ) {
    let file = node.place.file
    let value: ParameterValue? =
      switch kind {
      case .integer(let range):
        Scalars.integer(of: node.value, in: range, what, file: file, &d).map(ParameterValue.integer)
      case .quantity(let dimension, let range):
        Scalars.quantity(of: node.value, dimension, in: range, what, file: file, &d).map(ParameterValue.quantity)
      case .choice(let known):
        Scalars.choice(of: node.value, among: known, what, file: file, &d).map(ParameterValue.text)
      case .text: Scalars.text(of: node.value, what, file: file, &d).map(ParameterValue.text)
      case .boolean: Scalars.boolean(of: node.value, what, file: file, &d).map(ParameterValue.boolean)
      case .group: nil
      }
    guard let value else { return }
    stated.append(
      StatedParameter(
        path: path, value: value, text: node.text, source: node.source, place: node.place, isDefault: isDefault))
  }
}
