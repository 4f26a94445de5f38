import Arch
import Baselines
import Dataflow
import Files
import Systems

/// Reads the files of `papers/`.
public enum StudyFile {
  static let knownKeys = [
    "paper", "title", "source", "design", "models", "workload", "baselines", "settings", "sweeps", "powers",
    "assumptions", "claims",
  ]
  /// The largest file that is looked at, and the most claims, models, settings, sweeps and points of one study.
  static let maximumBytes = 1 << 20
  static let maximumItems = 256

  /// The study in a file whose name gives the study its own; every fault goes to `d`.
  ///
  /// Files that it names are not read; see `ResolvedStudy`.
  public static func read(path: String, displayName: String, into d: inout Diagnostics) -> PaperStudy? {
    guard
      let document = DocumentReader.read(
        path: path, displayName: displayName, maximumBytes: maximumBytes, into: &d)
    else { return nil }
    return read(document, into: &d)
  }

  /// The study that a document holds.
  public static func read(_ document: Document, into d: inout Diagnostics) -> PaperStudy? {
    guard let fields = Fields(document, of: "the study", &d) else { return nil }
    var reading = StudyReading(fields: fields)
    return reading.study(&d)
  }
}

/// A study being read, section by section.
struct StudyReading {
  var fields: Fields
  var models: [String] = []
  var sweeps: [StudySweep] = []
  /// Every sweep that is written, readable or not, so that one fault does not make others.
  var sweepNames: [String] = []
  var baselines: [StudyBaseline] = []
  var places = PaperStudy.Places()

  var file: String { fields.file }

  init(fields: Fields) { self.fields = fields }

  mutating func study(_ d: inout Diagnostics) -> PaperStudy? {
    let before = d.errorCount
    let name = fields.requiredText("paper", &d)
    let title = fields.requiredText("title", &d)
    let source = fields.requiredNode("source", &d).flatMap {
      Source.read($0, "'source' of the study", file: fields.file, &d)
    }
    let design = fields.requiredText("design", &d)
    places.design = fields.place("design")
    readModels(&d)
    let workload = readWorkload(&d)
    readBaselines(&d)
    let settings = readSettings(&d)
    readSweeps(workload, &d)
    let powers = items("powers", &d).compactMap { power($0, &d) }
    let assumptions = items("assumptions", &d).compactMap { assumption($0, &d) }
    let claims = readClaims(&d)
    fields.finish(&d, knownKeys: StudyFile.knownKeys)
    guard d.errorCount == before, let name, let title, let source, let design, let workload else { return nil }
    return PaperStudy(
      name: name, title: title, source: source, design: design, models: models, workload: workload,
      settings: settings, sweeps: sweeps, baselines: baselines, powers: powers, claims: claims,
      assumptions: assumptions, places: places)
  }

  private mutating func readModels(_ d: inout Diagnostics) {
    guard let nodes = fields.requiredList("models", &d) else { return }
    if nodes.isEmpty || nodes.count > StudyFile.maximumItems {
      d.error(
        "a study has models", at: fields.place("models"), value: "\(nodes.count)",
        expected: "1 to \(StudyFile.maximumItems)")
      return
    }
    for node in nodes {
      guard let name = Scalars.text(of: node, "a model", file: file, &d) else { continue }
      if models.contains(name) {
        d.error("a model is named twice", at: Place(file: file, mark: node.mark), value: name)
        continue
      }
      models.append(name)
      places.models.append(Place(file: file, mark: node.mark))
    }
  }

  private mutating func readWorkload(_ d: inout Diagnostics) -> Workload? {
    fields.requiredFields("workload", of: "the workload", &d).flatMap { workload($0, &d) }
  }

  private func workload(_ fields: Fields, _ d: inout Diagnostics) -> Workload? {
    var section = fields
    let range = 0...Workload.limit
    let prompt = section.requiredInteger("prompt", in: range, &d)
    let generate = section.requiredInteger("generate", in: 1...Workload.limit, &d)
    let past = section.contains("past") ? section.integer("past", in: range, &d) : 0
    section.finish(&d, knownKeys: ["prompt", "generate", "past"])
    guard let prompt, let generate, let past else { return nil }
    return Workload(prompt: prompt, generate: generate, past: past)
  }

