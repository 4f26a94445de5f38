import Arch
import Files

/// A controller as a file describes it.
public struct ControllerDescription: Sendable {
  public var name: String
  public var settings: ControllerSettings
  /// What of it is no evidence, for the report.
  public var assumptions: [Assumption] = []

  public init(name: String, settings: ControllerSettings) {
    self.name = name
    self.settings = settings
  }
}

/// Reads controller files: our own YAML format, and what recorded runs say of their controller.
public enum ControllerFile {
  /// Reads and checks a controller file; every fault goes to `diagnostics`.
  ///
  /// - Parameter device: the device that it is to drive; address maps are read against it. Without one they are passed
  ///   over.
  public static func read(
    path: String, displayName: String, device: DeviceDescription?, into diagnostics: inout Diagnostics
  ) -> ControllerDescription? {
    guard let document = DocumentReader.read(path: path, displayName: displayName, into: &diagnostics) else {
      return nil
    }
    return read(document, device: device, into: &diagnostics)
  }

  public static func read(
    _ document: Document, device: DeviceDescription?, into diagnostics: inout Diagnostics
  ) -> ControllerDescription? {
    guard let fields = Fields(document, of: "the controller file", &diagnostics) else { return nil }
    let before = diagnostics.errorCount
    let isRecorded =
      document.root.entries?.contains { entry in
        entry.key == "controller" ? entry.value.entries != nil : RecordedControllerFile.marks.contains(entry.key)
      } ?? false
    let controller =
      isRecorded || document.file.hasSuffix(".json")
      ? RecordedControllerFile.read(fields, device, into: &diagnostics)
      : NativeControllerFile.read(fields, device, into: &diagnostics)
    return diagnostics.errorCount > before ? nil : controller
  }
}
