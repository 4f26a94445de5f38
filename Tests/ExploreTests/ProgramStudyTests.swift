import Arch
import Dataflow
import Explore
import Files
import Foundation
import Testing

@Suite struct ProgramStudyTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  private static let models = [
    "gpt2": """
    {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 4, "n_positions": 64, "vocab_size": 300}
    """,
    "mixtral": """
    {"model_type": "mixtral", "num_hidden_layers": 2, "hidden_size": 48, "intermediate_size": 80,
     "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 96,
     "hidden_act": "silu", "num_local_experts": 4, "num_experts_per_tok": 2}
    """,
  ]

  /// A folder with the models and a program of one of them, removed afterwards.
  private func withProgram(
    _ model: String = "mixtral", design: String = "pim-gpt", _ workload: Workload = Workload(prompt: 1, generate: 2),
    _ body: (_ folder: String, _ design: String, _ program: String) throws -> Void
  ) throws {
    let folder = NSTemporaryDirectory() + "accsim-program-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(Self.models[model] ?? "", to: folder + "/tiny.config.json")
    let design = "\(Self.root)/designs/\(design).yaml"
    _ = try ProgramStudy.compile(
      design: design, model: folder + "/tiny.config.json", workload: workload, to: folder + "/p.json")
    try body(folder, design, folder + "/p.json")
  }

  @Test(arguments: ["gpt2", "mixtral"], ["pim-gpt", "hbm2-bank-pim"])
  func aSavedProgramRunsAsTheModelDoes(_ model: String, _ design: String) throws {
    let workload = Workload(prompt: 2, generate: 2, past: 3, batch: 2, logits: .all, seed: 9)
    try withProgram(model, design: design, workload) { folder, design, program in
      let direct = try RunStudy(design: design, model: folder + "/tiny.config.json", workload: workload).run()
      let saved = try RunStudy(program: program).run()
      #expect(saved.json.description == direct.json.description)
      // Written again from what was read, it is the same file.
      #expect(try ProgramStudy.difference(program, program).isGood)
    }
  }

  @Test func checkKnowsPrograms() throws {
    try withProgram { _, _, program in
      #expect(try FileCheck.check([program]).text.contains("program of 'tiny' with"))
      let text = try String(contentsOfFile: program, encoding: .utf8)
      try AtomicFile.write(text.replacingOccurrences(of: "\"rows_used\": 0", with: "\"rows_used\": -1"), to: program)
      let output = try FileCheck.check([program])
      #expect(!output.isGood && output.messages.contains { $0.description.contains("rows_used") })
    }
  }

  @Test func differencesAreToldByOperator() throws {
    try withProgram { folder, design, program in
      let other = folder + "/other.json"
      _ = try ProgramStudy.compile(
        design: design, model: folder + "/tiny.config.json", workload: Workload(prompt: 1, generate: 2, past: 1),
        to: other)
      let output = try ProgramStudy.difference(program, other)
      #expect(!output.isGood)
      #expect(output.text.contains("past 0") && output.text.contains("past 1"), "\(output.text)")
      #expect(output.text.contains("model.layers.0.self_attn.scores"), "\(output.text)")
      // A norm does the same work at any position.
      #expect(!output.text.contains("decode   model.layers.0.input_layernorm"), "\(output.text)")
    }
  }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func aProgramOfAnotherVersionOfTheDesignIsRefused() throws {
    try withProgram { folder, design, program in
      let changed = folder + "/changed.yaml"
      let text = try String(contentsOfFile: design, encoding: .utf8)
      try AtomicFile.write(
        text.replacingOccurrences(of: "adders: { value: 256", with: "adders: { value: 255"), to: changed)
      let told = refusal { _ = try RunStudy(program: program, design: changed).run() }
      #expect(told.contains("the design has changed since the program was compiled"), "\(told)")
      let other = refusal { _ = try RunStudy(program: program, design: "hbm2-bank-pim").run() }
      #expect(other.contains("the program is for other units than the design"), "\(other)")
    }
  }

  static let damages: [(what: String, piece: String, other: String, message: String)] = [
    ("schema", "accsim.program/1", "accsim.program/2", "'schema' of the program is unknown"),
    ("operation", "[\"asic\", \"softmax\", ", "[\"asic\", \"softmux\", ", "did you mean 'softmax'?"),
    ("unit", "[\"asic\", \"softmax\"", "[\"asik\", \"softmax\"", "unknown unit"),
    ("operand names", "\"~epsilon\"", "\"epsilon\"", "another version of accsim"),
    ("dependence", ", [0], [0, ", ", [70000], [0, ", "out of range"),
    ("real", "1e-06", "nan", "not valid JSON"),
    ("missing steps", "\"steps\": [", "\"stops\": [", "missing key 'steps'"),
    ("row", "\"receive\", 0, ", "\"receive\", 9000, ", "out of range"),
    ("phase", "[\"prefill\", 0, ", "[\"profill\", 0, ", "is unknown"),
    ("pass", "[\"prefill\", 0, ", "[\"prefill\", 9000000, ", "out of range"),
    ("kind", "\"pim-memory\"", "\"pim-memori\"", "other units than the design"),
    ("MACs", "\"operators\": ", "\"operators\": 1", "the rows' MACs do not add up"),
    ("workload", "\"generate\": 2", "\"generate\": 2000", "the passes are not those of the workload"),
    ("order of passes", "[\"prefill\", 0, ", "[\"prefill\", 1, ", "the passes do not follow each other"),
    ("name", "\"name\": \"tiny\"", "\"name\": \"ti\\u001bny\"", "a name has control characters"),
    ("first step", ", 0, [], [", ", 0, [0], [", "the first step waits for another"),
  ]

  @Test(arguments: damages.indices) func damagedProgramsAreRefused(_ index: Int) throws {
    let damage = Self.damages[index]
    try withProgram { folder, _, program in
      let text = try String(contentsOfFile: program, encoding: .utf8)
      let at = try #require(text.range(of: damage.piece), "\(damage.what)")
      try AtomicFile.write(text.replacingCharacters(in: at, with: damage.other), to: program)
      let told = refusal { _ = try RunStudy(program: program).run() }
      #expect(told.contains(damage.message), "\(damage.what): \(told)")
    }
  }

  @Test func programsWithoutRowsOrWithHugeChoicesAreRefused() throws {
    try withProgram { _, _, program in
      let text = try String(contentsOfFile: program, encoding: .utf8)
      func told(_ change: (String) -> String) throws -> String {
        try AtomicFile.write(change(text), to: program)
        return refusal { _ = try RunStudy(program: program).run() }
      }
      func emptied(_ key: String, _ text: String) -> String {
        guard let start = text.range(of: "\"\(key)\": ["),
          let end = text.range(of: "\n  ]", range: start.upperBound..<text.endIndex)
        else { return text }
        return text.replacingCharacters(in: start.upperBound..<end.upperBound, with: "]")
      }
      #expect(try told { emptied("rows", $0) }.contains("the program has no rows"))
      #expect(try told { emptied("steps", $0) } != "accepted")
      #expect(try told { emptied("passes", $0) }.contains("do not cover the steps"))
      // The last five operands of a product choose its matrix, and say how many vectors the buffer holds.
      let line = try #require(
        text.split(separator: "\n").first { $0.contains("\"multiply\"") && $0.contains(", -1, 0, 0, 1, 1]]") })
      func changed(_ operands: String) -> String {
        line.replacingOccurrences(of: ", -1, 0, 0, 1, 1]]", with: ", \(operands)]]")
      }
      let huge = changed("0, 0, 4294967296, 4294967296, 1")
      #expect(try told { $0.replacingOccurrences(of: line, with: huge) }.contains("no step of a pim-memory"))
      let crowded = changed("-1, 0, 0, 1, 1073741824")
      #expect(try told { $0.replacingOccurrences(of: line, with: crowded) }.contains("does not fit the memory"))
      let empty = changed("-1, 0, 0, 1, 0")
      #expect(try told { $0.replacingOccurrences(of: line, with: empty) }.contains("no step of a pim-memory"))
    }
  }

  /// Steps that are the same but for what they wait for are different programs.
  @Test func dependencesAreCompared() throws {
    try withProgram { folder, _, program in
      let text = try String(contentsOfFile: program, encoding: .utf8)
      let other = folder + "/other.json"
      let line = try #require(text.split(separator: "\n").last { $0.contains("\"softmax\"") })
      let parts = line.components(separatedBy: ", [")
      let changed = ([parts[0], "]"] + parts.dropFirst(2)).joined(separator: ", [")
      try AtomicFile.write(text.replacingOccurrences(of: line, with: changed), to: other)
      let output = try ProgramStudy.difference(program, other)
      #expect(!output.isGood && output.text.contains("waits for the step of nobody"), "\(output.text)")
    }
  }

  /// Any operand of any step may be any number: it runs, deadlocks or is refused, and never traps.
  @Test func operandsMayBeAnything() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    try withProgram(Workload(prompt: 1, generate: 0)) { folder, _, program in
      let text = try String(contentsOfFile: program, encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let first = try #require(lines.firstIndex { $0.contains("\"steps\": [") }) + 1
      var told: [String: Int] = [:]
      for _ in 0..<30 {
        var damaged = lines
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let line = Int.random(in: first..<(lines.count - 3), using: &random)
          let parts = damaged[line].split(separator: " ").map(String.init)
          let numbers = parts.indices.filter { Int(parts[$0].filter { $0 != "," && $0 != "]" && $0 != "[" }) != nil }
          guard let part = numbers.randomElement(using: &random) else { continue }
          let value =
            [-1, 0, 1, 2, 7, 100, 1 << 20, 1 << 30, 1 << 31, 1 << 32, 1 << 62, Int.min, Int.max]
            .randomElement(using: &random) ?? 0
          var changed = parts
          let ending = parts[part].drop { $0 != "," && $0 != "]" }
          changed[part] = (parts[part].hasPrefix("[") ? "[" : "") + "\(value)" + ending
          damaged[line] = changed.joined(separator: " ")
        }
        try AtomicFile.write(damaged.joined(separator: "\n"), to: program)
        let result = refusal { _ = try RunStudy(program: program).run() }
        told[String(result.prefix(200)), default: 0] += 1
      }
      #expect(told.count > 2, "\(told)")
    }
  }
}

extension ProgramStudyTests {
  private func withProgram(_ workload: Workload, _ body: (String, String, String) throws -> Void) throws {
    try withProgram("mixtral", design: "pim-gpt", workload, body)
  }
}
