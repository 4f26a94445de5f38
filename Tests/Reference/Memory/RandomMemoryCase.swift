import DRAM

/// A random stream of requests with random settings for one device, of a kind that recorded runs do not have: few
/// addresses that come again and again, reads and writes mixed, bursts and gaps.
public struct RandomMemoryCase: Sendable {
  public let device: DeviceDescription
  public let settings: ControllerSettings
  public let requests: [MemoryRequest]

  /// - Parameter count: the most requests.
  public init(_ base: DeviceDescription, seed: UInt64, count: Int) {
    var random = RandomNumbers(seed: seed)
    let isBankQueues = base.commands.contains { $0.name == "ACTIVATE" }
    var device = base
    var settings = ControllerSettings.preset(isBankQueues ? "dramsim3" : "ramulator2.1") ?? ControllerSettings()
    Self.choose(&settings, device, isBankQueues, &random)
    Self.shortenRefresh(&device, settings, &random)
    // In the recorded device the second half of an activation is never late.
    if base.activationWindow != nil, random.happens(50) { device.activationWindow = Int64(1 + random.below(4)) }
    self.device = device
    self.settings = settings
    requests = Self.stream(device, 1 + random.below(count), &random)
  }

  private init(device: DeviceDescription, settings: ControllerSettings, requests: [MemoryRequest]) {
    (self.device, self.settings, self.requests) = (device, settings, requests)
  }

  /// The same stream for every channel of a memory of so many: each request comes to all of them in turn, but from some on
  /// channels may miss one, or be offered another.
  ///
  /// - Returns: `nil` where the device cannot have so many channels.
  public func spread(over channels: Int, seed: UInt64) -> RandomMemoryCase? {
    guard let map = device.addressMap?.with(channels: channels) else { return nil }
    var random = RandomNumbers(seed: seed)
    var device = device
    device.levelSizes[0] = channels
    device.addressMap = map
    var settings = settings
    if random.happens(70) { settings.requestsPerCycle = nil }
    let place = map.fields.prefix { $0.target != .level(0) }.reduce(map.shift) { $0 + $1.bits }
    let (first, same) = (random.below(channels), random.below(requests.count + 1))
    let faults = random.one(of: [0, 1, 5, 30])
    var spread: [MemoryRequest] = []
    for (index, request) in requests.enumerated() {
      for turn in 0..<channels {
        var own = request
        if index >= same && random.happens(faults) {
          if random.happens(30) { continue }
          if random.happens(50) { own.isWrite.toggle() } else { own.address = random.one(of: requests).address }
        }
        own.address &= ~(UInt64(channels - 1) << UInt64(place))
        own.address |= UInt64((first + turn) % channels) << UInt64(place)
        spread.append(own)
      }
    }
    return RandomMemoryCase(device: device, settings: settings, requests: spread)
  }

  private static func choose(
    _ settings: inout ControllerSettings, _ device: DeviceDescription, _ isBankQueues: Bool,
    _ random: inout RandomNumbers
  ) {
    if random.happens(50) {
      settings.rowPolicy = .closed(cap: isBankQueues ? 1 : 1 + random.below(3))
    }
    if random.happens(60) { settings.requestsPerCycle = random.one(of: [1, 1, 2, 3, 8]) }
    if random.happens(15) { settings.refresh = .none }
    if isBankQueues {
      if random.happens(25) { settings.commandQueue = 1 + random.below(8) }
      if random.happens(25) {
        settings.writeBuffer = 1 + random.below(40)
        settings.readBuffer = random.happens(50) ? settings.writeBuffer : 1 + random.below(40)
      }
      if settings.refresh != .none, random.happens(30) {
        settings.selfRefreshAfter = Int64(random.one(of: [1, 20, 100, 500, 1000]))
      }
      settings.drainCycles = Int64(random.one(of: [0, 100, 2000]))
    } else {
      settings.drainCycles = Int64(random.one(of: [0, 0, 0, 500]))
      if settings.refresh == .allBank, random.happens(35),
        device.refreshes.contains(where: { device.commands[$0.command].scope == device.bankLevel })
      {
        settings.refresh = .perBank
      }
      if random.happens(25) {
        settings.readBuffer = 1 + random.below(random.one(of: [40, 200, 2000]))
        settings.writeBuffer = 1 + random.below(random.one(of: [40, 200, 2000]))
      }
      if random.happens(25) {
        settings.highWatermark = random.one(of: [0.5, 0.75, 0.9, 1])
        // At 0 reads would never have their turn again.
        settings.lowWatermark = random.one(of: [0.05, 0.1, 0.25, 0.5])
      }
    }
  }

  /// Brings refreshes closer together, so that short streams meet them too.
  private static func shortenRefresh(
    _ device: inout DeviceDescription, _ settings: ControllerSettings, _ random: inout RandomNumbers
  ) {
    let factor = Int64(random.one(of: [1, 2, 4, 8]))
    device.refreshes = device.refreshes.map { way in
      let isOfOneBank = device.commands[way.command].scope == device.bankLevel
      let nodes = Int64(isOfOneBank ? device.banksPerChannel : 4)
      // What is left over suffices for requests to be served.
      let least = isOfOneBank ? way.interval : nodes * way.duration + 300
      let interval = max(least, way.interval / factor)
      return RefreshDescription(command: way.command, interval: interval, duration: way.duration)
    }
  }

  private static func stream(
    _ device: DeviceDescription, _ count: Int, _ random: inout RandomNumbers
  ) -> [MemoryRequest] {
    guard let map = device.addressMap else { return [] }
    let reach = random.one(of: [1, 2, 3, 4, 8, 16, 64])
    let pool = (0..<random.one(of: [1, 2, 4, 8, 16, 64, 256])).map { _ in address(map, reach, &random) }
    let writes = random.one(of: [0, 10, 30, 50, 50, 70, 90, 100])
    let gaps = random.one(of: [1, 2, 4, 8, 30, 100])
    let stay = random.one(of: [0, 50, 90, 99])
    let (repeats, fresh) = (random.one(of: [0, 0, 50, 90]), random.one(of: [0, 5, 50, 100]))
    let isUnaligned = random.happens(5)
    var arrival = Int64(random.one(of: [0, 0, 1, 300]))
    var requests: [MemoryRequest] = []
    for _ in 0..<count {
      if !random.happens(stay) { arrival += Int64(random.below(gaps)) }
      let address: UInt64
      if let last = requests.last, random.happens(repeats) {
        address = last.address
      } else {
        address = random.happens(fresh) ? self.address(map, reach, &random) : random.one(of: pool)
      }
      // Requests for other bytes of a burst are other requests.
      let offset = isUnaligned ? UInt64(random.below(1 << map.shift)) : 0
      requests.append(
        MemoryRequest(arrival: arrival, address: address | offset, isWrite: random.happens(writes)))
    }
    return requests
  }

  /// An address whose fields all take one of a few values.
  private static func address(_ map: AddressMap, _ reach: Int, _ random: inout RandomNumbers) -> UInt64 {
    var address: UInt64 = 0
    var position = map.shift
    for field in map.fields {
      let values = min(1 << field.bits, field.target == .row ? 1 + reach / 2 : reach)
      address |= UInt64(random.below(values)) << UInt64(position)
      position += field.bits
    }
    return address
  }
}
