import Arch

/// The channels of a design, and every unit's view of them.
struct Network {
  let channels: [ChannelSpec]
  let sites: [UnitSite]

  init(_ design: Design) {
    var channels: [ChannelSpec] = []
    var ends = Array(repeating: [UnitSite.End](), count: design.units.count)
    for link in design.links {
      let forward = ChannelIndex(channels.count)
      channels.append(
        ChannelSpec(
          sender: UnitIndex(link.first), receiver: UnitIndex(link.second), capacity: link.capacity,
          latency: link.latency))
      let backward = ChannelIndex(channels.count)
      channels.append(
        ChannelSpec(
          sender: UnitIndex(link.second), receiver: UnitIndex(link.first), capacity: link.capacity,
          latency: link.latency))
      let beat = design.grid.ticksPerCycle[link.clock]
      ends[link.first].append(
        UnitSite.End(
          peer: UnitIndex(link.second), peerRole: design.units[link.second].plan.role,
          peerCapacity: design.units[link.second].plan.capacity, outgoing: forward,
          incoming: backward, width: link.width, beatTicks: beat))
      ends[link.second].append(
        UnitSite.End(
          peer: UnitIndex(link.first), peerRole: design.units[link.first].plan.role,
          peerCapacity: design.units[link.first].plan.capacity, outgoing: backward,
          incoming: forward, width: link.width, beatTicks: beat))
    }
    self.channels = channels
    let names = design.units.map(\.name)
    sites = design.units.indices.map { unit in
      let dataUnit = ends[unit].first { $0.peerRole == .vector }?.peer.rawValue
      let number = dataUnit.flatMap { peer in
        ends[peer].filter { $0.peerRole == .memory }.firstIndex { $0.peer.rawValue == unit }
      }
      return UnitSite(
        unit: UnitIndex(unit), name: names[unit], unitNames: names, ends: ends[unit],
        period: design.grid.ticksPerCycle[design.units[unit].clock], numberAtDataUnit: number ?? 0)
    }
  }
}
