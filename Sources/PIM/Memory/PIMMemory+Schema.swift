import Arch
import DRAM
import Dataflow
import Files

extension PIMMemory {
  public static let schema = UnitKindSchema(
    kind: "pim-memory",
    summary: "DRAM whose banks multiply their open rows with a vector buffer, all banks of a channel at once.",
    parameters: [
      ParameterSchema("device", .text, .required, "The memory device: a name of `devices/` or a path."),
      ParameterSchema("channels", .integer(1...4096), .required, "Independent channels, each with its own commands."),
      ParameterSchema(
        "mac",
        .group([
          ParameterSchema("lanes", .integer(1...4096), .required, "Multipliers of one bank's MAC unit."),
          ParameterSchema("format", .choice(ElementFormat.names), .required, "Number format of weights and vectors."),
          ParameterSchema(
            "frequency", .quantity(.frequency, .positive), .required,
            "Clock of the MAC units; each takes `lanes` elements per cycle."),
          ParameterSchema(
            "accumulators", .integer(1...1024), .required,
            "Results that a MAC unit holds before they must be read."),
        ]), .required, "The MAC unit beside each bank."),
      ParameterSchema(
        "vector-buffer", .quantity(.size, .positiveUpTo(Rational(1 << 30))), .required,
        "Vector that a channel broadcasts to its banks."),
      ParameterSchema(
        "refresh", .choice(["enabled", "disabled"]), .optional(default: "enabled"),
        "Whether the device's refresh is simulated."),
      ParameterSchema(
        "energy",
        .group([
          ParameterSchema("mac", .quantity(.energy, .nonNegative), .optional(default: nil), "One multiply-accumulate."),
          ParameterSchema(
            "buffer-write", .quantity(.energy, .nonNegative), .optional(default: nil),
            "One access-sized write to the vector buffer."),
          ParameterSchema(
            "buffer-read", .quantity(.energy, .nonNegative), .optional(default: nil),
            "One access-sized read of the vector buffer; its way to the banks is the device's internal-bus-bit."),
        ]), .optional(default: nil), "What the logic beside the banks costs; the device file prices the DRAM."),
    ])

  /// A memory as a design describes it, before a program is known.
  public struct Plan: Sendable {
    public let device: DeviceDescription
    public let geometry: MemoryGeometry
    let commands: PIMCommands
    let table: ConstraintTable
    let levelSizes: [Int]
    let macCycles: Int64
    let burstCycles: Int64
    let accumulators: Int64
    public let bufferElements: Int64
    public let elementBytes: Int64
    let isRefreshed: Bool
    let stated: [String: Price]
    /// The format of the cells and of the MAC units' operands; nil where it cannot be computed with.
    let elementFormat: FloatFormat?

    /// The most numbers that the timing states of all channels hold.
    private static let maximumStateSize: Int64 = 1 << 23
    /// The most elements that one multiply of a channel takes in, so that counts of events stay in 64 bits.
    private static let maximumLanes: Int64 = 1 << 20

