/// One mapping being read key by key. It remembers which keys were asked for, so that `finish` can name the others.
///
/// Getters return nil without an error when an optional key is absent, and nil after recording an error when the value
/// is of a wrong shape. A value of `null` is a wrong shape; formats in which null means absent ask `isNull` first.
public struct Fields: Sendable {
  /// What the mapping describes, for messages: "unit 'memory'".
  public let what: String
  /// Where the mapping begins.
  public let mark: Mark
  public let file: String
  private let entries: [DocumentNode.Entry]
  private let indices: [String: Int]
  private var used: Set<String> = []

  /// The keys of `node`; nil with an error when it is no mapping.
  ///
  /// - Parameter document: the name of the file that holds the node.
  public init?(_ node: DocumentNode, of what: String, in document: String, _ d: inout Diagnostics) {
    guard let entries = node.entries else {
      let found = node.isNull ? "nothing" : node.kindName
      d.error(
        "\(what) is not a mapping", at: Place(file: document, mark: node.mark), value: found,
        expected: "a mapping of keys to values")
      return nil
    }
    self.what = what
    self.entries = entries
    mark = node.mark
    file = document
    indices = Dictionary(entries.indices.map { (entries[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The fields at the root of `document`.
  public init?(_ document: Document, of what: String, _ d: inout Diagnostics) {
    self.init(document.root, of: what, in: document.file, &d)
  }

  /// All keys, in the order written.
  public var keys: [String] { entries.map(\.key) }

  /// Whether the key is written, whatever its value.
  public func contains(_ key: String) -> Bool { indices[key] != nil }

  /// Whether the key is written with a value of `null`, `~` or nothing.
  public func isNull(_ key: String) -> Bool { indices[key].map { entries[$0].value.isNull } ?? false }

  /// Where the key's value stands; the mapping's place when the key is absent or nil.
  public func place(_ key: String? = nil) -> Place {
    let index = key.flatMap { indices[$0] }
    return Place(file: file, mark: index.map { entries[$0].value.mark } ?? mark)
  }

  /// The value of an optional key, which now counts as used.
  public mutating func node(_ key: String) -> DocumentNode? {
    guard let index = indices[key] else { return nil }
    used.insert(key)
    return entries[index].value
  }

  /// The value of a key that must be there.
  public mutating func requiredNode(_ key: String, _ d: inout Diagnostics) -> DocumentNode? {
    if let node = node(key) { return node }
    let unused = d.keepsNoMoreErrors ? [] : keys.prefix(1000).filter { !used.contains($0) }
    let resembling = nearMiss(of: key, among: unused)
    d.error(
      "missing key '\(key)' in \(what)", at: place(),
      suggestion: resembling.map { "is '\(clipped($0))' meant to be '\(key)'?" })
    return nil
  }

  /// Lets these keys count as used.
  public mutating func ignore(_ keys: [String]) { used.formUnion(keys) }

  /// Records an error for each key that was neither used nor ignored.
  ///
  /// - Parameter knownKeys: the keys that exist, for the suggestion.
  public func finish(_ d: inout Diagnostics, knownKeys: [String]) {
    for entry in entries where !used.contains(entry.key) {
      let place = Place(file: file, mark: entry.keyMark)
      guard !d.keepsNoMoreErrors else {
        d.error("unknown key", at: place)
        continue
      }
      let suggestion = meant(entry.key, among: knownKeys)
      let expected = knownKeys.isEmpty ? "no keys" : "one of \(knownKeys.joined(separator: ", "))"
      d.error(
        "unknown key '\(clipped(entry.key))' in \(what)", at: place, expected: suggestion == nil ? expected : nil,
        suggestion: suggestion)
    }
  }

  /// Records a warning for each key of a foreign format that was neither used nor ignored.
  ///
  /// - Parameters:
  ///   - knownKeys: the keys that are read, for the suggestion.
  ///   - silent: keys that are known not to matter.
  public func warnUnknown(_ d: inout Diagnostics, knownKeys: [String], silent: Set<String>) {
    for entry in entries where !used.contains(entry.key) && !silent.contains(entry.key) {
      let place = Place(file: file, mark: entry.keyMark)
      let suggestion = d.keepsNoMoreWarnings ? nil : meant(entry.key, among: knownKeys)
      d.warning("key '\(clipped(entry.key))' in \(what) is not read", at: place, suggestion: suggestion)
    }
  }

  func name(_ key: String) -> String { "'\(clipped(key))' of \(what)" }
}
