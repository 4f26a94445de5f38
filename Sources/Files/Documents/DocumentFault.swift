/// Why a text is not a document: the first fault ends its reading.
struct DocumentFault: Error {
  var message: String
  var mark: Mark?
  var value: String?
  var expected: String?
  var suggestion: String?

  init(
    _ message: String, at mark: Mark?, value: String? = nil, expected: String? = nil, suggestion: String? = nil
  ) {
    self.message = message
    self.mark = mark
    self.value = value
    self.expected = expected
    self.suggestion = suggestion
  }

  func report(file: String, to d: inout Diagnostics) {
    d.error(
      message, at: Place(file: file, mark: mark), value: value, expected: expected, suggestion: suggestion)
  }
}
