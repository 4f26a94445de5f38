import Arch
import DRAM
import Files
import Report

/// What a run of requests through a memory came to, in its three forms.
struct DRAMRunReport {
  private let run: MemoryRun
  private let device: DeviceDescription
  private let controller: ControllerDescription
  /// All channels together.
  private let total: ChannelRecord
  private let seconds: Double
  /// The energy, or the reason why nobody knows it.
  private let energy: MemoryEnergy?

  init(_ run: MemoryRun, _ device: DeviceDescription, _ controller: ControllerDescription) {
    self.run = run
    self.device = device
    self.controller = controller
    total = run.total
    seconds = (Rational(run.cycles) * device.period).double
    let activity = run.channels.compactMap(\.activity)
    // What a simulator makes of currents that its configuration lacks belongs to following it.
    let followsPeer = controller.settings.peerQuirks && controller.settings.scheduler == .bankQueues
    energy =
      activity.count == run.channels.count && !activity.isEmpty
      ? MemoryEnergy(activity, of: device, acceptingNegative: followsPeer) : nil
  }

  private var totalEnergy: Energy {
    energy?.total ?? .unknown(reason: "the device file gives no supply currents and no energies")
  }

  /// Bytes that the requests asked for, in a second.
  private var bandwidth: Double? {
    guard seconds > 0 else { return nil }
    return Double(total.reads + total.writes) * Double(device.accessBytes) / seconds
  }

