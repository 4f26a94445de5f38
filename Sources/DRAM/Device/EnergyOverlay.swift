import Arch
import Files

/// Energy data that take the place of a device's own: a file with an `energy:` section as device files have it.
public struct EnergyOverlay: Sendable {
  public var energy: DeviceEnergy
  /// What of it is no evidence.
  public var assumptions: [Assumption]

  public init(energy: DeviceEnergy, assumptions: [Assumption]) {
    self.energy = energy
    self.assumptions = assumptions
  }
}

extension DeviceDescription {
  /// The device with other energy data; nothing of its own is kept.
  public func replacingEnergy(_ overlay: EnergyOverlay) -> DeviceDescription {
    var device = self
    device.energy = overlay.energy
    device.assumptions.removeAll { $0.parameter.hasPrefix("energy.") }
    device.assumptions += overlay.assumptions
    return device
  }
}

extension DeviceFile {
  /// Reads a file of energy data: `energy:`, and optionally a `source:` for all that has none.
  ///
  /// - Returns: `nil` after recording an error.
  public static func readEnergyOverlay(
    path: String, displayName: String, into diagnostics: inout Diagnostics
  ) -> EnergyOverlay? {
    guard let document = DocumentReader.read(path: path, displayName: displayName, into: &diagnostics),
      var fields = Fields(document, of: "the energy file", &diagnostics)
    else { return nil }
    let before = diagnostics.items.count
    let source = fields.source("source", &diagnostics)
    _ = fields.requiredNode("energy", &diagnostics)
    var assumptions: [Assumption] = []
    let energy = NativeDeviceFile.readEnergy(&fields, source, &assumptions, &diagnostics)
    fields.finish(&diagnostics, knownKeys: ["source", "energy"])
    guard !diagnostics.items[before...].contains(where: { $0.severity == .error }) else { return nil }
    return EnergyOverlay(energy: energy, assumptions: assumptions)
  }
}
