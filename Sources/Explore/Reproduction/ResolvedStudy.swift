import Baselines
import Dataflow
import Files
import Systems

/// A study with all that it names: designs read with every set of values, models, baselines.
struct ResolvedStudy {
  let study: PaperStudy
  /// By setting.
  let designs: [Design]
  /// By model.
  let graphs: [OperatorGraph]
  /// By baseline.
  let baselines: [Baseline]
  /// By sweep, point and model of the sweep.
  let points: [[Point]]
  /// Files that were read, by base name, with their SHA-256: the study, its models.
  let inputs: [(name: String, sha256: String)]

  struct Point {
    let design: Design
    let graphs: [OperatorGraph]
  }

  /// Reads what the study names; nil after recording every fault.
  init?(_ study: PaperStudy, path: String, data: String, into d: inout Diagnostics) {
    var files = Files(data: data)
    let before = d.errorCount
    self.study = study
    files.note(path)
    let designs = study.settings.compactMap { files.design(study, $0.variant, &d) }
    self.designs = designs
    // A fault of the design as shipped would be told again for every variant.
    guard d.errorCount == before else { return nil }
    graphs = zip(study.models, study.places.models).compactMap { files.graph($0, at: $1, [], &d) }
    guard d.errorCount == before, designs.count == study.settings.count else { return nil }
    points = study.sweeps.map { sweep in
      sweep.points.compactMap { point in
        let design = point.variant.replacements.isEmpty ? nil : files.design(study, point.variant, &d)
        let graphs = sweep.models.compactMap { name in
          files.graph(name, at: study.places.design, point.modelValues, &d)
        }
        guard graphs.count == sweep.models.count else { return nil }
        return Point(design: design ?? files.shipped ?? designs[0], graphs: graphs)
      }
    }
    baselines = zip(study.baselines, study.places.baselines).compactMap { files.baseline($0, at: $1, &d) }
    inputs = files.inputs
    checkNames(&d)
    guard d.errorCount == before else { return nil }
  }

  /// Names of units, kinds, events and assumptions must be those of the design.
  private func checkNames(_ d: inout Diagnostics) {
    let design = designs[0]
    func check(_ name: String, among known: [String], _ what: String, at place: Place) {
      guard !known.contains(name) else { return }
      func last(_ name: String) -> Substring? { name.split { $0 == " " || $0 == "." }.last }
      let near = nearMiss(of: name, among: known) ?? known.first { last($0) == last(name) }
      d.error(
        what, at: place, value: name, expected: near == nil ? "one of \(known.joined(separator: ", "))" : nil,
        suggestion: near.map { "did you mean '\($0)'?" })
    }
    func check(unit name: String, events: [String], of who: String) {
      let place = study.places.design
      check(name, among: design.units.map(\.name), "\(who) names a unit that the design does not have", at: place)
      guard let unit = design.units.first(where: { $0.name == name }) else { return }
      for event in events {
        check(event, among: unit.events, "\(who) names an event that unit '\(name)' does not have", at: place)
      }
    }
    for claim in study.claims {
      switch claim.measure.kind {
      case .unitPower(let unit): check(unit: unit, events: [], of: "claim '\(claim.id)'")
      case .eventPower(let unit, let event, _): check(unit: unit, events: [event], of: "claim '\(claim.id)'")
      case .latencyShare(let kind):
        check(
          kind, among: design.units.map(\.kind), "claim '\(claim.id)' names a kind of which the design has no unit",
          at: study.places.design)
      default: break
      }
    }
    for power in study.powers { check(unit: power.unit, events: power.events, of: "the power '\(power.name)'") }
    let known = design.assumptions.map(\.parameter)
    for (assumption, place) in zip(study.assumptions, study.places.assumptions) {
      check(assumption.parameter, among: known, "the design has no such assumption", at: place)
    }
  }
}

/// Reads each file of a study once.
private struct Files {
  let data: String
  private(set) var inputs: [(name: String, sha256: String)] = []
  private var graphs: [(key: String, graph: OperatorGraph)] = []
  private(set) var shipped: Design?

  init(data: String) { self.data = data }

  mutating func note(_ path: String) {
    // A study and its design may have one base name.
    let name = path.hasPrefix(data + "/") ? RunStudy.shown(path, data) : RunStudy.baseName(path)
    guard !inputs.contains(where: { $0.name == name }), let digest = try? SHA256.hex(ofFile: path) else { return }
    inputs.append((name, digest))
  }

  /// The file of `name`; a fault is told where the study names it.
  private func find(
    _ kind: DataDirectory.Kind, _ name: String, at place: Place, _ d: inout Diagnostics
  ) -> String? {
    do throws(Refusal) {
      return try DataDirectory.find(kind: kind, name: name, in: data)
    } catch {
      for fault in error.diagnostics {
        d.error(fault.message, at: place, value: name, expected: fault.expected, suggestion: fault.suggestion)
      }
      return nil
    }
  }

  mutating func design(_ study: PaperStudy, _ variant: DesignVariant, _ d: inout Diagnostics) -> Design? {
    guard let path = find(.designs, study.design, at: study.places.design, &d) else { return nil }
    let design = DesignFile.read(
      path: path, displayName: RunStudy.shown(path, data), data: data, variant: variant, into: &d)
    if variant.replacements.isEmpty { shipped = design }
    note(path)
    for input in design?.inputs ?? [] where !inputs.contains(where: { $0.sha256 == input.sha256 }) {
      inputs.append(input)
    }
    return design
  }

  mutating func baseline(_ named: StudyBaseline, at place: Place, _ d: inout Diagnostics) -> Baseline? {
    guard let path = find(.baselines, named.name, at: place, &d) else { return nil }
    note(path)
    guard let found = BaselineFile.read(path: path, displayName: RunStudy.shown(path, data), into: &d) else {
      return nil
    }
    if found.format(for: named.format) == nil {
      d.error(
        "the baseline '\(named.name)' does not compute in this format", at: place, value: named.format.rawValue,
        expected: "one of \(found.formats.map(\.rawValue).joined(separator: ", "))")
    }
    return found
  }

  mutating func graph(
    _ name: String, at place: Place, _ values: [Replacement], _ d: inout Diagnostics
  ) -> OperatorGraph? {
    let key = name + values.map { "\n\($0.path)=\($0.value)" }.joined()
    if let known = graphs.first(where: { $0.key == key }) { return known.graph }
    guard let path = find(.models, name, at: place, &d) else { return nil }
    note(path)
    guard let graph = read(path, values, &d) else { return nil }
    graphs.append((key, graph))
    return graph
  }

  private func read(_ path: String, _ values: [Replacement], _ d: inout Diagnostics) -> OperatorGraph? {
    let shown = RunStudy.shown(path, data)
    let name = RunStudy.modelName(path)
    guard !path.lowercased().hasSuffix(".onnx") else {
      for value in values { d.error("values of an ONNX file cannot be replaced", at: value.place, value: value.path) }
      return ModelFile.read(path: path, displayName: shown, name: name, into: &d)
    }
    guard let stated = DocumentReader.read(path: path, displayName: shown, into: &d) else { return nil }
    var own = Diagnostics()
    let (document, replaced) = stated.replacing(values, into: &own)
    let graph = own.hasErrors ? nil : ModelFile.read(document, name: name, into: &own)
    d.add(own) { place in replaced.first { $0.place == place }?.replacement.place ?? place }
    return graph
  }
}
