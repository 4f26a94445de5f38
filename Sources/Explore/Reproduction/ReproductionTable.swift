import Report

/// A reproduction as a person reads it on a terminal.
enum ReproductionTable {
  static func text(_ results: StudyResults, _ claims: [ClaimResult]) -> String {
    let study = results.study
    var out = "\(study.title)\n\(study.source.text)\n"
    for note in results.runs.notes { out += note + "\n" }
    out += "\n"
    let others = study.settings.dropFirst()
    var table = TextTable(
      [
        ("claim", .left), ("what", .left), ("published", .right), ("simulated", .right), ("ratio", .right),
        ("verdict", .left),
      ]
        + others.flatMap { [($0.name, TextTable.Alignment.right), ("verdict", .left)] })
    for result in claims {
      let claim = result.claim
      table.add(
        [
          claim.id, short(result), claim.published.text(claim.unit), result.shipped.text(claim.unit),
          result.shipped.ratioText, result.shipped.verdict.rawValue,
        ]
          + result.outcomes.dropFirst().flatMap {
            [$0.text(claim.unit), $0.judgement == nil ? "" : $0.verdict.rawValue]
          })
    }
    out += table.text() + "\nWhy\n"
    for result in claims {
      let basis = result.basis.map { ", \($0)" } ?? ""
      out += "  \(result.claim.id)\(basis): \(result.reason.isEmpty ? "–" : result.reason)\n"
    }
    return out
  }

  private static func short(_ result: ClaimResult) -> String {
    let mark = result.claim.status == .unverified ? " (unverified)" : ""
    return result.claim.text + mark + (result.basis.map { ", \($0)" } ?? "")
  }
}