  private mutating func readBaselines(_ d: inout Diagnostics) {
    for node in items("baselines", &d) {
      guard var section = Fields(node, of: "a baseline", in: file, &d) else { continue }
      let name = section.requiredText("baseline", &d)
      let format = section.requiredChoice("format", of: OperandFormat.allCases.map(\.rawValue), &d)
      section.finish(&d, knownKeys: ["baseline", "format"])
      guard let name, let format = format.flatMap(OperandFormat.init) else { continue }
      if baselines.contains(where: { $0.name == name }) {
        d.error("a baseline is named twice", at: section.place("baseline"), value: name)
      }
      baselines.append(StudyBaseline(name: name, format: format))
      places.baselines.append(section.place("baseline"))
    }
  }

  /// The items of an optional list.
  mutating func items(_ key: String, _ d: inout Diagnostics) -> [DocumentNode] {
    let nodes = fields.list(key, &d) ?? []
    guard nodes.count <= StudyFile.maximumItems else {
      d.error(
        "'\(key)' of the study has too many items", at: fields.place(key), value: "\(nodes.count)",
        expected: "at most \(StudyFile.maximumItems)")
      return []
    }
    return nodes
  }

  // MARK: Settings and sweeps

  private mutating func readSettings(_ d: inout Diagnostics) -> [StudySetting] {
    var settings = [StudySetting(name: "shipped", title: "the design as shipped", variant: DesignVariant())]
    for node in items("settings", &d) {
      guard var section = Fields(node, of: "a setting", in: file, &d) else { continue }
      let name = section.requiredText("setting", &d)
      let title = section.requiredText("title", &d)
      let variant = variant("set", of: &section, by: "the setting '\(name ?? "")'", isRequired: true, &d)
      section.finish(&d, knownKeys: ["setting", "title", "set"])
      guard let name, let title else { continue }
      if settings.contains(where: { $0.name == name }) {
        d.error("two settings have one name", at: section.place("setting"), value: name)
      }
      settings.append(StudySetting(name: name, title: title, variant: variant))
    }
    return settings
  }

  /// Values by dotted path, under `key`.
  private mutating func variant(
    _ key: String, of section: inout Fields, by origin: String, isRequired: Bool = false, _ d: inout Diagnostics
  ) -> DesignVariant { DesignVariant(values(key, of: &section, by: origin, isRequired: isRequired, &d)) }

  private mutating func values(
    _ key: String, of section: inout Fields, by origin: String, isRequired: Bool = false, _ d: inout Diagnostics
  ) -> [Replacement] {
    let found =
      isRequired
      ? section.requiredFields(key, of: "the values of \(origin)", &d)
      : section.fields(key, of: "the values of \(origin)", &d)
    guard var values = found else { return [] }
    return values.keys.compactMap { path in
      values.text(path, &d).map { Replacement(path: path, value: $0, origin: origin, place: values.place(path)) }
    }
  }

  private mutating func readSweeps(_ workload: Workload?, _ d: inout Diagnostics) {
    let nodes = items("sweeps", &d)
    sweepNames = nodes.compactMap { node in node.entries?.first { $0.key == "sweep" }?.value.scalar?.text }
    for node in nodes {
      guard var section = Fields(node, of: "a sweep", in: file, &d) else { continue }
      let name = section.requiredText("sweep", &d)
      section = Fields(node, of: "sweep '\(name ?? "")'", in: file, &d) ?? section
      section.ignore(["sweep"])
      let title = section.requiredText("title", &d)
      let axis = section.requiredText("axis", &d)
      let own = modelNames("models", of: &section, &d)
      let pointNodes = section.requiredList("points", &d)
      let usual =
        section.contains("workload")
        ? section.requiredFields("workload", of: "the sweep's workload", &d).flatMap { self.workload($0, &d) }
        : workload
      let points = (pointNodes ?? []).prefix(StudyFile.maximumItems)
        .compactMap { point($0, name ?? "", usual ?? Workload(prompt: 0, generate: 1), &d) }
      let reference = section.requiredQuantity("reference", .number, in: .positive, &d)
      section.finish(&d, knownKeys: ["sweep", "title", "axis", "models", "workload", "points", "reference"])
      guard let name, let title, let axis, let usual, let pointNodes, let reference else { continue }
      if sweeps.contains(where: { $0.name == name }) {
        d.error("two sweeps have one name", at: section.place("sweep"), value: name)
      }
      guard points.count == pointNodes.count else { continue }
      guard points.count >= 2, zip(points, points.dropFirst()).allSatisfy({ $0.at < $1.at }) else {
        d.error(
          "the points of sweep '\(name)' do not ascend", at: section.place("points"),
          value: points.map(\.label).joined(separator: ", "), expected: "at least two, from the lowest to the highest")
        continue
      }
      guard let index = points.firstIndex(where: { $0.at == reference.value.double }) else {
        d.error(
          "the reference of sweep '\(name)' is none of its points", at: section.place("reference"),
          value: reference.text, expected: "one of \(points.map(\.label).joined(separator: ", "))")
        continue
      }
      sweeps.append(
        StudySweep(
          name: name, title: title, axis: axis, workload: usual, points: points, reference: index,
          models: own.isEmpty ? models : own))
    }
  }

