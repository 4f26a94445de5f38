import DRAM
import Files
import Report

/// A command trace checked against a device.
public enum TraceStudy {
  /// - Parameters:
  ///   - device: a shipped name or a path.
  ///   - commands: the path of a CSV trace, plain or gzip.
  ///   - channels: how many channels the trace may name, when a design has more than the device file; `nil` for the
  ///     device's own.
  public static func check(device: String, commands: String, channels: Int? = nil) throws(Refusal) -> CommandOutput {
    let data = try DataDirectory.locate()
    let path = try DataDirectory.find(kind: .devices, name: device, in: data)
    var d = Diagnostics()
    let description = DeviceFile.read(path: path, displayName: device, into: &d)
    try d.throwIfErrors()
    guard let description else { throw Refusal("no device", at: Place(file: device)) }
    let check = try TraceChecker.check(path: commands, displayName: commands, device: description, channels: channels)
    return CommandOutput(
      text: text(check, description), json: json(check, description), isGood: check.violationCount == 0,
      messages: d.warnings)
  }

  private static func json(_ check: TraceCheck, _ device: DeviceDescription) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("device", .text(device.name)),
      ("commands", .integer(check.commands)),
      ("per_command", .object(check.perCommand.map { ($0.name, .integer($0.count)) })),
      ("violation_count", .integer(check.violationCount)),
      (
        "violations",
        .array(
          check.violations.map {
            .object([
              ("index", .integer($0.index)), ("cycle", .integer($0.cycle)), ("command", .text($0.command)),
              ("constraint", .text($0.constraint)), ("earliest", .optional($0.earliest)),
            ])
          })
      ),
    ]
    if let compared = check.earliestCompared {
      members.append(("earliest_compared", .integer(compared)))
      members.append(("earliest_mismatches", .integer(check.earliestMismatches ?? 0)))
    }
    return .object(members)
  }

  private static func text(_ check: TraceCheck, _ device: DeviceDescription) -> String {
    var out = "\(check.commands) commands on \(device.name): "
    out += check.perCommand.map { "\($0.name) \($0.count)" }.joined(separator: ", ") + "\n"
    out +=
      check.violationCount == 0
      ? "no violation\n" : check.violationCount == 1 ? "1 violation\n" : "\(check.violationCount) violations\n"
    for violation in check.violations.prefix(20) {
      out += "  command \(violation.index), cycle \(violation.cycle), \(violation.command): \(violation.constraint)"
      if let earliest = violation.earliest { out += "; legal from cycle \(earliest)" }
      out += "\n"
    }
    if check.violationCount > 20 { out += "  … and \(check.violationCount - 20) more\n" }
    if let compared = check.earliestCompared {
      out += "earliest cycle: \(compared) compared, \(check.earliestMismatches ?? 0) different\n"
    }
    return out
  }
}
