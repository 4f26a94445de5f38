import Arch
import DRAM
import Files

/// What never changes about a PIM memory during a run; all its channels share one.
final class MemoryModel: Sendable {
  let device: DeviceDescription
  let geometry: MemoryGeometry
  let commands: PIMCommands
  let table: ConstraintTable
  /// The address of each bank of a channel, by flat bank number.
  let bankAddresses: [CommandAddress]
  let levelSizes: [Int]
  /// Cycles of the device clock in which a MAC unit takes one burst.
  let macCycles: Int64
  /// Cycles that one burst occupies a channel's data path.
  let burstCycles: Int64
  /// Results that a MAC unit holds before they must be read.
  let accumulators: Int64
  /// Interface accesses that bring one result of every bank of a channel out.
  let accessesPerResult: Int64
  /// Elements that a vector buffer holds.
  let bufferElements: Int64
  let elementBytes: Int64
  let isRefreshed: Bool
  /// Whether multiplies on an open row follow each other at exactly `macCycles`: the longest rule between two is that
  /// pace, and all rules after a multiply count from the last one.
  let keepsPace: Bool
  /// Ticks of the common grid per cycle of the device, and that one access takes on the link towards the data unit.
  let period: Int64
  let linkTicks: Int64
  /// What a change of rows adds to the pace of multiplies, at the least.
  let rowSwitchCycles: Int64
  /// What a refresh between two multiplies adds at the least, beyond the row change that it comes with: a MAC unit that
  /// is slower than a row change hides some of it.
  let refreshCycles: Int64

  init(
    device: DeviceDescription, geometry: MemoryGeometry, commands: PIMCommands, table: ConstraintTable,
    levelSizes: [Int], macCycles: Int64, burstCycles: Int64, accumulators: Int64, bufferElements: Int64,
    elementBytes: Int64, isRefreshed: Bool, period: Int64, linkTicks: Int64
  ) {
    self.device = device
    self.geometry = geometry
    self.commands = commands
    self.table = table
    self.levelSizes = levelSizes
    self.macCycles = macCycles
    self.burstCycles = burstCycles
    self.accumulators = accumulators
    self.bufferElements = bufferElements
    self.elementBytes = elementBytes
    self.isRefreshed = isRefreshed
    self.period = period
    self.linkTicks = linkTicks
    let spacing =
      device.constraints.filter {
        $0.previous.contains(commands.multiply) && $0.next.contains(commands.multiply)
      }.map(\.latency).max() ?? 1
    keepsPace = CommandTiming(table).isNotedByLast(commands.multiply) && max(1, spacing) == macCycles
    // From the last multiply of one row to the first of the next.
    let rowChange =
      device.longestLatency(from: commands.multiply, to: commands.prechargeAll)
      + device.longestLatency(from: commands.prechargeAll, to: commands.activateAll)
      + device.longestLatency(from: commands.activateAll, to: commands.multiply)
    rowSwitchCycles = max(0, rowChange - macCycles)
    // Refreshes of parts of the channel may go side by side.
    let isWhole = device.refresh.map { device.commands[$0.command].scope == 0 } ?? false
    refreshCycles = isWhole ? device.refresh.map { max(0, $0.duration - max(0, macCycles - rowChange)) } ?? 0 : 0
    accessesPerResult =
      (geometry.banks * elementBytes + device.accessBytes - 1) / device.accessBytes
    bankAddresses = (0..<geometry.banks).map { flat in
      var rest = Int(flat)
      var address = CommandAddress.all
      for level in levelSizes.indices.reversed() {
        address.indices[level] = Int32(rest % levelSizes[level])
        rest /= levelSizes[level]
      }
      return address
    }
  }

  /// A command that covers the whole channel.
  static let wholeChannel = CommandAddress([0])

  /// What the event log knows of a command beside its time and row: which, where, and the column.
  @inline(__always)
  func digestWord(_ command: Int, _ address: CommandAddress, _ column: Int64) -> UInt64 {
    var place: UInt64 = 0
    if address != Self.wholeChannel {
      for level in 1..<levelSizes.count { place = place &* 33 &+ UInt64(address.indices[level] + 1) }
    }
    return UInt64(command) << 52 + (place & 0xFFF_FFFF) << 24 + UInt64(column) * Self.digestColumn
  }

  /// What one column is worth in it.
  static let digestColumn: UInt64 = 1

  /// Events that are counted per operator, in the order of the counters.
  enum Event: Int, CaseIterable {
    case activate, arrayRead, macRead, arrayWrite, mac, bufferWrite, bufferRead, interfaceBit, internalBusBit
    var name: String {
      switch self {
      case .activate: "activate"
      case .arrayRead: "array-read"
      // One burst from the row buffer of a bank to its MAC unit; the others go on over the internal bus.
      case .macRead: "mac-read"
      case .arrayWrite: "array-write"
      case .mac: "mac"
      case .bufferWrite: "buffer-write"
      case .bufferRead: "buffer-read"
      case .interfaceBit: "interface-bit"
      case .internalBusBit: "internal-bus-bit"
      }
    }
  }

  /// Why a channel with work to do issues nothing.
  enum Stall: Int, CaseIterable {
    /// A row is being opened (tRCD, tRRD, tFAW), or closed (tRAS, tRTP, tWR, tRP).
    case rowOpen, rowClose
    case refresh
    /// The spacing of column commands and turning the data bus around.
    case column
    /// Beats that have not come over the link yet.
    case linkData
    /// The last results on their way out.
    case resultDrain
    /// Other channels of the memory still work on the step.
    case otherChannels
    var name: String {
      switch self {
      case .rowOpen: "row-open"
      case .rowClose: "row-close"
      case .refresh: "refresh"
      case .column: "column"
      case .linkData: "link-data"
      case .resultDrain: "result-drain"
      case .otherChannels: "other-channels"
      }
    }
  }
}

extension DeviceDescription {
  /// Cycles that must lie between two commands, whatever else happens; 0 where nothing is said.
  func longestLatency(from previous: Int, to next: Int) -> Int64 {
    constraints.filter { !$0.sibling && $0.window == 1 && $0.previous.contains(previous) && $0.next.contains(next) }
      .map(\.latency).max() ?? 0
  }
}
