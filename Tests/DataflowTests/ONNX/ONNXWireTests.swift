import Dataflow
import Files
import Foundation
import OnnxProto
import Testing

/// Files that end early, and fields of another wire type than the format's: written by hand, as no library writes them.
@Suite struct ONNXWireTests {
  /// A field with a length in front.
  static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(bytes.count) + bytes
  }
  static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
  static func number(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
  /// Eight bytes, as a double is written.
  static func fixed(_ number: Int) -> [UInt8] { varint(number << 3 | 1) + [UInt8](repeating: 1, count: 8) }

  static func varint(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  /// x [2, 4] times an initializer w [4, 1], the parts of which can be replaced.
  struct Parts {
    var version = number(1, 8)
    var opset = number(2, 17)
    var inputs = field(1, "x") + field(1, "w")
    var op = field(4, "MatMul")
    var dims = number(1, 4) + number(1, 1)
    var dataType = number(2, 1)
    var raw = field(9, [UInt8](repeating: 0, count: 16))
    var element = number(1, 1)
    var extents = field(2, field(1, number(1, 2)) + field(1, number(1, 4)))
    var initializer: (([UInt8]) -> [UInt8])?

    var bytes: [UInt8] {
      let node = field(1, inputs + field(2, "y") + op)
      let weight = dims + dataType + field(8, "w") + raw
      let input = field(11, field(1, "x") + field(2, field(1, element + extents)))
      let graph = node + (initializer?(weight) ?? field(5, weight)) + input + field(12, field(1, "y"))
      return version + field(7, graph) + field(8, opset)
    }
  }

  private static func line(_ bytes: [UInt8]) -> String? {
    var d = Diagnostics()
    let graph = ONNXFile.read(Data(bytes), displayName: "m.onnx", name: "m", into: &d)
    let first = d.items.first { $0.severity == .error }?.description
    #expect((graph == nil) == (first != nil))
    return first
  }

  @Test func theWholeFileIsRead() throws {
    var d = Diagnostics()
    let graph = ONNXFile.read(Data(Parts().bytes), displayName: "m.onnx", name: "m", into: &d)
    try d.throwIfErrors()
    #expect(graph?.macs == 8)
  }

  /// Cut after every byte: between two fields of the file something is missing, anywhere else the bytes end early.
  @Test func filesThatEndEarly() throws {
    let bytes = Parts().bytes
    let opset = bytes.count - Self.field(8, Parts().opset).count
    for count in 0..<bytes.count {
      let line = try #require(Self.line(Array(bytes.prefix(count))), "accepted after \(count) bytes")
      let expected =
        switch count {
        case 0: "m.onnx: error: the file is empty (expected an ONNX model)"
        case Parts().version.count: "m.onnx: error: the model has no graph (expected an ONNX model)"
        case opset: "m.onnx: error: the model names no operator set (expected opset_import of the domain ai.onnx)"
        default:
          "m.onnx: error: is no ONNX model: the bytes are no sequence of fields of a protocol buffer, or end early "
            + "(got \(count) bytes)"
        }
      #expect(line == expected, "\(count) of \(bytes.count) bytes")
    }
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let line: String
    let change: @Sendable (inout Parts) -> Void

    init(_ what: String, _ line: String, _ change: @escaping @Sendable (inout Parts) -> Void) {
      (testDescription, self.line, self.change) = (what, line, change)
    }
  }

  static let wrong: [Wrong] = [
    Wrong("the version of the operators is text", "error: the operator set is not supported (got 0;") {
      $0.opset = field(2, "17")
    },
    Wrong("an input of a node is a number", "node \"MatMul #0\", input 1: error: the operator MatMul lacks this input")
    {
      $0.inputs = field(1, "x") + number(1, 7)
    },
    Wrong(
      "the extents are doubles",
      "initializer \"w\": error: raw_data has the wrong length (got 16 bytes; expected 4 bytes"
    ) {
      $0.dims = fixed(1)
    },
    Wrong(
      "the element type is text", "initializer \"w\": error: the tensor has an unknown element type (got 0; expected"
    ) {
      $0.dataType = field(2, "1")
    },
    Wrong(
      "the elements are a number", "initializer \"w\": error: raw_data has the wrong length (got 0 bytes; expected 16"
    ) {
      $0.raw = number(9, 0)
    },
    Wrong("the input's element type is text", "input \"x\": error: the input has an unknown element type (got 0)") {
      $0.element = field(1, "1")
    },
    Wrong(
      "the initializer is a number", "node \"MatMul #0\", input 1: error: nothing defines this value (got w; expected"
    ) {
      $0.initializer = { _ in number(5, 1) }
    },
    Wrong(
      "the initializer is a double", "node \"MatMul #0\", input 1: error: nothing defines this value (got w; expected"
    ) {
      $0.initializer = { _ in fixed(5) }
    },
    Wrong(
      "the initializer is text", "error: is no ONNX model: the bytes are no sequence of fields of a protocol buffer,"
    ) {
      $0.initializer = { _ in field(5, "weights") }
    },
    Wrong("a group, which the format has given up", "error: is no ONNX model: the bytes are no sequence of fields") {
      $0.initializer = { _ in varint(5 << 3 | 3) }
    },
    Wrong("wire type 7", "error: is no ONNX model: the bytes are no sequence of fields of a protocol buffer, or end") {
      $0.initializer = { _ in varint(5 << 3 | 7) }
    },
    Wrong("field 0", "error: is no ONNX model: the bytes are no sequence of fields of a protocol buffer, or end early")
    {
      $0.initializer = { _ in field(0, "") }
    },
    Wrong("a number of eleven bytes", "error: is no ONNX model: the bytes are no sequence of fields of a protocol") {
      $0.version = [8] + [UInt8](repeating: 255, count: 10) + [1]
    },
    Wrong("a name that is no text", "error: is no ONNX model (got ") { $0.op = field(4, [255, 254, 253]) },
    Wrong("no operator", "node \"#0\": error: the node has no operator") { $0.op = [] },
  ]

  @Test(arguments: wrong) func wrongTypesAreRefused(_ test: Wrong) throws {
    var parts = Parts()
    test.change(&parts)
    let line = try #require(Self.line(parts.bytes), "accepted")
    #expect(line.hasPrefix("m.onnx: " + test.line), "\(line)")
  }
}
