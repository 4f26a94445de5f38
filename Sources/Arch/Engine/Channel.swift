/// The whole timing contract between two units: how much fits, how long it takes there, how long a slot takes back.
public struct ChannelSpec: Hashable, Sendable {
  public let sender: UnitIndex
  public let receiver: UnitIndex
  /// Packets in flight or waiting, ≥ 1.
  public let capacity: Int
  /// Edges of the receiver's clock, ≥ 1, the first being the first strictly after the sender's edge.
  public let latency: Int64
  /// Edges of the sender's clock from the receiver's take to the slot's return, ≥ 1.
  public let creditReturn: Int64

  public init(sender: UnitIndex, receiver: UnitIndex, capacity: Int, latency: Int64, creditReturn: Int64 = 1) {
    precondition(capacity >= 1 && latency >= 1 && creditReturn >= 1, "a channel has registered ends")
    self.sender = sender
    self.receiver = receiver
    self.capacity = capacity
    self.latency = latency
    self.creditReturn = creditReturn
  }
}

/// A channel's state: packets with the tick at which each becomes visible, and slots with the tick at which each
/// becomes free again. Both are rings of `capacity` entries.
struct Channel {
  let spec: ChannelSpec
  let senderPeriod: Int64
  let receiverPeriod: Int64
  private var packets: [Packet]
  private var arrivals: [Int64]
  private var returns: [Int64]
  private var head = 0
  private(set) var queued = 0
  private var nextReturn = 0
  private var freeSlots: Int

  init(_ spec: ChannelSpec, senderPeriod: Int64, receiverPeriod: Int64) {
    self.spec = spec
    self.senderPeriod = senderPeriod
    self.receiverPeriod = receiverPeriod
    packets = Array(repeating: Packet(), count: spec.capacity)
    arrivals = Array(repeating: 0, count: spec.capacity)
    returns = Array(repeating: 0, count: spec.capacity)
    freeSlots = spec.capacity
  }

  /// The receiver's edge at which something sent at `tick` becomes visible.
  func arrival(ofSendAt tick: Int64) -> Int64 {
    (tick / receiverPeriod + spec.latency) * receiverPeriod
  }

  /// The sender's edge at which a slot taken at `tick` becomes usable again.
  func creditReturn(ofTakeAt tick: Int64) -> Int64 {
    (tick / senderPeriod + spec.creditReturn) * senderPeriod
  }

  /// When the packet that waits first became or becomes visible; `nil` when none was sent.
  var firstArrival: Int64? { queued > 0 ? arrivals[head] : nil }
  var firstPacket: Packet { packets[head] }

  /// The first tick at which the sender has a slot; `nil` while that depends on a take that has not happened.
  var creditTick: Int64? { freeSlots > 0 ? returns[nextReturn] : nil }

  /// Puts a packet in. The caller has checked `creditTick`. Returns the tick at which it arrives.
  mutating func send(_ packet: Packet, at tick: Int64) -> Int64 {
    precondition(freeSlots > 0 && returns[nextReturn] <= tick, "a send without credit")
    var slot = head + queued
    if slot >= spec.capacity { slot -= spec.capacity }
    let arrival = arrival(ofSendAt: tick)
    packets[slot] = packet
    arrivals[slot] = arrival
    queued += 1
    freeSlots -= 1
    nextReturn = nextReturn + 1 == spec.capacity ? 0 : nextReturn + 1
    return arrival
  }

  /// Takes the packet that waits first. Returns the tick at which its slot is the sender's again.
  mutating func take(at tick: Int64) -> Int64 {
    precondition(queued > 0 && arrivals[head] <= tick, "a packet taken before it arrived")
    head = head + 1 == spec.capacity ? 0 : head + 1
    queued -= 1
    var slot = nextReturn + freeSlots
    if slot >= spec.capacity { slot -= spec.capacity }
    let credit = creditReturn(ofTakeAt: tick)
    returns[slot] = credit
    freeSlots += 1
    return credit
  }
}
