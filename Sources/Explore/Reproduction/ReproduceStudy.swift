import Dataflow
import Files
import Foundation
import Report

/// `accsim reproduce`: the claims of a paper, one by one.
public struct ReproduceStudy: Sendable {
  /// A shipped name or a path.
  public var system: String
  /// Decode steps at most; the study's when nil. Must be positive.
  public var tokens: Int64?
  /// Simulations at a time; the machine's cores when nil. Results do not depend on it.
  public var jobs: Int?
  /// A folder for the report, made when it is not there; files of other names in it stay.
  public var folder: String?
  /// Called with the number of simulations that are done and that there are, from any thread, one at a time.
  public var progress: @Sendable (Int, Int) -> Void = { _, _ in }

  public init(system: String) { self.system = system }

  /// Reads the study, carries all its runs out and compares.
  ///
  /// - Throws: when anything about the study, or what it names, is wrong, before the first run; or when a run is refused.
  public func run() throws(Refusal) -> CommandOutput {
    try checkFolder()
    let data = try DataDirectory.locate()
    let path = try DataDirectory.find(kind: .papers, name: system, in: data)
    var d = Diagnostics()
    let study = StudyFile.read(path: path, displayName: RunStudy.shown(path, data), into: &d)
    try d.throwIfErrors()
    let resolved = study.flatMap { ResolvedStudy($0, path: path, data: data, into: &d) }
    try d.throwIfErrors()
    guard let resolved else { throw Refusal("nothing to reproduce", at: Place(file: system)) }
    let results = try StudyResults(
      resolved, tokens: tokens, workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount, finished: progress)
    let claims = ClaimResult.all(results)
    let json = ReproductionJSON.document(results, claims)
    if let folder { try write(results, claims, json, to: folder) }
    return CommandOutput(text: ReproductionTable.text(results, claims), json: json, messages: d.warnings)
  }

  /// A study with all that it names, checked but not run; nil after recording every fault.
  static func check(_ path: String, _ data: String, into d: inout Diagnostics) -> PaperStudy? {
    let before = d.errorCount
    guard let study = StudyFile.read(path: path, displayName: path, into: &d), d.errorCount == before,
      ResolvedStudy(study, path: path, data: data, into: &d) != nil
    else { return nil }
    return study
  }

  private func write(
    _ results: StudyResults, _ claims: [ClaimResult], _ json: JSONValue, to folder: String
  ) throws(Refusal) {
    let figures = ReproductionFigures.bars(results, claims) + ReproductionFigures.lines(results)
    var files: [(name: String, text: String)] = [
      ("README.md", ReproductionPage.text(results, claims, figures)), ("report.json", json.description),
    ]
    files += figures.map { ($0.name + ".svg", $0.svg) }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Refusal("the folder for the report cannot be made", at: Place(file: folder))
    }
    for file in files { try AtomicFile.write(file.text, to: "\(folder)/\(file.name)") }
  }

  /// Before the runs: nobody wants to lose hours to a misspelt folder.
  private func checkFolder() throws(Refusal) {
    guard let folder else { return }
    var isFolder: ObjCBool = false
    guard !folder.isEmpty, !folder.utf8.contains(0) else {
      throw Refusal("is not a path of a folder", at: Place(file: folder))
    }
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw Refusal("is a file", at: Place(file: folder), expected: "a folder") }
      guard FileManager.default.isWritableFile(atPath: folder) else {
        throw Refusal("the folder for the report may not be written to", at: Place(file: folder))
      }
      return
    }
    var parent = URL(fileURLWithPath: folder).deletingLastPathComponent()
    while parent.path != "/", !FileManager.default.fileExists(atPath: parent.path, isDirectory: &isFolder) {
      parent.deleteLastPathComponent()
    }
    guard parent.path == "/" || isFolder.boolValue, FileManager.default.isWritableFile(atPath: parent.path) else {
      throw Refusal("the folder for the report cannot be made", at: Place(file: folder), value: parent.path)
    }
  }
}