    /// Checks what the schema cannot: that the parameters fit the device and each other.
    public init?(_ values: ParameterValues, device: DeviceDescription, unit: String, _ d: inout Diagnostics) {
      func place(_ path: String) -> Place { values[path]?.place ?? Place(file: device.name) }
      guard let commands = PIMCommands(device, at: place("device"), &d) else { return nil }
      let format = ElementFormat.bytes[values.text("mac.format")] ?? 2
      let burst = device.accessBytes / format
      let buffer = (values.quantity("vector-buffer").value / Rational(format)).int64 ?? 0
      let before = d.errorCount
      if device.rowBytes <= 0 || device.accessBytes % format != 0 {
        d.error(
          "unit '\(unit)': the device's accesses are no whole number of elements", at: place("device"),
          value: "\(device.accessBytes) B", expected: "a multiple of \(format) B")
      }
      if buffer < burst || burst == 0 || buffer % max(burst, 1) != 0 {
        d.error(
          "unit '\(unit)': the vector buffer does not hold a whole number of accesses", at: place("vector-buffer"),
          value: values.quantity("vector-buffer").text, expected: "a multiple of \(device.accessBytes) B")
      }
      // The channel level is the design's; the table covers one channel.
      var sizes = device.levelSizes
      sizes[0] = 1
      let banks = sizes.reduce(1, *)
      guard d.errorCount == before else { return nil }
      let channels = values.integer("channels")
      let macPeriod = Rational.one / values.quantity("mac.frequency").value
      let groups = (burst + values.integer("mac.lanes") - 1) / values.integer("mac.lanes")
      // What must lie between any two; a window is for several together, and a few may go at once.
      let columnCycles = max(1, device.longestLatency(from: commands.multiply, to: commands.multiply))
      guard let unitCycles = (macPeriod * Rational(groups) / device.period).roundedUp, unitCycles < 1 << 30 else {
        d.error(
          "unit '\(unit)': the MAC clock is too slow to simulate", at: place("mac.frequency"),
          value: values.quantity("mac.frequency").text)
        return nil
      }
      // A MAC unit that is slower than the columns sets the pace of multiplies, and of the results that follow them.
      let paced = device.adding(
        TimingConstraint(
          id: (device.constraints.map(\.id).max() ?? -1) + 1, level: 0, previous: [commands.multiply],
          next: [commands.multiply, commands.resultRead], latency: unitCycles, window: 1, sibling: false,
          expression: "MAC unit"))
      guard let table = ConstraintTable(paced, levelSizes: sizes),
        Int64(table.stateSize) * channels <= Self.maximumStateSize, Int64(banks) * burst <= Self.maximumLanes
      else {
        d.error(
          "unit '\(unit)' has too many channels and banks to simulate", at: place("channels"),
          value: "\(channels) channels of \(banks) banks", expected: "a memory that fits the budget of a run")
        return nil
      }
      self.device = paced
      geometry = MemoryGeometry(
        channels: channels, banks: Int64(banks), rowElements: device.rowBytes / format,
        burstElements: burst, rows: device.rows)
      self.commands = commands
      self.table = table
      levelSizes = sizes
      macCycles = max(unitCycles, columnCycles)
      burstCycles = max(
        1,
        device.constraints.filter { $0.previous.contains(commands.read) && $0.next.contains(commands.read) }
          .map(\.latency).min() ?? 1)
      accumulators = values.integer("mac.accumulators")
      bufferElements = buffer
      elementBytes = format
      elementFormat = ElementFormat.formats[values.text("mac.format")]
      isRefreshed = values.text("refresh") == "enabled"
      if isRefreshed && device.refresh == nil {
        d.error(
          "unit '\(unit)': refresh is enabled, but the device file has no refresh section", at: place("refresh"),
          value: device.name, suggestion: "add refresh: to the device, or say refresh: disabled")
        return nil
      }
      // A price under a name that is never counted would be lost.
      let priced = MemoryModel.Event.allCases.map(\.name) + ["refresh", "active-standby", "precharge-standby"]
      for event in device.energy.stated.keys.sorted() where !priced.contains(event) {
        d.error(
          "unit '\(unit)': the device prices an event that a PIM memory does not count",
          at: Place(file: device.name, detail: "energy.events"), value: event,
          expected: "one of \(priced.joined(separator: ", "))",
          suggestion: nearMiss(of: event, among: priced).map { "did you mean '\($0)'?" })
      }
      guard d.errorCount == before else { return nil }
      if isRefreshed, let refresh = device.refresh {
        // What a channel cannot do without between two rounds of refreshes: one multiply on a row opened for it.
        let path = [refresh.command, commands.activateAll, commands.multiply, commands.prechargeAll, refresh.command]
        let least = zip(path, path.dropFirst()).reduce(0) { $0 + device.longestLatency(from: $1.0, to: $1.1) }
        if least >= refresh.interval {
          d.error(
            "unit '\(unit)': refreshes leave no time to open a row, multiply and close it", at: place("device"),
            value: "\(least) cycles", expected: "less than the \(refresh.interval) between two refreshes")
          return nil
        }
      }
      var stated: [String: Price] = [:]
      for event in ["mac", "buffer-write", "buffer-read"] {
        stated[event] =
          values.optionalQuantity("energy.\(event)").map { .joules($0.value) }
          ?? .unknown(reason: "unit '\(unit)' states no energy for '\(event)'")
      }
      self.stated = stated
    }

    func model(_ wiring: Wiring) -> MemoryModel {
      MemoryModel(
        device: device, geometry: geometry, commands: commands, table: table, levelSizes: levelSizes,
        macCycles: macCycles, burstCycles: burstCycles, accumulators: accumulators, bufferElements: bufferElements,
        elementBytes: elementBytes, isRefreshed: isRefreshed, period: wiring.period,
        linkTicks: (device.accessBytes + wiring.linkWidth - 1) / wiring.linkWidth * wiring.beatTicks)
    }
  }
}

/// Number formats of weights and vectors, by the bytes of one element.
enum ElementFormat {
  static let bytes: [String: Int64] = ["int8": 1, "bf16": 2, "fp16": 2, "fp32": 4]
  static let names = ["bf16", "fp16", "fp32", "int8"]
  /// Those whose numbers can be computed with.
  static let formats: [String: FloatFormat] = ["bf16": .bf16, "fp16": .fp16, "fp32": .fp32]
}

extension PIMMemory {
  /// Builds the unit for a program: decodes its steps.
  ///
  /// - Parameter logLimit: commands per channel that are kept word for word; 0 for none.
  /// - Throws: when a step of the program is none of this kind, which only a damaged program has.
  public init(
    plan: Plan, wiring: Wiring, program: Program, unit: UnitIndex, name: String, logLimit: Int, exchange: ValueExchange
  ) throws(Refusal) {
    let steps = try DecodedSteps(
      program, unit: unit, name: name, kind: Self.schema.kind, decode: MemoryStep.init(opcode:operands:))
    guard
      steps.all.allSatisfy({ $0.fits(plan.geometry, bufferBursts: plan.bufferElements / plan.geometry.burstElements) })
    else {
      throw Refusal(
        "a step of the program does not fit the memory", at: Place(file: "program", detail: "unit '\(name)'"))
    }
    self.init(
      model: plan.model(wiring), wiring: wiring, program: steps,
      rowCount: program.rows.count, rowsUsed: program.rowsUsed[unit.rawValue], logLimit: logLimit, exchange: exchange)
  }
}
