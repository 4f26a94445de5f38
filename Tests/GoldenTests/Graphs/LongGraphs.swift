import Dataflow
import Files
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

  /// The most memory of this process since the last call, in bytes; nil where the system does not say.
  private static func peak() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
    else { return nil }
    return kilobytes << 10
  }

  @Test func aMillionNodesAreRefusedAtOnce() throws {
    let data = Self.chain(1_000_000)
    let before = Self.peak()
    var d = Diagnostics()
    let start = ContinuousClock.now
    let graph = ONNXFile.read(data, displayName: "m.onnx", name: "m", into: &d)
    let took = ContinuousClock.now - start
    #expect(graph == nil)
    #expect(
      d.items.first?.description
        == "m.onnx: error: the model has too many parts (got more than 1000000; expected fewer nodes, attributes and values)"
    )
    #expect(took < .seconds(1))
    // Other tests run in this process too; what they take counts against the limit.
    if let before, let after = Self.peak() { #expect(after - before < 200 << 20) }
  }

  @Test func manyNodesAreRead() throws {
    let data = Self.chain(100_000)
    let before = Self.peak()
    var d = Diagnostics()
    let start = ContinuousClock.now
    let graph = try #require(ONNXFile.read(data, displayName: "m.onnx", name: "m", into: &d))
    let took = ContinuousClock.now - start
    #expect(graph.nodes.count == 100_000)
    #expect(graph.values[graph.outputs[0]].tensor.extents == [4])
    #expect(took < .seconds(5))
    if let before, let after = Self.peak() {
      print("a chain of 100,000 nodes: \(took), \((after - before) >> 20) MiB")
      #expect(after - before < 200 << 20)
    }
  }
}
