import Foundation
import Testing

/// Models of very many nodes: read or refused in bounded time and memory.
@Suite(.serialized) struct LongGraphs {
  /// v0 -> Relu -> v1 -> … with `count` nodes, as bytes: a library would take longer to write them than we to read them.
  static func chain(_ count: Int) -> Data {
    func varint(_ value: Int) -> [UInt8] {
      var (rest, bytes) = (value, [UInt8]())
      repeat {
        bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
        rest >>= 7
      } while rest > 0
      return bytes
    }
    func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(bytes.count) + bytes }
    func name(_ index: Int) -> [UInt8] { Array("v\(index)".utf8) }
    let shape = field(2, field(1, [8, 4]))
    var graph = field(11, field(1, name(0)) + field(2, field(1, [8, 1] + shape))) + field(12, field(1, name(count)))
    graph.reserveCapacity(32 * count)
    let relu = field(4, Array("Relu".utf8))
    for index in 0..<count { graph += field(1, field(1, name(index)) + field(2, name(index + 1)) + relu) }
    return Data([8, 8] + field(7, graph) + field(8, [16, 17]))
  }

  /// The executable beside the bundle that runs now.
  private static let command: URL? = {
    let programs = CommandLine.arguments + ["/proc/self/exe"]
    return programs.lazy
      .map { URL(fileURLWithPath: $0).resolvingSymlinksInPath() }
      .flatMap { [$0.deletingLastPathComponent(), $0.deletingLastPathComponent().deletingLastPathComponent()] }
      .map { $0.appendingPathComponent("accsim") }
      .first { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
  }()

  struct Run {
    let code: Int32
    let said: String
    let errors: String
    let took: Duration
    /// The most memory of the process, in bytes; 0 where the system does not say.
    var peak = 0
  }

  /// `accsim graph` on a chain: in a process of its own, so that its memory is its own.
  private static func read(_ count: Int) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("accsim-chain-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = ["m.onnx", "out", "err"].map { folder.appendingPathComponent($0) }
    try chain(count).write(to: paths[0])
    for path in paths[1...] { try Data().write(to: path) }
    let process = Process()
    let command: URL = try #require(Self.command, "no executable 'accsim' beside the tests")
    process.executableURL = command
    process.arguments = ["graph", paths[0].path]
    process.standardOutput = try FileHandle(forWritingTo: paths[1])
    process.standardError = try FileHandle(forWritingTo: paths[2])
    process.standardInput = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    var peak = 0
    while process.isRunning {
      peak = max(peak, self.peak(of: process.processIdentifier))
      usleep(1000)
    }
    let took = ContinuousClock.now - start
    return Run(
      code: process.terminationStatus, said: try String(contentsOf: paths[1], encoding: .utf8),
      errors: try String(contentsOf: paths[2], encoding: .utf8), took: took, peak: peak)
  }

  private static func peak(of process: Int32) -> Int {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).compactMap({ Int($0) }).first
    else { return 0 }
    return kilobytes << 10
  }

  @Test func aMillionNodesAreRefusedAtOnce() throws {
    let run = try Self.read(1_000_000)
    print("a chain of 1,000,000 nodes is refused in \(run.took) and \(run.peak >> 20) MiB")
    #expect(run.code == 1)
    let message = "m.onnx: error: the model has too many parts (got more than 1000000; expected fewer nodes, attributes"
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.took < .seconds(1))
    #expect(run.peak < 200 << 20)
  }

  @Test func manyNodesAreRead() throws {
    let run = try Self.read(50_000)
    print("a chain of 50,000 nodes is read in \(run.took) and \(run.peak >> 20) MiB")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.said.contains("nodes in the file  50,000"))
    #expect(run.took < .seconds(5))
    #expect(run.peak < 200 << 20)
  }
}
