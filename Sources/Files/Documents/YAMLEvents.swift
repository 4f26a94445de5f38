internal import CYaml

/// What libyaml reports of a text, one event at a time.
///
/// Composed trees would hide tags and aliases and expand aliases without limit, hence the events.
enum YAMLEvent {
  case streamStart
  case documentStart(hasDirectives: Bool)
  case alias(String)
  case scalar(DocumentNode.Scalar, anchor: String?, tag: String?)
  case start(isMapping: Bool, anchor: String?, tag: String?)
  case end
  case documentEnd
  case streamEnd
}

/// A pull parser over bytes that must outlive it.
final class YAMLEvents {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let bytes: UnsafeBufferPointer<UInt8>

  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      return nil
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func next() throws(DocumentFault) -> (event: YAMLEvent, mark: Mark) {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
    defer { yaml_event_delete(&event) }
    return (Self.read(event), Self.mark(event.start_mark))
  }

  private static func read(_ event: yaml_event_t) -> YAMLEvent {
    switch event.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_DOCUMENT_START_EVENT:
      let start = event.data.document_start
      let hasTags = start.tag_directives.start != start.tag_directives.end
      return .documentStart(hasDirectives: start.version_directive != nil || hasTags)
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_ALIAS_EVENT: return .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return .scalar(.init(text: value, isQuoted: !isPlain), anchor: text(scalar.anchor), tag: text(scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return .start(isMapping: false, anchor: text(start.anchor), tag: text(start.tag))
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return .start(isMapping: true, anchor: text(start.anchor), tag: text(start.tag))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
    default: return .streamEnd
    }
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private static func mark(_ mark: yaml_mark_t) -> Mark {
    Mark(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }

  private func fault() -> DocumentFault {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "it cannot be parsed"
    switch state.error {
    case YAML_MEMORY_ERROR:
      return DocumentFault("not enough memory to read this", at: nil)
    case YAML_READER_ERROR:
      // The reader knows only an offset in bytes.
      let mark = markOfOffset(Int(clamping: state.problem_offset))
      let value = state.problem_value >= 0 ? "U+" + String(state.problem_value, radix: 16, uppercase: true) : nil
      return DocumentFault("not valid YAML: \(problem)", at: mark, value: value)
    // libyaml looks ahead of the events and has a limit of its own.
    case _ where problem.hasPrefix("Maximum nesting level"):
      return DocumentBuilder.tooDeep(at: Self.mark(state.problem_mark))
    default:
      let context = state.context.map { " \(String(cString: $0))" } ?? ""
      let mark = Self.mark(state.problem_mark)
      return DocumentFault("not valid YAML: \(problem)\(context)", at: mark, suggestion: suggestion(problem, mark))
    }
  }

  private func markOfOffset(_ offset: Int) -> Mark {
    let before = bytes.prefix(max(0, offset))
    let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
    let column = before[lineStart...].lazy.filter { $0 & 0xC0 != 0x80 }.count
    return Mark(line: before.lazy.filter { $0 == 10 }.count + 1, column: column + 1)
  }

  private func suggestion(_ problem: String, _ mark: Mark) -> String? {
    if problem.hasPrefix("mapping values are not allowed") { return "quote a text that contains ': '" }
    if problem.hasPrefix("found character that cannot start any token"), isTab(at: mark) {
      return "indent with spaces, not with tabs"
    }
    return nil
  }

  private func isTab(at mark: Mark) -> Bool {
    var line = 1
    var start = 0
    while line < mark.line, start < bytes.count {
      if bytes[start] == 10 { line += 1 }
      start += 1
    }
    // Before the fault there is only white space, if it is a fault of indentation.
    let end = start + mark.column - 1
    return end < bytes.count && bytes[end] == 9
  }
}
