import Arch

/// Sends `count` packets, one every `gap` cycles at the earliest, and notes when each went.
struct Producer: ClockedUnit {
  let out: ChannelIndex
  let gap: Int64
  let count: Int
  var sent: [Int64] = []
  private var ready: Int64 = 0

  init(out: ChannelIndex, gap: Int64, count: Int) {
    self.out = out
    self.gap = gap
    self.count = count
  }

  mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    while sent.count < count {
      guard let credit = ports.credit(on: out) else { return .blocked(Wait(.credit, on: out)) }
      let cycle = max(ready, credit.rawValue)
      guard cycle < horizon.rawValue else { return .at(Cycles(cycle)) }
      ports.send(Packet(handle: Int32(sent.count)), on: out, at: Cycles(cycle))
      sent.append(cycle)
      ready = cycle + gap
    }
    return .finished
  }

  mutating func finish(at end: Cycles) {}
}

/// Takes packets, works `time(handle)` cycles on each, passes it on if there is somewhere to pass it to.
struct Worker: ClockedUnit {
  let input: ChannelIndex
  let out: ChannelIndex?
  let times: [Int64]
  var taken: [Int64] = []
  private var free: Int64 = 0
  private var held: Packet?

  init(input: ChannelIndex, out: ChannelIndex?, times: [Int64]) {
    self.input = input
    self.out = out
    self.times = times
  }

  mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    while true {
      if let packet = held, let out {
        guard let credit = ports.credit(on: out) else { return .blocked(Wait(.credit, on: out)) }
        let cycle = max(free, credit.rawValue)
        guard cycle < horizon.rawValue else { return .at(Cycles(cycle)) }
        ports.send(packet, on: out, at: Cycles(cycle))
        free = cycle + 1
        held = nil
      }
      guard taken.count < times.count else { return .finished }
      guard let arrival = ports.arrival(on: input) else { return .blocked(Wait(.arrival, on: input)) }
      let cycle = max(free, arrival.rawValue)
      guard cycle < horizon.rawValue else { return .at(Cycles(cycle)) }
      let packet = ports.first(on: input)
      ports.take(on: input, at: Cycles(cycle))
      free = cycle + times[taken.count]
      taken.append(cycle)
      if out != nil { held = packet }
    }
  }

  mutating func finish(at end: Cycles) {}
}

/// Takes from two channels whichever has a packet first, the first channel in a tie: it must know that a channel is
/// empty, not only that nothing has come yet.
struct Arbiter: ClockedUnit {
  let inputs: [ChannelIndex]
  let count: Int
  var order: [(port: Int, cycle: Int64)] = []
  private var free: Int64 = 0

  init(inputs: [ChannelIndex], count: Int) {
    self.inputs = inputs
    self.count = count
  }

  mutating func advance(_ ports: inout Ports, from: Cycles, to horizon: Cycles) -> Next {
    while order.count < count {
      // A channel can have nothing before its first packet or, without one, before its horizon.
      let known = inputs.map { ports.arrival(on: $0) }
      let earliest = zip(inputs, known).map { max(free, ($1 ?? ports.horizon(of: $0)).rawValue) }
      let port = earliest[1] < earliest[0] ? 1 : 0
      guard known[port] != nil else {
        guard earliest[port] < Cycles.limit.rawValue else {
          return .blockedOnAny(inputs.map { Wait(.arrival, on: $0) })
        }
        // Equal times: the lower port wins, and it might still get a packet at that cycle.
        return .at(Cycles(max(earliest[port], from.rawValue)))
      }
      guard earliest[port] < horizon.rawValue else { return .at(Cycles(earliest[port])) }
      ports.take(on: inputs[port], at: Cycles(earliest[port]))
      order.append((port, earliest[port]))
      free = earliest[port] + 1
    }
    return .finished
  }

  mutating func finish(at end: Cycles) {}
}
