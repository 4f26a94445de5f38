import Arch
import Dataflow
import Files

/// Reads baseline files.
public enum BaselineFile {
  static let knownKeys = ["baseline", "title", "kind", "source", "peaks", "runs-as", "memory", "power", "framework"]

  /// The largest baseline file that is looked at.
  public static let maximumBytes = 1 << 18

  /// Reads and checks a baseline file; every fault goes to `d`.
  ///
  /// - Parameter displayName: how messages name the file.
  public static func read(path: String, displayName: String, into d: inout Diagnostics) -> Baseline? {
    guard
      let document = DocumentReader.read(
        path: path, displayName: displayName, maximumBytes: maximumBytes, into: &d),
      let fields = Fields(document, of: "the baseline", &d)
    else { return nil }
    var reading = BaselineReading(fields: fields)
    let file = displayName.split(separator: "/").last.map(String.init) ?? displayName
    let digest = (try? SHA256.hex(ofFile: path)).map { [(name: file, sha256: $0)] } ?? []
    return reading.baseline(inputs: digest, &d)
  }
}

/// A baseline file being read, section by section.
private struct BaselineReading {
  var fields: Fields
  var source: Source?
  var name = ""
  var assumptions: [Assumption] = []

  init(fields: Fields) { self.fields = fields }

  mutating func baseline(inputs: [(name: String, sha256: String)], _ d: inout Diagnostics) -> Baseline? {
    let before = d.errorCount
    name = fields.requiredText("baseline", &d) ?? ""
    let title = fields.requiredText("title", &d)
    let kind = fields.requiredChoice("kind", of: Baseline.Kind.allCases.map(\.rawValue), &d)
      .flatMap(Baseline.Kind.init(rawValue:))
    source = fields.source("source", &d)
    let peaks = readPeaks(&d)
    let runsAs = readFallbacks(peaks, &d)
    let memory = readMemory(&d)
    let power = readPower(&d)
    let framework = readFramework(&d)
    fields.finish(&d, knownKeys: BaselineFile.knownKeys)
    guard d.errorCount == before, let title, let kind, let memory, let power else { return nil }
    return Baseline(
      name: name, title: title, kind: kind, peaks: peaks, runsAs: runsAs, bandwidth: memory.bandwidth,
      achievable: memory.achievable, capacity: memory.capacity, power: power.load, powerScope: power.scope,
      idlePower: power.idle, framework: framework, assumptions: assumptions, inputs: inputs)
  }

  private mutating func note<Value>(_ stated: Stated<Value>?, _ parameter: String) {
    if let found = stated?.assumption(named: "\(name) \(parameter)") { assumptions.append(found) }
  }

  private mutating func readPeaks(_ d: inout Diagnostics) -> [OperandFormat: Stated<Quantity>] {
    guard var section = fields.requiredFields("peaks", of: "the peaks", &d) else { return [:] }
    var peaks: [OperandFormat: Stated<Quantity>] = [:]
    for format in OperandFormat.allCases {
      guard
        let peak = section.statedQuantity(
          format.rawValue, .throughput, in: .positiveUpTo(Rational(1_000_000_000_000_000_000)), inheriting: source, &d)
      else { continue }
      peaks[format] = peak
      note(peak, "peaks.\(format.rawValue)")
    }
    let known = OperandFormat.allCases.map(\.rawValue)
    section.finish(&d, knownKeys: known)
    if section.keys.isEmpty {
      d.error(
        "the baseline has no peak: it could compute nothing", at: section.place(),
        expected: "at least one of \(known.joined(separator: ", "))")
    }
    return peaks
  }

  private mutating func readFallbacks(
    _ peaks: [OperandFormat: Stated<Quantity>], _ d: inout Diagnostics
  ) -> [OperandFormat: OperandFormat] {
    guard var section = fields.fields("runs-as", of: "the formats run as others", &d) else { return [:] }
    let known = OperandFormat.allCases.map(\.rawValue)
    var result: [OperandFormat: OperandFormat] = [:]
    for format in OperandFormat.allCases {
      guard let target = section.choice(format.rawValue, of: known, &d).flatMap(OperandFormat.init(rawValue:)) else {
        continue
      }
      let place = section.place(format.rawValue)
      if peaks[format] != nil {
        d.error(
          "'\(format.rawValue)' has a peak of its own", at: place, value: target.rawValue,
          expected: "no '\(format.rawValue)' under runs-as, or none under peaks")
      } else if peaks[target] == nil, !peaks.isEmpty {
        d.error(
          "'\(format.rawValue)' runs as a format without a peak", at: place, value: target.rawValue,
          expected:
            "one of \(OperandFormat.allCases.filter { peaks[$0] != nil }.map(\.rawValue).joined(separator: ", "))")
      } else if !target.holds(format) {
        d.error(
          "'\(target.rawValue)' does not hold every number of '\(format.rawValue)'", at: place, value: target.rawValue,
          expected: "a wider format")
      } else {
        result[format] = target
      }
    }
    section.finish(&d, knownKeys: known)
    return result
  }

