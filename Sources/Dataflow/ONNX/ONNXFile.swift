import Files
import Foundation
import OnnxProto
import SwiftProtobuf

/// Reads ONNX model files (the format of https://onnx.ai/onnx/repo-docs/IR.html, opsets 1 to 25).
public enum ONNXFile {
  /// Protocol buffers cannot be larger.
  public static let maximumBytes = (1 << 31) - 1
  /// Nested messages, which bounds nested bodies to about thirty.
  static let depthLimit = 100

  /// The graph of the model at `path`, or nil with errors.
  public static func read(
    path: String, displayName: String, name: String, dimensions: ONNXDimensions = ONNXDimensions(),
    into d: inout Diagnostics
  ) -> ONNXGraph? {
    let place = Place(file: displayName)
    let data: Data
    do {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        d.error("is not a regular file", at: place, expected: "an ONNX model")
        return nil
      }
      guard (attributes[.size] as? Int ?? 0) <= maximumBytes else {
        d.error("the file is too large", at: place, expected: "at most \(maximumBytes) bytes; weights beside the model")
        return nil
      }
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      d.error(isThere ? "cannot be read" : "no such file", at: place)
      return nil
    }
    return read(data, displayName: displayName, name: name, dimensions: dimensions, into: &d)
  }

  /// The graph of a model in memory, or nil with errors.
  public static func read(
    _ data: Data, displayName: String, name: String, dimensions: ONNXDimensions = ONNXDimensions(),
    into d: inout Diagnostics
  ) -> ONNXGraph? {
    let place = Place(file: displayName)
    dimensions.check(into: &d)
    guard !d.hasErrors else { return nil }
    guard !data.isEmpty else {
      d.error("the file is empty", at: place, expected: "an ONNX model")
      return nil
    }
    let budget = ONNXScan.records(data)
    guard let budget else {
      d.error(
        "is no ONNX model: the bytes are no sequence of fields of a protocol buffer, or end early", at: place,
        value: "\(data.count) bytes")
      return nil
    }
    guard budget <= ONNXScan.recordLimit else {
      d.error(
        "the model has too many parts", at: place, value: "more than \(ONNXScan.recordLimit)",
        expected: "fewer nodes, attributes and values")
      return nil
    }
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = depthLimit
    options.discardUnknownFields = true
    let model: Onnx_ModelProto
    do {
      model = try Onnx_ModelProto(serializedBytes: data, extensions: nil, partial: true, options: options)
    } catch BinaryDecodingError.messageDepthLimit {
      d.error("the graph nests too deeply", at: place, expected: "at most about \(depthLimit / 3) bodies in each other")
      return nil
    } catch {
      d.error("is no ONNX model", at: place, value: "\(error)", expected: "a protocol buffer ModelProto")
      return nil
    }
    var importer = ONNXImporter(model, file: displayName, dimensions: dimensions)
    let graph = importer.graph(named: name)
    for item in importer.diagnostics.items {
      switch item.severity {
      case .error:
        d.error(
          item.message, at: item.place, value: item.value, expected: item.expected, suggestion: item.suggestion)
      case .warning:
        d.warning(
          item.message, at: item.place, value: item.value, expected: item.expected, suggestion: item.suggestion)
      }
    }
    return importer.diagnostics.hasErrors ? nil : graph
  }
}
