import Arch
import Dataflow
import Files
import Foundation
import Report
import Systems

/// One run: a model on a design.
public struct RunStudy: Sendable {
  /// What is run.
  public enum Source: Sendable {
    /// A model, by shipped name or path, which is compiled for the workload.
    case model(String, Workload)
    /// A program that was compiled before.
    case program(path: String)
  }

  /// What is asked of a model.
  public typealias Work = Workload

  /// What is not as the design's files say.
  public typealias Variant = DesignVariant

  /// The variant that texts `PATH=VALUE` behind the option `option` stand for.
  public static func variant(_ texts: [String], option: String) throws(Refusal) -> Variant {
    var d = Diagnostics()
    let replacements = texts.compactMap { Replacement.read($0, option: option, into: &d) }
    try d.throwIfErrors()
    return Variant(replacements)
  }

  /// A shipped name or a path; a program's own design when nil.
  public var design: String?
  public var source: Source
  /// Values that replace those of the design's files.
  public var variant = DesignVariant()
  public var options = RunOptions()
  /// Files to write; the ending decides the form.
  public var outputs: [String] = []
  /// A file for the command trace of the memory, in the form that a trace check reads.
  public var commandTrace: String?
  /// The numbers to compute with; nothing is computed without them.
  public var values: RunValues?
  /// What the run is compared with.
  public var baselines = BaselineChoice()

  /// The forms that a report can be written in, by the ending of the file.
  public static let endings = [".json", ".csv"]

  /// Commands per channel that a trace holds.
  public static let commandTraceLimit = 500_000

  public init(design: String, model: String, workload: Workload) {
    self.design = design
    source = .model(model, workload)
  }

  public init(program path: String, design: String? = nil) {
    self.design = design
    source = .program(path: path)
  }

  /// Simulates, audits and writes the reports.
  ///
  /// - Throws: when anything about the inputs is wrong; then no file is written.
  public func run() throws(Refusal) -> CommandOutput {
    try checkOutputs()
    var d = Diagnostics()
    let prepared = try prepare(&d)
    let estimates = try baselines.estimates(prepared)
    let priced = try price(prepared, beside: estimates)
    let json = RunReportJSON.document(priced, baselines: BaselineReport.json(estimates, priced))
    // All texts are made before the first is written: a refusal leaves no part behind.
    var files: [(path: String, text: String)] = []
    if let commandTrace { files.append((commandTrace, try Self.trace(of: priced))) }
    for path in outputs {
      files.append((path, path.hasSuffix(".csv") ? RunReportCSV.text(priced) : json.description))
    }
    if let path = values?.output { try TensorFile.write(try RunValues.tensors(priced.record), to: path) }
    for file in files { try AtomicFile.write(file.text, to: file.path) }
    let text = RunReportTable.text(priced) + BaselineReport.text(estimates, priced)
    return CommandOutput(text: text, json: json, messages: d.warnings)
  }

  private static func trace(of run: PricedRun) throws(Refusal) -> String {
    let memories = zip(run.record.units, run.record.activity.units).compactMap { unit, activity in
      activity.memory.map { (unit: unit.name, memory: $0) }
    }
    guard memories.count == 1 else {
      throw Refusal(
        "a command trace is of one memory", at: Place(file: run.record.design), value: "\(memories.count) memories",
        expected: "a design with one")
    }
    return try CommandTraceCSV.text(memories[0].memory, unit: memories[0].unit)
  }

  /// Simulates and audits.
  public func price(_ d: inout Diagnostics) throws(Refusal) -> PricedRun { try price(try prepare(&d)) }

  func price(_ prepared: Prepared, beside estimates: [NamedEstimate] = []) throws(Refusal) -> PricedRun {
    var options = options
    if commandTrace != nil { options.commandLogLimit = Self.commandTraceLimit }
    options.values = prepared.values?.input ?? options.values
    var record = try simulate(prepared.program, on: prepared.design, options: options)
    if let found = prepared.values {
      record.values = found.provenance
      if let file = values?.file { record.inputs.append((Self.baseName(file), try SHA256.hex(ofFile: file))) }
    }
    record.inputs += estimates.flatMap(\.estimate.baseline.inputs)
    let priced = PricedRun(record)
    try RunAudit.check(priced)
    return priced
  }

  /// What a run with numbers computes with, and the tokens of each sequence.
  public func numbers() throws(Refusal) -> (input: ValueInput, tokens: [[Int64]]) {
    var d = Diagnostics()
    let prepared = try prepare(&d)
    guard let values = prepared.values else { throw Refusal("no numbers are asked for", at: Place(file: "run")) }
    return (values.input, prepared.program.origin.workload.tokens)
  }

  /// A program, the design that it is for, and the numbers to compute with.
  struct Prepared {
    var program: Program
    var design: Design
    var values: RunValues.Found?
    /// The model; nil for a saved program, which does without.
    var graph: OperatorGraph?
  }

