import Arch
import DRAM
import Files

/// The commands of a device that a PIM memory issues, found by what they do and how much they cover.
struct PIMCommands: Sendable, Hashable {
  let activateAll: Int
  let activateBank: Int
  let prechargeAll: Int
  let multiply: Int
  let bufferWrite: Int
  let resultRead: Int
  let read: Int
  let write: Int

  /// Finds all of them or says which the device lacks.
  init?(_ device: DeviceDescription, at place: Place, _ d: inout Diagnostics) {
    let channel = 0
    let bank = device.bankLevel
    func find(_ kind: CommandKind, _ scope: Int, _ what: String) -> Int? {
      if let index = device.commands.firstIndex(where: { $0.kind == kind && $0.scope == scope }) { return index }
      d.error(
        "the device '\(device.name)' has no \(what)", at: place, value: device.name,
        expected: "a command of kind '\(kind.rawValue)' and scope '\(device.levels[scope])'")
      return nil
    }
    let activateAll = find(.activate, channel, "all-bank activate")
    let activateBank = find(.activate, bank, "bank activate")
    let prechargeAll = find(.precharge, channel, "all-bank precharge")
    let multiply = find(.multiplyAccumulate, channel, "all-bank multiply-accumulate")
    let bufferWrite = find(.bufferWrite, channel, "vector buffer write")
    let resultRead = find(.resultRead, channel, "result read")
    let read = find(.read, bank, "read")
    let write = find(.write, bank, "write")
    guard let activateAll, let activateBank, let prechargeAll, let multiply, let bufferWrite, let resultRead, let read,
      let write
    else { return nil }
    self.activateAll = activateAll
    self.activateBank = activateBank
    self.prechargeAll = prechargeAll
    self.multiply = multiply
    self.bufferWrite = bufferWrite
    self.resultRead = resultRead
    self.read = read
    self.write = write
  }
}