  private mutating func point(
    _ node: DocumentNode, _ sweep: String, _ usual: Workload, _ d: inout Diagnostics
  ) -> StudySweep.Point? {
    guard var section = Fields(node, of: "a point of sweep '\(sweep)'", in: file, &d) else { return nil }
    let at = section.requiredQuantity("at", .number, in: .positive, &d)
    let origin = "the sweep '\(sweep)' at \(at?.text ?? "?")"
    let variant = variant("set", of: &section, by: origin, &d)
    let modelValues = values("set-model", of: &section, by: origin, &d)
    var workload = usual
    if let generate = section.integer("generate", in: 1...Workload.limit, &d) { workload.generate = generate }
    if let past = section.integer("past", in: 0...Workload.limit, &d) { workload.past = past }
    section.finish(&d, knownKeys: ["at", "set", "set-model", "generate", "past"])
    guard let at else { return nil }
    return StudySweep.Point(
      at: at.value.double, label: at.text, variant: variant, modelValues: modelValues, workload: workload)
  }

  /// Some of the study's models, in its order; empty when the key is absent.
  mutating func modelNames(_ key: String, of section: inout Fields, _ d: inout Diagnostics) -> [String] {
    guard let nodes = section.list(key, &d) else { return [] }
    if nodes.isEmpty { d.error("no model is named", at: section.place(key), expected: "leave the key out for all") }
    let chosen = nodes.compactMap { Scalars.choice(of: $0, among: models, "a model", file: file, &d) }
    return models.filter(chosen.contains)
  }

  // MARK: Powers and assumptions

  private mutating func power(_ node: DocumentNode, _ d: inout Diagnostics) -> PublishedPower? {
    guard var section = Fields(node, of: "a power", in: file, &d) else { return nil }
    let name = section.requiredText("power", &d)
    let value = section.requiredQuantity("value", .power, in: .positiveUpTo(Rational(1_000_000)), &d)
    let count = section.contains("count") ? section.integer("count", in: 1...(1 << 20), &d) : 1
    let unit = section.requiredText("unit", &d)
    let events = section.texts("events", &d) ?? []
    let source = section.requiredNode("source", &d).flatMap {
      Source.read($0, "'source' of a power", file: file, &d)
    }
    section.finish(&d, knownKeys: ["power", "value", "count", "unit", "events", "source"])
    guard let name, let value, let count, let unit, let source else { return nil }
    return PublishedPower(
      name: name, watts: value.value.double, count: count, unit: unit, events: events, source: source)
  }

  private mutating func assumption(
    _ node: DocumentNode, _ d: inout Diagnostics
  ) -> (parameter: String, why: String)? {
    guard var section = Fields(node, of: "an assumption", in: file, &d) else { return nil }
    let parameter = section.requiredText("parameter", &d)
    let why = section.requiredText("why", &d)
    section.finish(&d, knownKeys: ["parameter", "why"])
    guard let parameter, let why else { return nil }
    places.assumptions.append(section.place("parameter"))
    return (parameter, why)
  }
}