  // MARK: JSON

  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("device", .text(device.name)), ("controller", .text(controller.name)),
      ("requests", .integer(run.requests)), ("cycles", .integer(run.cycles)),
      ("cycles_simulated", .integer(run.cyclesSimulated)),
      ("clock_hz", .number((Rational.one / device.period).double)), ("time_s", .number(seconds)),
    ]
    members += counts(total)
    members.append(("bandwidth_bytes_per_s", .optional(bandwidth)))
    members.append(("energy_j", Self.joules(totalEnergy)))
    switch totalEnergy {
    case .joules(let value): members.append(("energy_exact", .text("\(value)")))
    case .unknown(let reason): members.append(("energy_reason", .text(reason)))
    }
    members.append(("energy", energy.map(energies) ?? .null))
    members.append(("latency", Self.latency(total.readLatency)))
    members.append(
      (
        "latency_histogram",
        .array(total.readLatency.entries.map { .array([.integer($0.cycles), .integer($0.reads)]) })
      ))
    members.append(("channels", .array(run.channels.indices.map(channel))))
    members.append(
      (
        "assumptions",
        .array(
          (device.assumptions + controller.assumptions + controller.settings.unsourcedDefaults).map { assumption in
            .object([
              ("parameter", .text(assumption.parameter)), ("value", .text(assumption.value)),
              ("source", assumption.source.map { .text($0.description) } ?? .null),
            ])
          })
      ))
    members.append(("peer_quirks", .boolean(controller.settings.peerQuirks)))
    return .object(members)
  }

  private func channel(_ index: Int) -> JSONValue {
    let record = run.channels[index]
    return .object(
      [("channel", .integer(Int64(index)))] + counts(record) + [
        ("latency", Self.latency(record.readLatency)), ("last_completion", .integer(record.lastCompletion)),
        ("energy_j", energy.map { Self.joules($0.total(channel: index)) } ?? .null),
      ])
  }

  private func counts(_ record: ChannelRecord) -> [(key: String, value: JSONValue)] {
    [
      ("commands", .object(commands(record).map { ($0.name, .integer($0.count)) })),
      ("row_hits", .integer(record.rowHits)), ("row_misses", .integer(record.rowMisses)),
      ("row_conflicts", .integer(record.rowConflicts)), ("forwarded_reads", .integer(record.forwardedReads)),
      ("merged_writes", .integer(record.mergedWrites)), ("merged_reads", .integer(record.mergedReads)),
      ("dual_commands", .integer(record.dualCommands)), ("reads", .integer(record.reads)),
      ("writes", .integer(record.writes)),
    ]
  }

  /// Commands that were issued, in the device's order.
  private func commands(_ record: ChannelRecord) -> [(name: String, count: Int64)] {
    device.commands.indices.filter { record.commands[$0] > 0 }.map { (device.commands[$0].name, record.commands[$0]) }
  }

  private static func latency(_ reads: LatencyHistogram) -> JSONValue {
    .object([
      ("mean", .optional(reads.mean)), ("p50", .optional(reads.percentile(50))),
      ("p99", .optional(reads.percentile(99))), ("max", .optional(reads.count > 0 ? reads.maximum : nil)),
    ])
  }

  private func energies(_ energy: MemoryEnergy) -> JSONValue {
    func kinds(_ of: (MemoryEnergy.Kind) -> Energy) -> JSONValue {
      .object(MemoryEnergy.Kind.allCases.map { ($0.name, Self.joules(of($0))) })
    }
    return .object([
      ("by_kind", kinds { energy[$0] }),
      (
        "channels",
        .array(
          run.channels.indices.map { channel in
            .object([
              ("energy_j", Self.joules(energy.total(channel: channel))),
              (
                "ranks",
                .array(
                  energy.ranks.filter { $0.channel == channel }.map { rank in
                    .object([("energy_j", Self.joules(rank.total)), ("by_kind", kinds { rank[$0] })])
                  })
              ),
            ])
          })
      ),
    ])
  }

  private static func joules(_ energy: Energy) -> JSONValue { energy.joules.map { .number($0.double) } ?? .null }

  // MARK: Text

  var text: String {
    var out = "\(Figures.grouped(run.requests)) requests on \(device.name), controller \(controller.name)\n\n"
    func line(_ name: String, _ value: String) {
      out += "  " + name + String(repeating: " ", count: max(22 - name.count, 1)) + value + "\n"
    }
    line("cycles", "\(Figures.grouped(run.cycles))  (\(Figures.scaled(seconds, "s")))")
    line("bandwidth", Figures.scaled(bandwidth, "B/s"))
    line("reads, writes", "\(Figures.grouped(total.reads)), \(Figures.grouped(total.writes))")
    let taken = [
      ("reads from writes", total.forwardedReads), ("writes merged", total.mergedWrites),
      ("reads merged", total.mergedReads),
    ]
    for (name, count) in taken where count > 0 { line(name, Figures.grouped(count)) }
    let reads = total.readLatency
    if let mean = reads.mean, let half = reads.percentile(50), let most = reads.percentile(99) {
      line(
        "read latency",
        "mean \(Figures.significant(mean)), p50 \(half), p99 \(most), max \(reads.maximum) cycles")
    }
    line(
      "rows",
      "\(Figures.grouped(total.rowHits)) hits, \(Figures.grouped(total.rowMisses)) misses, "
        + "\(Figures.grouped(total.rowConflicts)) conflicts")
    line("commands", commands(total).map { "\($0.name) \(Figures.grouped($0.count))" }.joined(separator: ", "))
    switch totalEnergy {
    case .joules(let value): line("energy", Figures.scaled(value.double, "J"))
    case .unknown(let reason): line("energy", "unknown: \(reason)")
    }
    if run.channels.count > 1 { out += "\n" + channelTable }
    return out
  }

  private var channelTable: String {
    var table = TextTable([
      ("channel", .right), ("reads", .right), ("writes", .right), ("hits", .right), ("misses", .right),
      ("conflicts", .right), ("mean latency", .right), ("energy", .right),
    ])
    for (index, record) in run.channels.enumerated() {
      let counts = [record.reads, record.writes, record.rowHits, record.rowMisses, record.rowConflicts]
      table.add(
        ["\(index)"] + counts.map(Figures.grouped) + [
          Figures.significant(record.readLatency.mean),
          Figures.scaled(energy?.total(channel: index).joules?.double, "J"),
        ])
    }
    return table.text()
  }

  // MARK: CSV

  /// One line per channel.
  var csv: String {
    var out =
      "device,controller,channel,reads,writes,row_hits,row_misses,row_conflicts,forwarded_reads,merged_writes,"
      + "merged_reads,mean_latency,last_completion,energy_j\n"
    for (index, record) in run.channels.enumerated() {
      let counts = [
        record.reads, record.writes, record.rowHits, record.rowMisses, record.rowConflicts, record.forwardedReads,
        record.mergedWrites, record.mergedReads,
      ]
      let cells =
        [device.name, controller.name, "\(index)"] + counts.map(String.init) + [
          record.readLatency.mean.map { "\($0)" } ?? "", "\(record.lastCompletion)",
          energy?.total(channel: index).joules.map { "\($0.double)" } ?? "",
        ]
      out += cells.map(RunReportCSV.quoted).joined(separator: ",") + "\n"
    }
    return out
  }
}
