import Arch

/// Which row each bank holds open, and what a command may not do because of it.
public struct BankStates: Sendable {
  public enum Fault: String, Sendable {
    case activateOpenBank = "activate of a bank whose row is open"
    case rowNotOpen = "column command to a bank whose open row is another or none"
    case refreshOpenBank = "refresh of a bank whose row is open"
    case rowOutOfRange = "row beyond the device"
    case poweredDown = "command to a bank in power-down or self-refresh"
    case notPoweredDown = "exit of a power-down or self-refresh that was not entered"
  }

  private let levelSizes: [Int]
  private let device: DeviceDescription
  /// −1 closed.
  private var openRow: [Int64]
  private var isDown: [Bool]

  /// - Parameter levelSizes: those of the device, but for the channels.
  public init(levelSizes: [Int], of device: DeviceDescription) {
    self.levelSizes = levelSizes
    self.device = device
    openRow = Array(repeating: -1, count: levelSizes.reduce(1, *))
    isDown = Array(repeating: false, count: openRow.count)
  }

  /// Applies a command; the state changes even when it is at fault, so that one fault is reported once.
  public mutating func apply(_ kind: CommandKind, _ address: CommandAddress, row: Int64) -> Fault? {
    var fault: Fault?
    if !device.hasRow(row) { fault = .rowOutOfRange }
    for bank in coveredBanks(address) {
      if isDown[bank] != (kind == .powerDownExit || kind == .selfRefreshExit) {
        fault = isDown[bank] ? .poweredDown : .notPoweredDown
      }
      switch kind {
      case .activate, .activateFirst:
        if openRow[bank] >= 0 { fault = .activateOpenBank }
        if kind == .activate { openRow[bank] = max(row, 0) }
      case .activateSecond: openRow[bank] = max(row, 0)
      case .read, .write, .readPrecharge, .writePrecharge, .multiplyAccumulate, .rowOperation:
        if openRow[bank] < 0 || (row >= 0 && openRow[bank] != row) { fault = .rowNotOpen }
        if kind == .readPrecharge || kind == .writePrecharge { openRow[bank] = -1 }
      case .precharge: openRow[bank] = -1
      case .refresh: if openRow[bank] >= 0 { fault = .refreshOpenBank }
      case .selfRefreshEnter:
        if openRow[bank] >= 0 { fault = .refreshOpenBank }
        isDown[bank] = true
      case .powerDownEnter: isDown[bank] = true
      case .powerDownExit, .selfRefreshExit: isDown[bank] = false
      case .bufferWrite, .resultRead, .readSync, .writeSync, .modeChange, .other: break
      }
    }
    return fault
  }

  private func coveredBanks(_ address: CommandAddress) -> [Int] {
    var banks = [0]
    for (level, size) in levelSizes.enumerated() {
      let index = Int(address.indices[level])
      banks = banks.flatMap { bank in
        index >= 0 ? [bank * size + index] : (0..<size).map { bank * size + $0 }
      }
    }
    return banks
  }
}
