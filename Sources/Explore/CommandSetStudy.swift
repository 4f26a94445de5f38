import Arch
import DRAM
import Files
import Report
import Systems

/// Kernels and instructions on a device's PIM commands.
public enum CommandSetStudy {
  /// What is to be run; texts are as they were given and are checked here.
  public struct Inquiry: Sendable {
    /// A shipped name or a path.
    public var device: String
    public var kernel: String?
    /// Options of the kernel by name, without dashes.
    public var options: [(name: String, text: String)]
    /// The path of a file of instructions, in place of a kernel.
    public var instructions: String?
    public var channels: Int64?
    public var isRefreshed: Bool
    public var hasPeerQuirks: Bool
    public var folds: Bool
    public var joinsChannels: Bool
    /// Where the commands are written; `nil` for nowhere.
    public var commandsOut: String?

    public init(
      device: String, kernel: String? = nil, options: [(name: String, text: String)] = [], instructions: String? = nil,
      channels: Int64? = nil, isRefreshed: Bool = true, hasPeerQuirks: Bool = false, folds: Bool = true,
      joinsChannels: Bool = true, commandsOut: String? = nil
    ) {
      self.device = device
      self.kernel = kernel
      self.options = options
      self.instructions = instructions
      self.channels = channels
      self.isRefreshed = isRefreshed
      self.hasPeerQuirks = hasPeerQuirks
      self.folds = folds
      self.joinsChannels = joinsChannels
      self.commandsOut = commandsOut
    }
  }

  /// Commands that a written trace may hold, over all channels.
  static let commandLimit = 1 << 24

  public static func run(_ inquiry: Inquiry) throws(Refusal) -> CommandOutput {
    let data = try DataDirectory.locate()
    let path = try DataDirectory.find(kind: .devices, name: inquiry.device, in: data)
    var d = Diagnostics()
    let device = DeviceFile.read(path: path, displayName: inquiry.device, into: &d)
    if let file = inquiry.commandsOut {
      if ![".csv", ".csv.gz"].contains(where: file.hasSuffix) {
        d.error(
          "the form of the command trace is unknown", at: Place(file: file),
          expected: "a name that ends in .csv or .csv.gz")
      }
      let inputs = [path] + [inquiry.instructions].compactMap(\.self)
      OutputPaths.check([file], of: "the trace", beside: inputs, called: "an input", others: "another output", &d)
    }
    try d.throwIfErrors()
    guard let device else { throw Refusal("no device", at: Place(file: inquiry.device)) }
    let session = try CommandSetSession(device: device, at: Place(file: inquiry.device))
    let result = try session.run(
      CommandSetSession.Request(
        kernel: inquiry.kernel, options: inquiry.options, instructions: inquiry.instructions,
        channels: inquiry.channels, isRefreshed: inquiry.isRefreshed, hasPeerQuirks: inquiry.hasPeerQuirks,
        folds: inquiry.folds, joinsChannels: inquiry.joinsChannels,
        logLimit: inquiry.commandsOut == nil ? 0 : commandLimit))
    if let file = inquiry.commandsOut { try write(result, to: file) }
    return CommandOutput(text: text(result, device), json: json(result, inquiry, device), messages: d.warnings)
  }

  private static func write(_ result: CommandSetResult, to file: String) throws(Refusal) {
    guard result.unloggedCommands == 0 else {
      throw Refusal(
        "the run issues more commands than a trace may hold", at: Place(file: file),
        value: "\(result.unloggedCommands) too many", expected: "at most \(commandLimit)",
        suggestion: "fewer channels, a smaller kernel")
    }
    var out = "cycle,command," + result.levels.joined(separator: ",") + ",row,column\n"
    result.forEachCommand { entry in
      out += "\(entry.cycle),\(entry.command),\(entry.channel),"
      for index in entry.path { out += "\(index)," }
      out += "\(entry.row),\(entry.column)\n"
    }
    let stream = try TextStream(path: file)
    let bytes = Array(out.utf8)
    for start in stride(from: 0, to: bytes.count, by: 4096) {
      let part = Array(bytes[start..<min(start + 4096, bytes.count)])
      try stream.reserve(part.count)
      stream.add(part)
    }
    try stream.commit()
  }

  private static func json(
    _ result: CommandSetResult, _ inquiry: Inquiry, _ device: DeviceDescription
  ) -> JSONValue {
    func counts(_ commands: [(name: String, count: Int64)]) -> JSONValue {
      .object(commands.map { ($0.name, .integer($0.count)) })
    }
    var members: [(key: String, value: JSONValue)] = [
      ("device", .text(device.name)),
      ("work", .text(inquiry.kernel ?? "instructions")),
      ("cycles", .integer(result.cycles)),
      ("clock_hz", .number((Rational.one / device.period).double)),
      ("lower_bound_cycles", .integer(result.lowerBound)),
      ("folded_cycles", .integer(result.foldedCycles)),
      ("refreshes", .integer(result.refreshes)),
      ("commands", counts(result.commands)),
      ("commands_all_channels", counts(result.allCommands)),
    ]
    members += energy("energy_j", result.energy)
    members.append(
      (
        "energy_breakdown",
        .object(
          result.energyBreakdown.map { event in
            (event.event, .object([("count", .integer(event.count))] + energy("energy_j", event.energy)))
          })
      ))
    return .object(members)
  }

  private static func energy(_ key: String, _ energy: Energy) -> [(key: String, value: JSONValue)] {
    switch energy {
    case .joules(let value): [(key, .number(value.double))]
    case .unknown(let reason): [(key, .null), ("\(key)_reason", .text(reason))]
    }
  }

  private static func text(_ result: CommandSetResult, _ device: DeviceDescription) -> String {
    var out = "\(result.cycles) cycles on \(device.name), at least \(result.lowerBound); "
    out += "\(result.refreshes) refreshes of a channel\n"
    let counts = result.commands.map { "\($0.name) \($0.count)" }
    out += "channel 0: " + (counts.isEmpty ? "no command" : counts.joined(separator: ", ")) + "\n"
    switch result.energy {
    case .joules(let value): out += "energy: \(value.double) J\n"
    case .unknown(let reason): out += "energy: unknown: \(reason)\n"
    }
    return out
  }
}
