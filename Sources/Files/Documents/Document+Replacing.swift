extension Document {
  /// The document with other values in it, before anything of it is checked.
  ///
  /// Only what is written can be replaced: a scalar, or the `value` of an annotated one, which loses its source. The
  /// new value keeps the old one's mark.
  ///
  /// - Returns: the new document and what was replaced; replacements with an error are left out.
  /// - Errors: a path that does not lead to a value, with the one it resembles; a path that is replaced twice.
  public func replacing(
    _ replacements: [Replacement], into d: inout Diagnostics
  ) -> (document: Document, replaced: [ReplacedValue]) {
    var changed = self
    var replaced: [ReplacedValue] = []
    for replacement in replacements {
      if replaced.contains(where: { $0.replacement.path == replacement.path }) {
        d.error("a value is replaced twice", at: replacement.place, value: replacement.path, expected: "each path once")
        continue
      }
      guard let way = changed.way(to: replacement, &d), let old = way.last?.value else { continue }
      let value = old.annotatedValue ?? old
      var node = DocumentNode(
        mark: value.mark, content: .scalar(.init(text: replacement.value, isQuoted: false)))
      for step in way.dropLast().reversed() { node = step.value.with(node, at: step.child) }
      changed = Document(file: file, root: node)
      replaced.append(
        ReplacedValue(replacement: replacement, was: value.scalar?.text ?? "", place: place(value)))
    }
    return (changed, replaced)
  }

  /// One node on the way to a value, and which of its children comes next.
  fileprivate struct Step {
    let value: DocumentNode
    var child = 0
  }

  /// The nodes from the root to the value that a path names.
  private func way(to replacement: Replacement, _ d: inout Diagnostics) -> [Step]? {
    let keys = replacement.path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var way = [Step(value: root)]
    for (depth, key) in keys.enumerated() {
      let node = way[depth].value
      guard node.annotatedValue == nil, let child = node.child(key) else {
        report(replacement, at: node, below: keys.prefix(depth).joined(separator: "."), key, &d)
        return nil
      }
      way[depth].child = child.index
      way.append(Step(value: child.node))
    }
    let found = way[keys.count].value
    guard (found.annotatedValue ?? found).scalar != nil else {
      d.error(
        "'\(clipped(replacement.path))' is \(found.kindName), not a value", at: replacement.place,
        expected: found.childNames.isEmpty
          ? "a path to a value"
          : "one of \(found.childNames.map { replacement.path + "." + $0 }.joined(separator: ", "))")
      return nil
    }
    return way
  }

  private func report(
    _ replacement: Replacement, at node: DocumentNode, below path: String, _ key: String, _ d: inout Diagnostics
  ) {
    let names = node.annotatedValue == nil ? node.childNames : []
    let prefix = path.isEmpty ? "" : path + "."
    let known = valuePaths
    let near =
      nearMiss(of: key, among: names).map { prefix + $0 } ?? nearMiss(of: replacement.path, among: known)
      ?? known.first { $0.hasSuffix("." + replacement.path) }
    d.error(
      "\(file) states no value at '\(clipped(replacement.path))'", at: replacement.place, value: replacement.path,
      expected: near == nil
        ? (names.isEmpty
          ? "a path that the file has; '\(path)' is a value"
          : "\(prefix)KEY with KEY one of \(names.joined(separator: ", "))")
        : nil,
      suggestion: near.map { "did you mean '\($0)'?" })
  }

  /// The paths of all values, for suggestions; of a large document, of the first ten thousand nodes.
  private var valuePaths: [String] {
    var result: [String] = []
    var waiting = [(path: "", node: root)]
    var seen = 0
    while let (path, node) = waiting.popLast(), seen < 10_000 {
      seen += 1
      if node.scalar != nil || node.annotatedValue != nil {
        result.append(path)
      } else {
        for name in node.childNames.reversed() {
          if let child = node.child(name) { waiting.append((path.isEmpty ? name : path + "." + name, child.node)) }
        }
      }
    }
    return result
  }
}

extension DocumentNode {
  /// The value of `{ value: …, source: … }`.
  fileprivate var annotatedValue: DocumentNode? {
    guard let entries, entries.count == 2, entries.contains(where: { $0.key == "source" }) else { return nil }
    return entries.first { $0.key == "value" }?.value
  }

  fileprivate var childNames: [String] { entries?.map(\.key) ?? (items ?? []).indices.map { String($0 + 1) } }

  fileprivate func child(_ name: String) -> (index: Int, node: DocumentNode)? {
    if let entries {
      return entries.firstIndex { $0.key == name }.map { ($0, entries[$0].value) }
    }
    guard let items, let position = Int(name), String(position) == name, items.indices.contains(position - 1) else {
      return nil
    }
    return (position - 1, items[position - 1])
  }

  fileprivate func with(_ child: DocumentNode, at index: Int) -> DocumentNode {
    switch content {
    case .scalar: return self
    case .sequence(var items):
      items[index] = child
      return DocumentNode(mark: mark, content: .sequence(items))
    case .mapping(var entries):
      entries[index] = Entry(key: entries[index].key, keyMark: entries[index].keyMark, value: child)
      return DocumentNode(mark: mark, content: .mapping(entries))
    }
  }
}
