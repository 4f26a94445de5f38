/// A node of a YAML or JSON text. Every scalar stays the text that was written; its reader decides what it means.
public struct DocumentNode: Sendable {
  /// Where the node begins.
  public let mark: Mark
  public let content: Content

  /// A node at `mark`.
  public init(mark: Mark, content: Content) {
    self.mark = mark
    self.content = content
  }

  /// The three shapes of a node.
  public enum Content: Sendable {
    case scalar(Scalar)
    case sequence([DocumentNode])
    case mapping([Entry])
  }

  /// A single value as written.
  public struct Scalar: Sendable, Hashable {
    /// The text, with quotes and escapes resolved.
    public let text: String
    /// Whether it was written in quotes (or as a YAML block scalar), which makes it a text and nothing else.
    public let isQuoted: Bool

    /// The value `text`.
    public init(text: String, isQuoted: Bool) {
      self.text = text
      self.isQuoted = isQuoted
    }

    /// Whether nothing is stated: `null`, `~` or nothing at all, without quotes.
    public var isNull: Bool { !isQuoted && (text.isEmpty || text == "~" || text == "null") }
  }

  /// One key of a mapping and its value.
  public struct Entry: Sendable {
    public let key: String
    /// Where the key begins.
    public let keyMark: Mark
    public let value: DocumentNode

    /// The pair `key`: `value`.
    public init(key: String, keyMark: Mark, value: DocumentNode) {
      self.key = key
      self.keyMark = keyMark
      self.value = value
    }
  }

  /// The shape in words: "a mapping", "a list" or "a scalar".
  public var kindName: String {
    switch content {
    case .scalar: "a scalar"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The scalar, when the node is one.
  public var scalar: Scalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The items, when the node is a list.
  public var items: [DocumentNode]? {
    if case .sequence(let items) = content { items } else { nil }
  }

  /// The entries, when the node is a mapping.
  public var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// Whether the node is a scalar that states nothing (`null`, `~`, nothing).
  public var isNull: Bool { scalar?.isNull ?? false }
}

/// A text that was read: the file's name as the user knows it, and the root node.
public struct Document: Sendable {
  public let file: String
  public let root: DocumentNode

  /// The document `root` of `file`.
  public init(file: String, root: DocumentNode) {
    self.file = file
    self.root = root
  }

  /// Where `node` stands.
  public func place(_ node: DocumentNode) -> Place { Place(file: file, mark: node.mark) }
}
