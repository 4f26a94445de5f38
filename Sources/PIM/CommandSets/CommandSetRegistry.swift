import DRAM
import Files

/// The controllers that a device file may name.
public enum CommandSetRegistry {
  /// In the order in which messages list them.
  public static let controllers: [any CommandSetController.Type] = [
    InOrderController.self, AllBankController.self, WindowedController.self,
  ]

  /// Reads a device's `pim:` section.
  ///
  /// - Returns: `nil` with an error when it has none or it is at fault.
  public static func controller(
    of device: DeviceDescription, at place: Place, _ d: inout Diagnostics
  ) -> (any CommandSetController)? {
    guard var settings = device.pim else {
      d.error(
        "the device '\(device.name)' has no PIM commands to run kernels on", at: place,
        expected: "a device file with a section pim:")
      return nil
    }
    guard let name = settings.requiredChoice("controller", of: controllers.map { $0.name }, &d),
      let type = controllers.first(where: { $0.name == name })
    else { return nil }
    return type.init(device, &settings, &d)
  }
}
