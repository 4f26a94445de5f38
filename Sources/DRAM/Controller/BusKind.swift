import Files

/// How many commands a channel takes in a cycle, and of which kind.
enum BusKind {
  /// One command in a cycle.
  case single
  /// A row command and a column command in a cycle (HBM2).
  case rowAndColumn
  /// As above at the rising edge of CK, which is every other cycle; only precharges at the falling edge (HBM3).
  case halfClock

  init(_ device: DeviceDescription) throws(Refusal) {
    let buses = Set(device.commands.map(\.bus))
    let limits = Dictionary(device.busLimits.map { ($0.bus, $0.limit) }, uniquingKeysWith: min)
    guard limits.values.allSatisfy({ $0 == 1 }) else {
      throw Refusal(
        "device '\(device.name)' takes several commands of a kind in a cycle", at: Place(file: device.name),
        expected: "one command in a cycle, or one on the bus 'row' and one on the bus 'col'")
    }
    if limits["any"] != nil || limits.isEmpty || buses == ["any"] {
      self = .single
    } else if Set(limits.keys) == ["row", "col"], buses.isSubset(of: ["row", "col"]) {
      self = device.ticksPerClock == 2 ? .halfClock : .rowAndColumn
    } else {
      throw Refusal(
        "device '\(device.name)' has command buses that no controller knows", at: Place(file: device.name),
        value: limits.keys.sorted().joined(separator: ", "), expected: "'any', or 'row' and 'col'")
    }
  }
}

/// What a row command at the rising edge forbids at the falling edge that it is paired with (HBM3).
struct RowPairing {
  private var edge: Int64 = -1
  private var pseudoChannel = -1
  private var bank = -1
  /// It covered all banks of its pseudo-channel.
  private var isWide = false

  /// A row command went at a rising edge. It restricts the falling edge that ends it: an activation takes three half
  /// clocks, others one.
  mutating func note(_ bank: Int, isActivate: Bool, isWide: Bool, _ banksPerPseudoChannel: Int, at clock: Int64) {
    edge = clock + (isActivate ? 3 : 1)
    pseudoChannel = bank / banksPerPseudoChannel
    self.bank = bank
    self.isWide = isWide
  }

  /// Whether a precharge of one bank, or of all, may go at a falling edge.
  func allowsPrecharge(of bank: Int, all: Bool, _ banksPerPseudoChannel: Int, at clock: Int64) -> Bool {
    clock != edge || bank / banksPerPseudoChannel != pseudoChannel || !(isWide || all || bank == self.bank)
  }
}
