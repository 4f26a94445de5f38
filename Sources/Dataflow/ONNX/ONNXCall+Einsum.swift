/// Einstein summation.
extension ONNXCall {
  mutating func einsum() -> ONNXTensor {
    let element = required(0).element
    let equation = (text("equation") ?? "").filter { $0 != " " }
    let sides = equation.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    guard terms.count == inputs.count else {
      fault("Einsum's equation has the wrong number of terms", value: equation, expected: "\(inputs.count) terms")
      return ONNXTensor(element, nil)
    }
    // Axes that "..." stands for are numbered from the last.
    var extents: [Axis: Int64?] = [:]
    var uses: [Axis: Int] = [:]
    var dots = 0
    for (index, term) in terms.enumerated() {
      guard let shape = required(index).shape else { return ONNXTensor(element, nil) }
      let letters = term.count { $0 != "." }
      let free = shape.count - letters
      guard term.contains(".") ? free >= 0 : free == 0, let axes = Self.axes(of: term, dots: free) else {
        fault(
          "Einsum's term does not fit", input: index, value: ONNXTensor.text(shape), expected: "axes \(String(term))")
        return ONNXTensor(element, nil)
      }
      dots = max(dots, term.contains(".") ? free : 0)
      for (axis, extent) in zip(axes, shape) {
        if let known = extents[axis] ?? nil, let extent, known != extent, known != 1, extent != 1 {
          fault("Einsum's axis \(axis) has two extents", input: index, value: "\(known) and \(extent)")
          return ONNXTensor(element, nil)
        }
        if extents[axis] == nil || (extents[axis] ?? nil) == 1 { extents[axis] = .some(extent) }
        uses[axis, default: 0] += 1
      }
    }
    let output: [Axis]
    if sides.count > 1 {
      guard let axes = Self.axes(of: Array(sides[1].drop { $0 == ">" }), dots: dots) else {
        fault("Einsum's result has dots that are no ellipsis", value: equation)
        return ONNXTensor(element, nil)
      }
      output = axes
    } else {
      let letters = uses.filter { $0.value == 1 && $0.key.letter != nil }.keys
      output =
        (0..<dots).reversed().map { Axis(letter: nil, fromLast: $0) }
        + letters.sorted { ($0.letter ?? " ") < ($1.letter ?? " ") }
    }
    guard output.allSatisfy({ uses[$0] != nil }) else {
      fault("Einsum's result has an axis that no term has", value: equation)
      return ONNXTensor(element, nil)
    }
    return ONNXTensor(element, output.map { extents[$0] ?? nil })
  }

  private struct Axis: Hashable, CustomStringConvertible {
    let letter: Character?
    var fromLast = 0
    var description: String { letter.map(String.init) ?? "\(-1 - fromLast) of ..." }
  }

  /// The axes that a term names; nil when its dots are no ellipsis.
  private static func axes(of term: [Character], dots: Int) -> [Axis]? {
    guard let first = term.firstIndex(of: ".") else { return term.map { Axis(letter: $0) } }
    guard first + 2 < term.count, term[first + 1] == ".", term[first + 2] == "." else { return nil }
    let (before, after) = (term[..<first], term[(first + 3)...])
    guard !after.contains(".") else { return nil }
    return before.map { Axis(letter: $0) } + (0..<dots).reversed().map { Axis(letter: nil, fromLast: $0) }
      + after.map { Axis(letter: $0) }
  }
}
