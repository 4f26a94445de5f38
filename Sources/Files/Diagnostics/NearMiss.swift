/// The known word that `word` is most likely a slip of, if any resembles it.
///
/// Letter case is ignored and two neighbouring letters swapped count as one slip. Short words tolerate one slip, words
/// from six letters two, from twelve letters three; words of up to two letters must agree but for case. Ties go to the
/// word that stands first in `known`. Words beyond 64 letters resemble nothing.
public func nearMiss(of word: String, among known: [String]) -> String? {
  guard let letters = lowercased(word) else { return nil }
  let allowed = letters.count <= 2 ? 0 : letters.count < 6 ? 1 : letters.count < 12 ? 2 : 3
  var best: (word: String, distance: Int)?
  for candidate in known where candidate != word {
    guard let other = lowercased(candidate), abs(other.count - letters.count) <= allowed else { continue }
    let distance = editDistance(letters, other)
    if distance <= allowed, distance < best?.distance ?? Int.max { best = (candidate, distance) }
  }
  return best?.word
}

private func lowercased(_ word: String) -> [Unicode.Scalar]? {
  guard !word.isEmpty, word.utf8.count <= 64 else { return nil }
  return Array(word.lowercased().unicodeScalars)
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in a.indices {
    var current = [Int](repeating: i + 1, count: b.count + 1)
    for j in b.indices {
      var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
      current[j + 1] = cost
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.count]
}

/// "did you mean 'X'?" for the known word that `word` resembles, or nil.
func meant(_ word: String, among known: [String]) -> String? {
  nearMiss(of: word, among: known).map { "did you mean '\($0)'?" }
}
