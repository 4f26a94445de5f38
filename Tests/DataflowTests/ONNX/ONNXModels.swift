import Dataflow
import Files
import Foundation
import OnnxProto

/// Small ONNX models built in code.
struct TinyModel {
  var proto = Onnx_ModelProto()

  init(opset: Int64 = 17) {
    proto.irVersion = 8
    var set = Onnx_OperatorSetIdProto()
    set.version = opset
    proto.opsetImport = [set]
    proto.graph = Onnx_GraphProto()
  }

  static func type(_ element: Int32, _ dims: [Any]) -> Onnx_TypeProto {
    var type = Onnx_TypeProto()
    type.tensorType.elemType = element
    type.tensorType.shape = Onnx_TensorShapeProto()
    for dim in dims {
      var entry = Onnx_TensorShapeProto.Dimension()
      if let text = dim as? String { entry.dimParam = text } else { entry.dimValue = Int64("\(dim)") ?? 0 }
      type.tensorType.shape.dim.append(entry)
    }
    return type
  }

  static func info(_ name: String, _ element: Int32, _ dims: [Any]) -> Onnx_ValueInfoProto {
    var info = Onnx_ValueInfoProto()
    info.name = name
    info.type = type(element, dims)
    return info
  }

  mutating func input(_ name: String, _ dims: [Any], element: Int32 = 1) {
    proto.graph.input.append(Self.info(name, element, dims))
  }

  mutating func output(_ name: String) {
    var info = Onnx_ValueInfoProto()
    info.name = name
    proto.graph.output.append(info)
  }

  static func integers(_ name: String, _ values: [Int64], _ dims: [Int64]? = nil) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dataType = 7
    tensor.dims = dims ?? [Int64(values.count)]
    tensor.int64Data = values
    return tensor
  }

  static func floats(_ name: String, _ dims: [Int64]) -> Onnx_TensorProto {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dataType = 1
    tensor.dims = dims
    tensor.rawData = Data(count: Int(dims.reduce(4, *)))
    return tensor
  }

  static func node(
    _ op: String, _ inputs: [String], _ outputs: [String], _ attributes: [Onnx_AttributeProto] = [], domain: String = ""
  ) -> Onnx_NodeProto {
    var node = Onnx_NodeProto()
    node.name = outputs.first.map { "make " + $0 } ?? op
    node.opType = op
    node.domain = domain
    node.input = inputs
    node.output = outputs
    node.attribute = attributes
    return node
  }

  mutating func node(
    _ op: String, _ inputs: [String], _ outputs: [String], _ attributes: [Onnx_AttributeProto] = [], domain: String = ""
  ) {
    proto.graph.node.append(Self.node(op, inputs, outputs, attributes, domain: domain))
  }

  func data() throws -> Data { try proto.serializedData(partial: true) }

  func read(_ d: inout Diagnostics, _ dimensions: ONNXDimensions = ONNXDimensions()) throws -> ONNXGraph? {
    ONNXFile.read(try data(), displayName: "m.onnx", name: "m", dimensions: dimensions, into: &d)
  }
}

func attribute(_ name: String, _ value: Int64) -> Onnx_AttributeProto {
  var attribute = Onnx_AttributeProto()
  attribute.name = name
  attribute.type = .int
  attribute.i = value
  return attribute
}

func attribute(_ name: String, _ values: [Int64]) -> Onnx_AttributeProto {
  var attribute = Onnx_AttributeProto()
  attribute.name = name
  attribute.type = .ints
  attribute.ints = values
  return attribute
}

func attribute(_ name: String, _ text: String) -> Onnx_AttributeProto {
  var attribute = Onnx_AttributeProto()
  attribute.name = name
  attribute.type = .string
  attribute.s = Data(text.utf8)
  return attribute
}

func attribute(_ name: String, _ body: Onnx_GraphProto) -> Onnx_AttributeProto {
  var attribute = Onnx_AttributeProto()
  attribute.name = name
  attribute.type = .graph
  attribute.g = body
  return attribute
}
