import Arch
import Files

/// Which command of a device a controller uses for what.
struct CommandRoles {
  /// Opens a row; the first half of it where two commands do.
  let activate: Int
  let activateSecond: Int?
  let precharge: Int
  /// Closes all banks of what it covers.
  let prechargeAll: Int?
  let read: Int
  let write: Int
  let readPrecharge: Int?
  let writePrecharge: Int?
  let readSync: Int?
  let writeSync: Int?
  let selfRefreshEnter: Int?
  let selfRefreshExit: Int?
  let powerDownEnter: Int?
  let powerDownExit: Int?

  /// - Throws: when the device lacks a command without which it cannot serve requests.
  init(_ device: DeviceDescription) throws(Refusal) {
    let bank = device.bankLevel
    func find(_ kind: CommandKind, ofBank: Bool) -> Int? {
      device.commands.firstIndex { $0.kind == kind && ($0.scope == bank) == ofBank && $0.across.isEmpty }
    }
    func needed(_ kinds: [CommandKind], _ what: String) throws(Refusal) -> Int {
      for kind in kinds { if let command = find(kind, ofBank: true) { return command } }
      throw Refusal(
        "device '\(device.name)' has no command that \(what)", at: Place(file: device.name),
        expected: "a command of kind \(kinds.map(\.rawValue).joined(separator: " or ")) with scope bank")
    }
    activate = try needed([.activate, .activateFirst], "opens a row")
    activateSecond = find(.activateSecond, ofBank: true)
    precharge = try needed([.precharge], "closes a bank")
    prechargeAll = find(.precharge, ofBank: false)
    read = try needed([.read], "reads")
    write = try needed([.write], "writes")
    readPrecharge = find(.readPrecharge, ofBank: true)
    writePrecharge = find(.writePrecharge, ofBank: true)
    readSync = find(.readSync, ofBank: true)
    writeSync = find(.writeSync, ofBank: true)
    selfRefreshEnter = find(.selfRefreshEnter, ofBank: false)
    selfRefreshExit = find(.selfRefreshExit, ofBank: false)
    powerDownEnter = find(.powerDownEnter, ofBank: false)
    powerDownExit = find(.powerDownExit, ofBank: false)
  }
}
