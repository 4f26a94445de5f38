import Foundation
import Testing

/// The command's exit codes, and which stream says what. It is found beside the test bundle.
@Suite(.serialized) struct BadInputCommandTests {
  struct Call: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let code: Int32
    /// A part of what standard error says; of standard output when the code is 0.
    let fragment: String

    init(_ arguments: String, _ code: Int32, _ fragment: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.code = code
      self.fragment = fragment
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let calls: [Call] = [
    Call("--help", 0, "USAGE"),
    Call("run --help", 0, "--design"),
    Call("list units", 0, "pim-memory"),
    Call("check FOLDER/tiny.config.json", 0, "is good"),
    Call("run --design pim-gpt --model FOLDER/tiny.config.json --prompt 0 --generate 1 --json", 0, "accsim.report/1"),
    Call("compare --design pim-gpt --baseline t4 --model FOLDER/tiny.config.json --prompt 0", 0, "Not like for like"),
    Call("list baselines", 0, "NVIDIA T4"),
    Call("pim run --device gddr6-aim --kernel gemv --out 512 --in 512 --refresh disabled --json", 0, "\"cycles\": 286"),
    Call("", 0, "USAGE"),
    Call("check FOLDER/bad.yaml", 1, "bad.yaml:1:1: error: "),
    Call("check FOLDER/bad.yaml FOLDER/tiny.config.json --json", 1, "bad.yaml:1:1: error: "),
    Call("check FOLDER", 1, "error: "),
    Call("check FOLDER/none", 1, "error: "),
    Call("run --design FOLDER/bad.yaml --model gpt2", 1, "bad.yaml:1:1: error: "),
    Call("run --design pim-gpt --model gpt2 --prompt 0 --generate 0", 1, "nothing to do"),
    Call("run --design pim-gpt --model gpt2 --prompt 4611686018427387904", 1, "--prompt is out of range"),
    Call("run --design pim-gpt --model gpt2 --out FOLDER/none/x.json", 1, "does not exist"),
    Call("dram check --device gddr6-pim --commands FOLDER/none.csv", 1, "none.csv: error: "),
    Call("dram check --device gddr6-pin --commands FOLDER/bad.yaml", 1, "did you mean 'gddr6-pim'?"),
    Call("dram run --help", 0, "--commands-out"),
    Call("check FOLDER/good-controller.yaml", 0, "controller 'x' is good"),
    Call("check FOLDER/bad-controller.yaml", 1, "bad-controller.yaml:2:13: error: 'read-queue' of the controller file"),
    Call("dram run --device ddr4-2400 --requests FOLDER/none.csv", 1, "none.csv: error: "),
    Call("dram run --device ddr4-2400 --requests FOLDER/bad.yaml", 1, "bad.yaml:1:1: error: the trace does not begin"),
    Call("dram run --device ddr4-2400 --requests FOLDER/bad.csv", 1, "bad.csv:2:3: error: the operation is neither"),
    Call(
      "dram run --device ddr4-2400 --requests FOLDER/good.csv --controller FOLDER/bad-controller.yaml", 1,
      "bad-controller.yaml:2:13: error: 'read-queue' of the controller file is out of range (got 0; "),
    Call(
      "dram run --device ddr4-2400 --requests FOLDER/good.csv --controller ramulator", 1, "no controller of this name"),
    Call("dram run --device ddr4-2400 --requests FOLDER/good.csv --commands-out FOLDER/good.csv", 1, "written over"),
    Call(
      "dram run --device ddr4-2400 --requests FOLDER/bad.csv --commands-out FOLDER/c.csv.gz", 1, "bad.csv:2:3: error: "),
    Call("dram run --requests x.csv", 2, "--device"),
    Call("dram run --device ddr4-2400 --requests x.csv --channels 0", 2, "--channels is 1 to 4096"),
    Call("dram run --device ddr4-2400 --requests x.csv --refresh always", 2, "always"),
    Call("compare --design pim-gpt --baseline t44 --model gpt2", 1, "did you mean 't4'?"),
    Call("run --design pim-gpt --baseline t4 --baseline-format fp17 --model gpt2", 1, "did you mean 'fp16'?"),
    Call(
      "pim run --device hbm3-attacc --kernel attention --length 256 --heads 16 --head-dimension 128 --json", 0,
      "\"cycles\": 465"),
    Call(
      "pim run --device hbm3-attacc --kernel attention --length 256 --heads 16 --head-dimension 128 --level banks", 1,
      "did you mean 'bank'?"),
    Call("pim run --device hbm3-attacc --kernel attention --length 256 --heads 16", 1, "needs --head-dimension"),
    Call("pim run --device gddr6-aim --kernel gemv --out 512", 1, "the kernel 'gemv' needs --in"),
    Call("pim run --device gddr6-aim --kernel relu --out 512", 1, "has no such kernel"),
    Call(
      "pim run --device gddr6-aim --instructions FOLDER/bad.yaml", 1,
      "bad.yaml:1:1: error: a line begins with an unknown"),
    Call(
      "pim run --device gddr6-aim --kernel gemv --out 4 --in 4 --commands-out FOLDER/none/x.csv", 1, "does not exist"),
    Call("pim run --device gddr6-aim", 2, "give one of --kernel and --instructions"),
    Call("pim run --device gddr6-aim --kernel gemv --refresh on", 2, "--refresh"),
    Call("pim run --device gddr6-aim --kernel gemv --channels many", 2, "--channels"),
    Call("run", 2, "--design"),
    Call("compare --model gpt2", 2, "--design"),
    Call("run --program x.json --baseline t4", 2, "--baseline goes with --model"),
    Call("compare --design pim-gpt --model gpt2 --baseline-format fp16", 2, "--baseline-format goes with --baseline"),
    Call("compare --design pim-gpt", 2, "--model"),
    Call("run --design pim-gpt --model gpt2 --prompt many", 2, "many"),
    Call("run --design pim-gpt --model gpt2 --prompt 1180591620717411303424", 2, "--prompt"),
    Call("run --design pim-gpt --model gpt2 --colour", 2, "--colour"),
    Call("list everything", 2, "everything"),
    Call("check", 2, "file"),
    Call("rum", 2, "rum"),
    Call("dram check --device gddr6-pim --commands x --channels 0", 2, "--channels"),
  ]

  /// The executable beside the bundle that runs now.
  static let command: URL? = {
    let programs = CommandLine.arguments + ["/proc/self/exe"]
    return programs.lazy
      .map { URL(fileURLWithPath: $0).resolvingSymlinksInPath() }
      .flatMap { [$0.deletingLastPathComponent(), $0.deletingLastPathComponent().deletingLastPathComponent()] }
      .map { $0.appendingPathComponent("accsim") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) && !isFolder($0) }
  }()

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  @Test(arguments: calls)
  func ends(_ call: Call) throws {
    let folder = try BadInputFolder()
    _ = try folder.write(BadInputFolder.tinyModel, to: "tiny.config.json")
    _ = try folder.write("design: x\n", to: "bad.yaml")
    _ = try folder.write("arrival,op,address\n0,R,0x40\n", to: "good.csv")
    _ = try folder.write("arrival,op,address\n0,X,0x40\n", to: "bad.csv")
    _ = try folder.write("controller: x\nread-queue: 8\n", to: "good-controller.yaml")
    _ = try folder.write("controller: x\nread-queue: 0\n", to: "bad-controller.yaml")
    let before = folder.contents
    let process = Process()
    let command: URL = try #require(Self.command, "no executable 'accsim' beside the tests")
    process.executableURL = command
    process.arguments = call.arguments.map { $0.replacing("FOLDER", with: folder.path) }
    let output = "\(folder.path)-output"
    let errors = "\(folder.path)-errors"
    for file in [output, errors] { try Data().write(to: URL(fileURLWithPath: file)) }
    defer { for file in [output, errors] { try? FileManager.default.removeItem(atPath: file) } }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    process.standardInput = FileHandle.nullDevice
    try guarded(call.testDescription) {
      try process.run()
      process.waitUntilExit()
    }
    let said = try String(contentsOfFile: output, encoding: .utf8)
    let complained = try String(contentsOfFile: errors, encoding: .utf8)
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == call.code, "\(complained)")
    #expect((call.code == 0 ? said : complained).contains(call.fragment), "\(said)\n\(complained)")
    if call.code == 0 { #expect(complained.isEmpty) }
    #expect(folder.contents == before)
  }
}
