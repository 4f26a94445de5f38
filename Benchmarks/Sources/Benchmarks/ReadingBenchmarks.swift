import Dataflow
import Explore
import Files
import Foundation

/// Reading files and checking what stands in them.
enum ReadingBenchmarks {
  static var all: [Benchmark] {
    [
      Benchmark(name: "read-yaml", prepare: readYAML), Benchmark(name: "read-onnx", prepare: readONNX),
      Benchmark(name: "check-commands", prepare: checkCommands),
    ]
  }

  /// A long list of small mappings, as tables of data are.
  private static func readYAML() throws -> () throws -> [Amount] {
    let line = "- { operator: linear, unit: memory, rows: 128, scale: 0.45 ns }\n"
    let text = String(repeating: line, count: 10_000)
    return {
      var d = Diagnostics()
      let document = DocumentReader.yaml(text, file: "list.yaml", into: &d)
      try d.throwIfErrors()
      return [Amount(document == nil ? 0 : 10_000, "entries"), Amount(text.utf8.count, "bytes")]
    }
  }

  private static func readONNX() throws -> () throws -> [Amount] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../../shared/reference/graphs/full_gpt2_s128_noweights.onnx").standardizedFileURL
      .path
    guard FileManager.default.fileExists(atPath: path) else {
      throw Skipped(reason: "there is no \((path as NSString).lastPathComponent) among the reference graphs")
    }
    let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    return {
      var d = Diagnostics()
      let graph = ONNXFile.read(path: path, displayName: "gpt2.onnx", name: "gpt2", into: &d)
      try d.throwIfErrors()
      return [Amount(graph?.nodes.count ?? 0, "nodes"), Amount(bytes, "bytes")]
    }
  }

  /// Reads a trace of commands and checks every one against the device's timing. The channels of a memory that is
  /// simulated are independent, and so are those of the trace.
  private static func checkCommands() throws -> () throws -> [Amount] {
    let trace = TemporaryFile("accsim-benchmark-\(ProcessInfo.processInfo.processIdentifier).csv")
    var study = RunStudy(design: "pim-gpt", model: "gpt2", workload: Workload(prompt: 0, generate: 1))
    study.commandTrace = trace.path
    _ = try study.run()
    return {
      let output = try TraceStudy.check(device: "gddr6-pim", commands: trace.path, channels: 8)
      guard case .object(let members) = output.json,
        case .integer(let commands)? = members.first(where: { $0.key == "commands" })?.value
      else { return [] }
      return [Amount(commands, "commands")]
    }
  }
}

/// A file that is gone when nobody reads it any more.
final class TemporaryFile: Sendable {
  let path: String

  init(_ name: String) { path = NSTemporaryDirectory() + name }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
