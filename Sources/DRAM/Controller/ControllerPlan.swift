import Arch
import Files

/// A device and the settings of its controller, checked to fit each other. Shared by all channels.
final class ControllerPlan: @unchecked Sendable {
  let device: DeviceDescription
  let settings: ControllerSettings
  let roles: CommandRoles
  let busKind: BusKind
  /// Whether an activation is one command, and an access too.
  let isPlain: Bool
  let addressMap: AddressMap
  /// The refresh that is used; `nil` for none.
  let refresh: RefreshDescription?
  /// Closes what a refresh covers; `nil` where only single banks can be closed.
  let closeCommand: Int?
  let table: ScheduleTable
  /// What each refresh covers, in the order of its banks.
  let refreshTargets: [ScheduleTable.Target]
  /// Whether records say what every rank did.
  let measuresActivity: Bool
  /// When they are due, by turns; `nil` without refresh.
  let refreshSchedule: RefreshSchedule?
  /// Idle cycles after which ranks go to power-down and to self-refresh; `Int64.max` for never.
  let powerDownAfter: Int64
  let selfRefreshAfter: Int64
  /// What one command of power-down or self-refresh covers, where such are used, and by bank the number of that.
  let powerTargets: [ScheduleTable.Target]
  let powerDomainOf: [Int]
  /// Banks that share a pseudo-channel; all of a channel where there are none.
  let banksPerPseudoChannel: Int

  /// Far more than any memory has; tables of rules and times stay below a gigabyte.
  private static let mostBanks = 1 << 14

  /// - Throws: when the device lacks what such a controller needs.
  init(_ device: DeviceDescription, _ settings: ControllerSettings, measuresActivity: Bool) throws(Refusal) {
    self.measuresActivity = measuresActivity
    self.device = device
    self.settings = settings
    try settings.check()
    guard device.banksPerChannel <= Self.mostBanks else {
      throw Refusal(
        "a channel of device '\(device.name)' has too many banks for a controller", at: Place(file: device.name),
        value: "\(device.banksPerChannel)", expected: "at most \(Self.mostBanks)")
    }
    roles = try CommandRoles(device)
    busKind = try BusKind(device)
    isPlain = roles.activateSecond == nil && device.dataClock == nil
    guard let map = settings.addressMap ?? device.addressMap else {
      throw Refusal(
        "device '\(device.name)' says nothing of addresses", at: Place(file: device.name),
        expected: "an address-map in the device or the controller file")
    }
    try map.check(against: device)
    addressMap = map
    refresh = settings.refresh == .none ? nil : try device.refresh(settings.refresh)
    closeCommand = Self.closeCommand(device, refresh, roles)
    table = ScheduleTable(device, used: Self.used(device, settings, roles, refresh))
    var targets: [ScheduleTable.Target] = []
    if let refresh {
      let command = device.commands[refresh.command]
      var seen: Set<[Int]> = []
      for bank in 0..<table.bankCount {
        let target = table.target(scope: command.scope ?? 0, across: command.across, around: bank)
        if seen.insert(target.banks).inserted { targets.append(target) }
      }
    }
    refreshTargets = targets
    refreshSchedule = refresh.map { way in
      RefreshSchedule(
        levelSizes: [1] + device.levelSizes.dropFirst(), scope: device.commands[way.command].scope ?? 0,
        across: device.commands[way.command].across, interval: way.interval)
    }
    if let refresh, let refreshSchedule {
      try RefreshPace.check(device, refresh, refreshSchedule.targets, roles)
    }
    powerDownAfter =
      roles.powerDownEnter != nil && roles.powerDownExit != nil ? settings.powerDownAfter ?? .max : .max
    selfRefreshAfter =
      roles.selfRefreshEnter != nil && roles.selfRefreshExit != nil ? settings.selfRefreshAfter ?? .max : .max
    var power: [ScheduleTable.Target] = []
    var domainOf = Array(repeating: 0, count: table.bankCount)
    if min(powerDownAfter, selfRefreshAfter) < .max, let command = roles.powerDownEnter ?? roles.selfRefreshEnter {
      var seen: Set<[Int]> = []
      for bank in 0..<table.bankCount {
        let target = table.target(scope: device.commands[command].scope ?? 0, across: [], around: bank)
        if seen.insert(target.banks).inserted { power.append(target) }
        domainOf[bank] = power.count - 1
      }
    }
    powerTargets = power
    powerDomainOf = domainOf
    let pseudoChannels = device.levels.firstIndex(of: "pseudochannel").map { device.levelSizes[1...$0].reduce(1, *) }
    banksPerPseudoChannel = device.banksPerChannel / (pseudoChannels ?? 1)
  }

  /// - Throws: when what a refresh covers cannot be closed by one command.
  func checkClosesAtOnce() throws(Refusal) {
    guard let refresh, closeCommand == nil else { return }
    throw Refusal(
      "device '\(device.name)' cannot close all banks before a refresh", at: Place(file: device.name),
      expected: "a command of kind pre with the scope of \(device.commands[refresh.command].name)")
  }