  private mutating func readMemory(
    _ d: inout Diagnostics
  ) -> (bandwidth: Stated<Quantity>, achievable: Stated<Quantity>, capacity: Stated<Quantity>)? {
    guard var section = fields.requiredFields("memory", of: "the memory", &d) else { return nil }
    let bandwidth = section.requiredStatedQuantity(
      "bandwidth", .bandwidth, in: .positiveUpTo(Rational(1_000_000_000_000_000_000)), inheriting: source, &d)
    let achievable = section.requiredStatedQuantity(
      "achievable", .number, in: .positiveUpTo(.one), inheriting: source, &d)
    let capacity = section.requiredStatedQuantity(
      "capacity", .size, in: .positiveUpTo(Rational(1 << 60)), inheriting: source, &d)
    section.finish(&d, knownKeys: ["bandwidth", "achievable", "capacity"])
    note(bandwidth, "memory.bandwidth")
    note(achievable, "memory.achievable")
    note(capacity, "memory.capacity")
    guard let bandwidth, let achievable, let capacity else { return nil }
    return (bandwidth, achievable, capacity)
  }

  private mutating func readPower(
    _ d: inout Diagnostics
  ) -> (load: Stated<Quantity>, scope: Baseline.PowerScope, idle: Stated<Quantity>?)? {
    guard var section = fields.requiredFields("power", of: "the power", &d) else { return nil }
    let range = QuantityRange.positiveUpTo(Rational(1_000_000))
    let load = section.requiredStatedQuantity("load", .power, in: range, inheriting: source, &d)
    let scope = section.requiredChoice("scope", of: Baseline.PowerScope.allCases.map(\.rawValue), &d)
      .flatMap(Baseline.PowerScope.init(rawValue:))
    let idle = section.statedQuantity("idle", .power, in: range, inheriting: source, &d)
    section.finish(&d, knownKeys: ["load", "scope", "idle"])
    if let load, let idle, load.value.value < idle.value.value {
      d.error(
        "the idle power is more than that at load", at: idle.place, value: idle.text, expected: "at most \(load.text)")
    }
    note(load, "power.load")
    note(idle, "power.idle")
    guard let load, let scope else { return nil }
    return (load, scope, idle)
  }

  private mutating func readFramework(_ d: inout Diagnostics) -> Baseline.Framework? {
    guard var section = fields.fields("framework", of: "the framework", &d) else { return nil }
    let title = section.requiredText("title", &d)
    let own = section.source("source", &d) ?? source
    let overhead = section.requiredStatedQuantity("overhead", .time, in: .upTo(.one), inheriting: own, &d)
    note(overhead, "framework.overhead")
    var kernels: [String: Stated<Int64>] = [:]
    var other: Stated<Int64>?
    var perPass: Stated<Int64>?
    if var counts = section.requiredFields("kernels", of: "the kernels of the framework", &d) {
      let range: ClosedRange<Int64> = 0...10_000
      for kind in OperatorKind.names {
        guard let count = counts.statedInteger(kind, in: range, inheriting: own, &d) else { continue }
        kernels[kind] = count
        note(count, "framework.kernels.\(kind)")
      }
      other = counts.requiredStatedInteger("other", in: range, inheriting: own, &d)
      note(other, "framework.kernels.other")
      perPass = counts.requiredStatedInteger("pass", in: range, inheriting: own, &d)
      note(perPass, "framework.kernels.pass")
      counts.finish(&d, knownKeys: OperatorKind.names + ["other", "pass"])
    }
    section.finish(&d, knownKeys: ["title", "source", "overhead", "kernels"])
    guard let title, let overhead, let other, let perPass else { return nil }
    return Baseline.Framework(
      title: title, overhead: overhead, kernels: kernels, otherKernels: other, kernelsPerPass: perPass)
  }
}
