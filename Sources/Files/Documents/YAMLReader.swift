/// Turns the events of a YAML text into a document and refuses what designs do not need: tags, merge keys, directives,
/// several documents, keys that are no plain text, and aliases that expand beyond a limit.
struct YAMLReader {
  /// All aliases of a text together may stand for this many nodes, which stops "billion laughs" at once.
  static let maximumExpandedNodes = 10_000

  private var builder: DocumentBuilder
  private var anchors: [String: DocumentBuilder.Built] = [:]
  private var expandedNodes = 0

  private init(file: String) { builder = DocumentBuilder(file: file) }

  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, file: String, _ d: inout Diagnostics
  ) throws(DocumentFault) -> DocumentNode {
    // libyaml compares each directive with all before it.
    try refuseDirectives(bytes)
    guard let events = YAMLEvents(bytes) else { throw DocumentFault("not enough memory to read this", at: nil) }
    var reader = YAMLReader(file: file)
    return try reader.read(events, &d)
  }

  private static func refuseDirectives(_ bytes: UnsafeBufferPointer<UInt8>) throws(DocumentFault) {
    var line = 1
    var isLineStart = true
    for byte in bytes {
      if isLineStart, byte == UInt8(ascii: "%") {
        throw DocumentFault(
          "a line begins with '%', which begins a YAML directive; directives are not accepted",
          at: Mark(line: line, column: 1))
      }
      isLineStart = byte == 10 || byte == 13
      if byte == 10 { line += 1 }
    }
  }

  private mutating func read(_ events: YAMLEvents, _ d: inout Diagnostics) throws(DocumentFault) -> DocumentNode {
    var documents = 0
    while true {
      let (event, mark) = try events.next()
      switch event {
      case .streamStart: break
      case .documentStart:
        documents += 1
        guard documents == 1 else {
          throw DocumentFault("a second YAML document begins here", at: mark, expected: "one document per file")
        }
      case .documentEnd: break
      case .streamEnd:
        guard let root = builder.root, !isEmpty(root) else {
          throw DocumentFault("the file is empty", at: nil, expected: "a YAML document")
        }
        return root
      case .alias(let name): try alias(name, mark)
      case .scalar(let scalar, let anchor, let tag):
        try refuse(tag: tag, mark)
        if builder.awaitsKey {
          try key(scalar, mark, anchor, &d)
        } else {
          let built = DocumentBuilder.Built(node: DocumentNode(mark: mark, content: .scalar(scalar)))
          if let anchor { anchors[anchor] = built }
          builder.add(built)
        }
      case .start(let isMapping, let anchor, let tag):
        try refuse(tag: tag, mark)
        guard !builder.awaitsKey else {
          throw DocumentFault(
            "a \(isMapping ? "mapping" : "list") cannot be a key", at: mark, expected: "a plain text as key")
        }
        try builder.open(mapping: isMapping, at: mark, anchor: anchor)
      case .end:
        if let (built, anchor) = builder.close(), let anchor { anchors[anchor] = built }
      }
    }
  }

  private func isEmpty(_ root: DocumentNode) -> Bool {
    root.scalar.map { !$0.isQuoted && $0.text.isEmpty } ?? false
  }

  private func refuse(tag: String?, _ mark: Mark) throws(DocumentFault) {
    guard let tag else { return }
    throw DocumentFault(
      "a YAML tag is not accepted", at: mark, value: tag, suggestion: "leave the tag away; the key decides the type")
  }

  private mutating func key(
    _ scalar: DocumentNode.Scalar, _ mark: Mark, _ anchor: String?, _ d: inout Diagnostics
  ) throws(DocumentFault) {
    guard !scalar.isNull else {
      throw DocumentFault("a key is missing or null", at: mark, value: scalar.text, expected: "a text as key")
    }
    guard scalar.isQuoted || scalar.text != "<<" else {
      throw DocumentFault(
        "the merge key '<<' is not accepted", at: mark, suggestion: "write the keys out where they are needed")
    }
    if let anchor {
      anchors[anchor] = DocumentBuilder.Built(node: DocumentNode(mark: mark, content: .scalar(scalar)))
    }
    builder.key(scalar.text, at: mark, &d)
  }

  private mutating func alias(_ name: String, _ mark: Mark) throws(DocumentFault) {
    guard !builder.awaitsKey else {
      throw DocumentFault("an alias cannot be a key", at: mark, value: "*\(name)", expected: "a plain text as key")
    }
    guard let built = anchors[name] else {
      throw DocumentFault("unknown alias", at: mark, value: "*\(name)", expected: "an anchor that ends before it")
    }
    expandedNodes += built.count
    guard expandedNodes <= Self.maximumExpandedNodes else {
      throw DocumentFault(
        "the aliases stand for too many nodes", at: mark, value: "*\(name)",
        expected: "at most \(Self.maximumExpandedNodes) nodes through aliases")
    }
    guard builder.depth + built.height <= DocumentBuilder.maximumDepth else { throw DocumentBuilder.tooDeep(at: mark) }
    builder.add(built)
  }
}
