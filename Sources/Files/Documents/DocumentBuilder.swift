/// Builds a tree of nodes from a stream of events, without recursion, with a limit on depth.
struct DocumentBuilder {
  /// Nested mappings and lists beyond this are refused: releasing a tree takes stack for each level.
  static let maximumDepth = 128

  /// A node with what an alias to it would cost: nodes in it and levels below it, itself included.
  struct Built {
    var node: DocumentNode
    var count = 1
    var height = 0
  }

  private struct Frame {
    var isMapping: Bool
    var mark: Mark
    var anchor: String?
    var items: [DocumentNode] = []
    var entries: [DocumentNode.Entry] = []
    var keyMarks: [String: Mark] = [:]
    var key: (text: String, mark: Mark, isRepeated: Bool)?
    var count = 1
    var height = 1
  }

  let file: String
  private var frames: [Frame] = []
  /// The finished root, once its last event has come.
  private(set) var root: DocumentNode?

  init(file: String) { self.file = file }

  /// Whether the next event must be a key or the end of a mapping.
  var awaitsKey: Bool { frames.last.map { $0.isMapping && $0.key == nil } ?? false }
  var isInMapping: Bool { frames.last?.isMapping ?? false }
  var isComplete: Bool { root != nil }
  var depth: Int { frames.count }

  mutating func open(mapping isMapping: Bool, at mark: Mark, anchor: String? = nil) throws(DocumentFault) {
    guard frames.count < Self.maximumDepth else { throw Self.tooDeep(at: mark) }
    frames.append(Frame(isMapping: isMapping, mark: mark, anchor: anchor))
  }

  static func tooDeep(at mark: Mark) -> DocumentFault {
    DocumentFault("mappings and lists are nested too deeply", at: mark, expected: "at most \(maximumDepth) levels")
  }

  /// Takes a key. A repeated one is an error that names both places; the first stays.
  mutating func key(_ text: String, at mark: Mark, _ d: inout Diagnostics) {
    let top = frames.count - 1
    guard top >= 0 else { return }
    let first = frames[top].keyMarks[text]
    if let first {
      d.error(
        "duplicate key '\(clipped(text))'", at: Place(file: file, mark: mark),
        suggestion: "first written at line \(first.line), column \(first.column)")
    } else {
      frames[top].keyMarks[text] = mark
    }
    frames[top].key = (text, mark, first != nil)
  }

  mutating func add(_ built: Built) {
    let top = frames.count - 1
    guard top >= 0 else {
      root = built.node
      return
    }
    frames[top].count += built.count
    frames[top].height = max(frames[top].height, built.height + 1)
    if !frames[top].isMapping {
      frames[top].items.append(built.node)
    } else if let key = frames[top].key {
      if !key.isRepeated {
        frames[top].entries.append(.init(key: key.text, keyMark: key.mark, value: built.node))
      }
      frames[top].key = nil
    }
  }

  /// Ends the innermost mapping or list and adds it to what holds it.
  mutating func close() -> (built: Built, anchor: String?)? {
    guard let frame = frames.popLast() else { return nil }
    let content: DocumentNode.Content = frame.isMapping ? .mapping(frame.entries) : .sequence(frame.items)
    let node = DocumentNode(mark: frame.mark, content: content)
    let built = Built(node: node, count: frame.count, height: frame.height)
    add(built)
    return (built, frame.anchor)
  }
}