  func prepare(_ d: inout Diagnostics) throws(Refusal) -> Prepared {
    switch source {
    case .model(let model, let workload): return try compile(model, workload, design ?? "", &d)
    case .program(let path):
      if values != nil {
        throw Refusal(
          "a saved program has no numbers of its model with it", at: Place(file: path),
          suggestion: "run the model with --values")
      }
      return try Self.read(program: path, design, &d)
    }
  }

  private func compile(
    _ model: String, _ asked: Workload, _ design: String, _ d: inout Diagnostics
  ) throws(Refusal) -> Prepared {
    let data = try DataDirectory.locate()
    let found = try Self.locate(design: design, in: data)
    let chosen = DesignFile.read(
      path: found, displayName: Self.shown(found, data), data: data, variant: variant, into: &d)
    let modelPath = try DataDirectory.find(kind: .models, name: model, in: data)
    let loaded = ModelFile.load(
      path: modelPath, displayName: Self.shown(modelPath, data), name: Self.modelName(modelPath),
      dimensions: ONNXDimensions(prompt: max(asked.prompt, 1), past: asked.past, batch: asked.batch), into: &d)
    try d.throwIfErrors()
    guard let chosen, let loaded else { throw Refusal("nothing to run", at: Place(file: design)) }
    var workload = asked
    chosen.checkRules(forImagesOf: loaded.graph, into: &d)
    workload.check(against: loaded.graph, into: &d)
    try d.throwIfErrors()
    let numbers = try values?.find(for: loaded, workload, &d)
    workload.tokens = numbers?.tokens ?? []
    var program = try Systems.compile(loaded.graph, for: chosen, workload: workload)
    // As the user named it, so that it is found again.
    program.origin.design = design
    program.origin.designValues = variant.replacements.map { Program.DesignValue(path: $0.path, value: $0.value) }
    program.origin.modelInputs = [
      Program.InputFile(name: Self.baseName(modelPath), sha256: try SHA256.hex(ofFile: modelPath))
    ]
    return Prepared(program: program, design: chosen, values: numbers, graph: loaded.graph)
  }

  private static func read(
    program path: String, _ design: String?, _ d: inout Diagnostics
  ) throws(Refusal) -> Prepared {
    let (program, units) = try ProgramStudy.read(path, &d)
    let data = try DataDirectory.locate()
    let found = try locate(design: design ?? program.origin.design, in: data)
    let variant = DesignVariant(
      program.origin.designValues.map {
        Replacement(path: $0.path, value: $0.value, origin: "--set", place: Place(file: path, detail: $0.path))
      })
    let chosen = DesignFile.read(
      path: found, displayName: shown(found, data), data: data, variant: variant, into: &d)
    try d.throwIfErrors()
    guard let chosen else { throw Refusal("nothing to run", at: Place(file: path)) }
    try chosen.check(program, for: units, file: path)
    return Prepared(program: program, design: chosen)
  }

  static func locate(design: String, in data: String) throws(Refusal) -> String {
    try DataDirectory.find(kind: .designs, name: design, in: data)
  }

  /// Shipped files are named from the data folder on, others as the user did.
  static func shown(_ path: String, _ data: String) -> String {
    path.hasPrefix(data + "/") ? String(path.dropFirst(data.count + 1)) : path
  }

  static func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// `gpt2` for `gpt2.config.json`, and for `gpt2/config.json`.
  static func modelName(_ path: String) -> String {
    let parts = path.split(separator: "/").map(String.init)
    guard let file = parts.last else { return path }
    if file == "config.json" { return parts.count > 1 ? parts[parts.count - 2] : "model" }
    for ending in [".config.json", ".json", ".yaml", ".onnx"] where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }

  /// Before the run: nobody wants to lose a long one to a misspelt folder.
  func checkOutputs() throws(Refusal) {
    var d = Diagnostics()
    for path in outputs {
      if !Self.endings.contains(where: path.hasSuffix) {
        d.error(
          "the report has no form for this ending", at: Place(file: path), value: Self.baseName(path),
          expected: "a file ending in \(Self.endings.joined(separator: " or "))")
      }
    }
    if let path = values?.output, ![".npz", ".safetensors"].contains(where: path.hasSuffix) {
      d.error(
        "the results have no form for this ending", at: Place(file: path), value: Self.baseName(path),
        expected: "a file ending in .npz or .safetensors")
    }
    OutputPaths.check(
      outputs + [commandTrace, values?.output].compactMap(\.self), of: "the report", beside: inputs,
      called: "an input of the run", others: "another output of the run", &d)
    try d.throwIfErrors()
  }

  /// What the user names as inputs, paths among them.
  private var inputs: [String] {
    switch source {
    case .model(let model, _): [design, model, values?.file].compactMap(\.self) + baselines.names
    case .program(let path): [design, path].compactMap(\.self)
    }
  }
}
