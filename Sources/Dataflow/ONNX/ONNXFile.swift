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
    let file: MappedFile
    do {
      file = try MappedFile(path: path, displayName: displayName)
    } catch {
      d.add(error)
      return nil
    }
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    return read(file, folder: folder, name: name, dimensions: dimensions, into: &d)
  }

  /// The graph of a model in memory, or nil with errors. External data are not looked for.
  public static func read(
    _ data: Data, displayName: String, name: String, dimensions: ONNXDimensions = ONNXDimensions(),
    into d: inout Diagnostics
  ) -> ONNXGraph? {
    let file = MappedFile(copying: data, displayName: displayName)
    return read(file, folder: nil, name: name, dimensions: dimensions, into: &d)
  }

  private static func read(
    _ file: MappedFile, folder: String?, name: String, dimensions: ONNXDimensions, into d: inout Diagnostics
  ) -> ONNXGraph? {
    let place = Place(file: file.displayName)
    dimensions.check(into: &d)
    guard !d.hasErrors else { return nil }
    guard file.count > 0 else {
      d.error("the file is empty", at: place, expected: "an ONNX model")
      return nil
    }
    guard file.count <= maximumBytes else {
      d.error("the file is too large", at: place, expected: "at most \(maximumBytes) bytes; weights beside the model")
      return nil
    }
    let budget = ONNXScan.records(file)
    guard let budget else {
      d.error(
        "is no ONNX model: the bytes are no sequence of fields of a protocol buffer, or end early", at: place,
        value: "\(file.count) bytes")
      return nil
    }
    guard budget <= ONNXScan.recordLimit else {
      d.error(
        "the model has too many parts", at: place, value: "more than \(ONNXScan.recordLimit)",
        expected: "fewer nodes, attributes and values")
      return nil
    }
    guard let model = decode(file, place, &d) else { return nil }
    let weights = ONNXWeightFiles(file, folder: folder)
    var importer = ONNXImporter(model, weights: weights, file: file.displayName, dimensions: dimensions)
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

  /// The message of the file, without the large payloads of its tensors.
  private static func decode(_ file: MappedFile, _ place: Place, _ d: inout Diagnostics) -> Onnx_ModelProto? {
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = depthLimit
    options.discardUnknownFields = true
    do {
      if let bytes = ONNXReduction.reduced(file) {
        return try Onnx_ModelProto(serializedBytes: bytes, extensions: nil, partial: true, options: options)
      }
      return try file.withBytes { bytes throws(any Error) in
        guard let base = bytes.baseAddress else { return Onnx_ModelProto() }
        // Not changed by decoding, and not kept.
        let data = Data(
          bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: bytes.count, deallocator: .none)
        return try Onnx_ModelProto(serializedBytes: data, extensions: nil, partial: true, options: options)
      }
    } catch BinaryDecodingError.messageDepthLimit {
      d.error("the graph nests too deeply", at: place, expected: "at most about \(depthLimit / 3) bodies in each other")
    } catch {
      d.error("is no ONNX model", at: place, value: "\(error)", expected: "a protocol buffer ModelProto")
    }
    return nil
  }
}
