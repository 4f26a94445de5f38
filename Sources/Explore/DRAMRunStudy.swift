import Arch
import DRAM
import Files
import Foundation
import Report

/// Requests run through a memory with its controllers.
public struct DRAMRunStudy {
  /// A shipped name or a path.
  public var device: String
  /// The path of a request trace.
  public var requests: String
  /// The name of a preset, or the path of a controller file or of a recorded run.
  public var controller: String
  /// Channels instead of the device's own.
  public var channels: Int?
  /// A file of energy data instead of the device's own: a shipped name or a path.
  public var energy: String?
  /// How the memory is refreshed, instead of as the controller says: one of `refreshes`.
  public var refresh: String?
  /// A file for the commands, in the form that a trace check reads; gzip where the name ends in `.gz`.
  public var commandTrace: String?
  /// Files to write; the ending decides the form.
  public var outputs: [String] = []
  /// Whether clocks in which nothing happens are passed over.
  public var skips = true
  /// Whether channels to which the same happens are simulated once.
  public var joinsChannels = true
  /// Called now and then with the requests read, and which part of the trace that is if known.
  public var progress: ((_ requests: Int64, _ part: Double?) -> Void)?

  /// The forms that a report can be written in, by the ending of the file.
  public static let endings = [".json", ".csv"]
  public static let refreshes = ControllerSettings.Refresh.allCases.map(\.rawValue)
  public static let presets = ControllerSettings.presets

  public init(device: String, requests: String, controller: String = ControllerSettings.presets[0]) {
    self.device = device
    self.requests = requests
    self.controller = controller
  }

  /// Simulates and writes what is to be written.
  ///
  /// - Throws: when anything about the inputs is wrong; then no file is written.
  public func run() throws(Refusal) -> CommandOutput {
    try checkOutputs()
    var d = Diagnostics()
    let (device, controller) = try prepare(&d)
    let (run, seconds) = try simulate(device, controller)
    let report = DRAMRunReport(run, device, controller)
    for path in outputs {
      try AtomicFile.write(path.hasSuffix(".csv") ? report.csv : report.json.description, to: path)
    }
    return CommandOutput(
      text: report.text, json: report.json, messages: d.warnings,
      notes: [String(format: "loop_cpu_s: %.6f", seconds)])
  }

  private func checkOutputs() throws(Refusal) {
    var d = Diagnostics()
    for path in outputs where !Self.endings.contains(where: path.hasSuffix) {
      d.error(
        "the form of the report is unknown", at: Place(file: path),
        expected: "a name that ends in \(Self.endings.joined(separator: " or "))")
    }
    if let commandTrace, ![".csv", ".csv.gz"].contains(where: commandTrace.hasSuffix) {
      d.error(
        "the form of the command trace is unknown", at: Place(file: commandTrace),
        expected: "a name that ends in .csv or .csv.gz")
    }
    OutputPaths.check(
      outputs + [commandTrace].compactMap(\.self), of: "an output",
      beside: [device, requests, controller] + [energy].compactMap(\.self), called: "an input",
      others: "another output", &d)
    try d.throwIfErrors()
  }

  // MARK: Inputs

  /// The device and its controller, all options applied.
  func prepare(_ d: inout Diagnostics) throws(Refusal) -> (DeviceDescription, ControllerDescription) {
    let data = try DataDirectory.locate()
    let path = try DataDirectory.find(kind: .devices, name: device, in: data)
    guard var description = DeviceFile.read(path: path, displayName: device, into: &d) else {
      try d.throwIfErrors()
      throw Refusal("no device", at: Place(file: device))
    }
    var hasMap = true
    if let channels, channels != description.levelSizes.first {
      description.levelSizes[0] = channels
      if let map = description.addressMap {
        description.addressMap = map.with(channels: channels)
        hasMap = description.addressMap != nil
      }
      try checkSize(description)
    }
    if let energy {
      let path = try DataDirectory.find(kind: .energy, name: energy, in: data)
      if let overlay = DeviceFile.readEnergyOverlay(path: path, displayName: energy, into: &d) {
        description = description.replacingEnergy(overlay)
      }
    }
    var controller = try readController(description, &d)
    try d.throwIfErrors()
    if let refresh {
      guard let way = ControllerSettings.Refresh(rawValue: refresh) else {
        throw Refusal(
          "unknown refresh", at: Place(file: "--refresh"), value: refresh,
          expected: "one of \(Self.refreshes.joined(separator: ", "))")
      }
      controller.settings.refresh = way
    }
    guard hasMap || controller.settings.addressMap != nil else {
      throw Refusal(
        "the address map of device '\(description.name)' cannot be made to fit another number of channels",
        at: Place(file: device), value: "--channels \(description.levelSizes[0])",
        expected: "a power of two, and the channel's bits in one piece", suggestion: "give a controller file with a map"
      )
    }
    return (description, controller)
  }

  /// Channels of the option times the device's banks must be what a device file may have.
  private func checkSize(_ device: DeviceDescription) throws(Refusal) {
    guard device.levelSizes.reduce(1, *) <= DeviceDescription.maximumBanks else {
      throw Refusal(
        "so many channels make too many banks", at: Place(file: self.device),
        value: "\(device.levelSizes[0]) channels of \(device.banksPerChannel) banks",
        expected: "at most \(DeviceDescription.maximumBanks) banks in all")
    }
  }

  private func readController(
    _ device: DeviceDescription, _ d: inout Diagnostics
  ) throws(Refusal) -> ControllerDescription {
    if let settings = ControllerSettings.preset(controller) {
      return ControllerDescription(name: controller, settings: settings)
    }
    let lowered = controller.lowercased()
    guard controller.contains("/") || [".yaml", ".yml", ".json"].contains(where: lowered.hasSuffix) else {
      let near = nearMiss(of: controller, among: Self.presets)
      throw Refusal(
        "no controller of this name", at: Place(file: controller),
        expected: "one of \(Self.presets.joined(separator: ", ")), or a path",
        suggestion: near.map { "did you mean '\($0)'?" })
    }
    if let read = ControllerFile.read(path: controller, displayName: controller, device: device, into: &d) {
      return read
    }
    try d.throwIfErrors()
    throw Refusal("no controller", at: Place(file: controller))
  }

  // MARK: The run

  /// - Returns: what the run came to, and the processor's seconds that it took without reading and writing.
  private func simulate(
    _ device: DeviceDescription, _ controller: ControllerDescription
  ) throws(Refusal) -> (MemoryRun, Double) {
    let trace = try RequestTrace(path: requests, displayName: requests, device: device)
    let commands = try commandTrace.map { path throws(Refusal) in try IssuedCommandCSV(path: path, device: device) }
    let source = TimedRequests(trace, commands: commands, progress: progress)
    let log = commands.map { commands in
      CommandLog { issued in source.outside.measure { commands.write(issued) } }
    }
    let start = ProcessorTime.now
    do {
      let run = try RunMemory.run(
        source, on: device, settings: controller.settings, log: log, measuresActivity: device.energy.isKnown,
        skips: skips, joinsChannels: joinsChannels)
      let seconds = ProcessorTime.now - start - source.outside.seconds
      try commands?.commit()
      return (run, max(seconds, 0))
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("the run failed: \(error)", at: Place(file: requests))
    }
  }
}