  /// - Throws: when one refresh covers a bank in each of several groups.
  func checkClosesOneByOne() throws(Refusal) {
    guard settings.refresh == .sameBank else { return }
    throw Refusal(
      "the scheduler of preset 'ramulator2.1' refreshes whole ranks or single banks", at: Place(file: device.name),
      value: settings.refresh.rawValue, expected: "refresh all-bank, per-bank or none")
  }

  /// - Throws: when an activation takes two commands, or an access one for the data clock, and rows and columns have buses
  ///   of their own.
  func checkSharesBus() throws(Refusal) {
    guard busKind != .single, !isPlain else { return }
    throw Refusal(
      "the scheduler of preset 'ramulator2.1' knows activations of two commands, and data clocks, where all commands share "
        + "one bus", at: Place(file: device.name), value: "buses for rows and columns",
      expected: "the preset default, or a device with one command bus")
  }

  /// - Throws: when an activation takes two commands, or an access one for the data clock.
  func checkActivatesAtOnce() throws(Refusal) {
    guard !isPlain else { return }
    throw Refusal(
      "the scheduler of preset 'dramsim3' does not know activations of two commands, nor a data clock",
      at: Place(file: device.name),
      expected: "another scheduler for \(device.standard), such as that of the presets default and ramulator2.1")
  }

  /// - Throws: when refreshes take turns among single banks.
  func checkRefreshesRanks() throws(Refusal) {
    guard refreshTakesTurns else { return }
    throw Refusal(
      "the scheduler of preset 'dramsim3' refreshes whole ranks only", at: Place(file: device.name),
      value: settings.refresh.rawValue, expected: "refresh all-bank or none")
  }

  /// - Throws: when ranks are put into self-refresh one by one, and the device's command does so to others or to less.
  func checkSleepsByRank() throws(Refusal) {
    guard settings.selfRefreshAfter != nil, let enter = roles.selfRefreshEnter, let rank = refreshTargets.first else {
      return
    }
    let command = device.commands[enter]
    let covered = table.target(scope: command.scope ?? 0, across: command.across, around: rank.banks[0])
    guard covered.banks != rank.banks else { return }
    throw Refusal(
      "the scheduler of preset 'dramsim3' puts ranks into self-refresh one by one, and '\(command.name)' covers others",
      at: Place(file: device.name), value: "self-refresh after \(settings.selfRefreshAfter ?? 0) cycles",
      expected: "no self-refresh, or the preset default")
  }

  /// Whether each refresh covers one bank, or one in each group, and they take turns.
  var refreshTakesTurns: Bool {
    refresh.map { device.commands[$0.command].scope == device.bankLevel } ?? false
  }

  private static func closeCommand(
    _ device: DeviceDescription, _ refresh: RefreshDescription?, _ roles: CommandRoles
  ) -> Int? {
    guard let refresh else { return nil }
    let command = device.commands[refresh.command]
    if command.scope == device.bankLevel { return roles.precharge }
    guard let all = roles.prechargeAll, device.commands[all].scope == command.scope else { return nil }
    return all
  }

  /// The commands that a controller with these settings issues.
  private static func used(
    _ device: DeviceDescription, _ settings: ControllerSettings, _ roles: CommandRoles, _ refresh: RefreshDescription?
  ) -> [Bool] {
    var used = Array(repeating: false, count: device.commands.count)
    var commands: [Int?] = [
      roles.activate, roles.activateSecond, roles.precharge, roles.prechargeAll, roles.read, roles.write,
      roles.readSync, roles.writeSync, refresh?.command,
    ]
    if case .closed = settings.rowPolicy { commands += [roles.readPrecharge, roles.writePrecharge] }
    if settings.selfRefreshAfter != nil { commands += [roles.selfRefreshEnter, roles.selfRefreshExit] }
    if settings.powerDownAfter != nil { commands += [roles.powerDownEnter, roles.powerDownExit] }
    for case let command? in commands { used[command] = true }
    return used
  }
}

extension DeviceDescription {
  /// The device's refresh of this kind.
  func refresh(_ kind: ControllerSettings.Refresh) throws(Refusal) -> RefreshDescription {
    func kindOf(_ way: RefreshDescription) -> ControllerSettings.Refresh {
      let command = commands[way.command]
      guard command.scope == bankLevel else { return .allBank }
      return command.across.isEmpty ? .perBank : .sameBank
    }
    guard let way = refreshes.first(where: { kindOf($0) == kind }) else {
      throw Refusal(
        "device '\(name)' has no \(kind.rawValue) refresh", at: Place(file: name),
        expected: "one of \((refreshes.map { kindOf($0).rawValue } + ["none"]).joined(separator: ", "))")
    }
    return way
  }
}
