import Report

/// The figures of a reproduction: bars for every claim against a baseline, lines for every sweep.
enum ReproductionFigures {
  /// Name of the file without ending, title, and SVG.
  typealias Figure = (name: String, title: String, svg: String)

  static func bars(_ results: StudyResults, _ claims: [ClaimResult]) -> [Figure] {
    var figures: [Figure] = []
    for with in claims where with.withOverhead == true {
      guard let ends = with.claim.published.ends, let word = word(with.claim.measure.kind),
        let without = claims.first(where: { $0.claim.id == with.claim.id && $0.withOverhead == false }),
        let baseline = with.claim.measure.baseline
      else { continue }
      let name = "\(word.file)-\(RunStudy.baseName(baseline))"
      // Several claims may be about the same bars; the first has the figure.
      guard !figures.contains(where: { $0.name == name }) else { continue }
      func values(_ result: ClaimResult) -> [Double?] {
        results.study.models.map { model in result.shipped.measured.values.first { $0.model == model }?.value }
      }
      let title = "\(results.study.name): \(word.title) \(baseline)"
      let figure = BarFigure(
        title: title, axisTitle: word.axis, groups: results.study.models,
        series: [
          .init(name: "with framework overhead", values: values(with)),
          .init(name: "without", values: values(without)),
        ], band: (ends.low, ends.high, "published, \(with.claim.id): \(with.claim.published.text(with.claim.unit))"))
      figures.append((name, title, figure.svg))
    }
    return figures
  }

  private static func word(_ kind: StudyMeasure.Kind) -> (file: String, title: String, axis: String)? {
    switch kind {
    case .speedup: ("speedup", "speed-up over", "times as fast")
    case .energyRatio: ("energy", "energy ratio to", "times less energy")
    default: nil
    }
  }

  static func lines(_ results: StudyResults) -> [Figure] {
    results.study.sweeps.enumerated().map { index, sweep in
      let curves = sweep.points.indices.map { results.secondsPerToken(sweep: index, point: $0) }
      let series = sweep.models.enumerated().map { model, name in
        LineFigure.Series(
          name: name,
          points: sweep.points.indices.map { (sweep.points[$0].at, curves[sweep.reference][model] / curves[$0][model]) }
        )
      }
      let reference = sweep.points[sweep.reference]
      let title = "\(results.study.name): \(sweep.title)"
      let figure = LineFigure(
        title: title, xTitle: sweep.axis, yTitle: "speed, \(reference.label) = 1",
        marks: sweep.points.map { ($0.at, $0.label) }, series: series)
      return ("sweep-\(sweep.name)", title, figure.svg)
    }
  }
}
