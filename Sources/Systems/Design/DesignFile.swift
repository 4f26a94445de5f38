import Arch
import DRAM
import Dataflow
import Files

/// Reads design files.
public enum DesignFile {
  static let knownKeys = [
    "design", "title", "source", "clocks", "reference-clock", "units", "links", "mapping", "schedule",
  ]

  /// The most units of a design, and the most packets that its links hold.
  static let maximumUnits = 256
  static let maximumPackets: Int64 = 1 << 20

  /// The largest design file that is looked at.
  public static let maximumBytes = 1 << 20

  /// Reads and checks a design file and the device files that it names; every fault goes to `d`.
  ///
  /// - Parameters:
  ///   - displayName: how messages name the file.
  ///   - data: the folder of shipped data, in which devices are found by name.
  ///   - variant: values that replace those of the files.
  public static func read(
    path: String, displayName: String, data: String, variant: DesignVariant = .init(), into d: inout Diagnostics
  ) -> Design? {
    guard
      let stated = DocumentReader.read(
        path: path, displayName: displayName, maximumBytes: maximumBytes, into: &d)
    else { return nil }
    var own = Diagnostics()
    var applied = variant.applied(to: stated, &own)
    defer { d.add(own, at: applied.place) }
    guard let fields = Fields(applied.document, of: "the design", &own) else { return nil }
    var reading = DesignReading(fields: fields, data: data)
    reading.variant = applied
    reading.addInput(path, displayName)
    let design = reading.design(&own)
    applied = reading.variant
    applied.checkDevices(&own)
    guard !own.hasErrors else { return nil }
    return design
  }
}

/// A design file being read, section by section.
private struct DesignReading {
  var fields: Fields
  let data: String
  var variant = AppliedVariant()
  var source: Source?
  var clocks: [ClockDomain] = []
  /// Every clock that is written, readable or not, so that one fault does not make others.
  var clockNames: [String] = []
  var units: [(name: String, kind: String, clock: Int, plan: any UnitPlan)] = []
  var unitNames: [String] = []
  var links: [DesignLink] = []
  var assumptions: [Assumption] = []
  var formats: [(unit: String, format: String)] = []
  var inputs: [(name: String, sha256: String)] = []

  init(fields: Fields, data: String) {
    self.fields = fields
    self.data = data
  }

  mutating func addInput(_ path: String, _ displayName: String) {
    let name = displayName.split(separator: "/").last.map(String.init) ?? displayName
    if let digest = try? SHA256.hex(ofFile: path), !inputs.contains(where: { $0.name == name }) {
      inputs.append((name, digest))
    }
  }

  mutating func design(_ d: inout Diagnostics) -> Design? {
    let before = d.errorCount
    let name = fields.requiredText("design", &d) ?? ""
    _ = fields.text("title", &d)
    source = fields.source("source", &d)
    readClocks(&d)
    readUnits(&d)
    let reference = readReferenceClock(&d)
    readLinks(&d)
    let mapping = fields.requiredList("mapping", &d).map {
      MappingRule.read($0, units: unitNames, file: fields.file, &d)
    }
    let (prefill, overlap) = readSchedule(&d)
    fields.finish(&d, knownKeys: DesignFile.knownKeys)
    guard d.errorCount == before, let mapping else { return nil }
    checkRoles(&d)
    guard let grid = commonGrid(&d), d.errorCount == before else { return nil }
    var design = Design(
      name: name,
      units: units.map { DesignUnit(name: $0.name, kind: $0.kind, clock: $0.clock, plan: $0.plan) }, links: links,
      clocks: clocks, grid: grid, referenceClock: reference, mapping: mapping, prefill: prefill, overlap: overlap,
      assumptions: assumptions + units.flatMap(\.plan.assumptions) + variant.replaced.map(\.assumption),
      formats: formats, mappingPlace: fields.place("mapping"), inputs: inputs)
    design.replaced = variant.replaced
    return design
  }

  private mutating func readClocks(_ d: inout Diagnostics) {
    guard var section = fields.requiredFields("clocks", of: "the clocks", &d) else { return }
    clockNames = section.keys
    for name in section.keys {
      guard
        let frequency = section.statedQuantity(
          name, .frequency, in: .positiveUpTo(Rational(1_000_000_000_000)), inheriting: source, &d)
      else {
        // Known by name all the same, or everything that names it would be a fault too.
        clocks.append(ClockDomain(name: name, period: .one))
        continue
      }
      clocks.append(ClockDomain(name: name, period: Rational.one / frequency.value.value))
      assumptions.append(contentsOf: [frequency.assumption(named: "clock \(name)")].compactMap(\.self))
    }
    if section.keys.isEmpty {
      d.error("the design has no clock", at: section.place(), expected: "clocks: { core: 1 GHz }")
    }
  }

  private mutating func readReferenceClock(_ d: inout Diagnostics) -> Int {
    let name = fields.requiredChoice("reference-clock", of: clockNames, &d)
    return clocks.firstIndex { $0.name == name } ?? 0
  }

  private mutating func readUnits(_ d: inout Diagnostics) {
    guard var section = fields.requiredFields("units", of: "the units", &d) else { return }
    unitNames = section.keys
    guard unitNames.count <= DesignFile.maximumUnits else {
      d.error(
        "the design has too many units", at: section.place(), value: "\(unitNames.count)",
        expected: "at most \(DesignFile.maximumUnits)")
      return
    }
    for name in section.keys {
      guard var unit = section.fields(name, of: "unit '\(name)'", &d) else { continue }
      let kinds = UnitRegistry.schemas.map(\.kind)
      guard let kind = unit.requiredChoice("kind", of: kinds, &d), let schema = UnitRegistry.schema(of: kind) else {
        continue
      }
      let own = unit.source("source", &d) ?? source
      let hasClock = unit.contains("clock")
      let clockName = unit.choice("clock", of: clockNames, &d)
      let clockPlace = unit.place("clock")
      guard let values = schema.read(&unit, unitSource: own, &d) else { continue }
      let loaded = UnitRegistry.plan(
        kind, values, unit: name,
        devices: { device, place, d in
          self.device(device, of: name, place, &d).map { found in
            addInput(found.path, found.path)
            return found.device
          }
        }, &d)
      guard let plan = loaded else { continue }
      assumptions.append(contentsOf: values.stated.compactMap { $0.assumption(of: name) })
      noteFormat(values, name)
      if let period = plan.ownPeriod {
        if clockName != nil {
          d.error(
            "unit '\(name)' has the clock of its device", at: clockPlace, value: clockName, expected: "no clock: key")
        }
        clocks.append(ClockDomain(name: name, period: period))
        clockNames.append(name)
        units.append((name, kind, clocks.count - 1, plan))
      } else if let clock = clocks.firstIndex(where: { $0.name == clockName }) {
        units.append((name, kind, clock, plan))
      } else if !hasClock {
        d.error(
          "missing key 'clock' in unit '\(name)'", at: unit.place(),
          expected: "one of \(clockNames.joined(separator: ", "))")
      }
    }
  }

  private mutating func noteFormat(_ values: ParameterValues, _ unit: String) {
    if let format = values.optionalText("mac.format") {
      formats.insert((unit, format), at: 0)
    } else if let format = values.optionalText("format") {
      formats.append((unit, format))
    }
  }

  private mutating func device(
    _ name: String, of unit: String, _ place: Place, _ d: inout Diagnostics
  ) -> (device: DeviceDescription, path: String)? {
    do throws(Refusal) {
      let path = try DataDirectory.find(kind: .devices, name: name, in: data)
      let shown = path.hasPrefix(data + "/") ? String(path.dropFirst(data.count + 1)) : path
      guard let stated = DocumentReader.read(path: path, displayName: shown, into: &d) else { return nil }
      let document = variant.device(of: unit, stated, &d)
      return DeviceFile.read(document, into: &d).map { ($0, path) }
    } catch {
      for fault in error.diagnostics {
        d.error(
          fault.message, at: place, value: fault.value, expected: fault.expected, suggestion: fault.suggestion)
      }
      return nil
    }
  }

  private mutating func readLinks(_ d: inout Diagnostics) {
    guard let list = fields.requiredList("links", &d) else { return }
    var joined: Set<[String]> = []
    var room: Int64 = 0
    defer {
      if room > DesignFile.maximumPackets {
        d.error(
          "the links of the design hold too many packets", at: fields.place("links"), value: "\(room)",
          expected: "at most \(DesignFile.maximumPackets) in all")
      }
    }
    for (index, node) in list.enumerated() {
      guard var link = Fields(node, of: "link \(index + 1)", in: fields.file, &d) else { continue }
      let ends = link.requiredList("between", &d) ?? []
      let names = ends.compactMap { Scalars.choice(of: $0, among: unitNames, "an end", file: fields.file, &d) }
      let width = link.statedQuantity("width", .size, in: .positiveUpTo(Rational(1 << 20)), inheriting: source, &d)
      if let width, width.value.value.int64 == nil {
        d.error("the width of a link is no whole number of bytes", at: width.place, value: width.text)
      }
      let latency = link.requiredStatedInteger("latency", in: 1...(1 << 20), inheriting: source, &d)
      let capacity = link.requiredStatedInteger("capacity", in: 1...(1 << 16), inheriting: source, &d)
      let clock = link.choice("clock", of: clockNames, &d)
      link.finish(&d, knownKeys: ["between", "width", "latency", "capacity", "clock"])
      guard names.count == ends.count else { continue }
      let what = "link \(names.joined(separator: "-"))"
      assumptions.append(
        contentsOf: [
          width?.assumption(named: "\(what) width"), latency?.assumption(named: "\(what) latency"),
          capacity?.assumption(named: "\(what) capacity"),
        ].compactMap(\.self))
      guard names.count == 2, names[0] != names[1] else {
        if link.contains("between") {
          d.error(
            "a link joins two different units", at: link.place("between"), value: names.joined(separator: ", "),
            expected: "between: [first, second]")
        }
        continue
      }
      guard joined.insert(names.sorted()).inserted else {
        d.error(
          "two links join the same units", at: link.place("between"), value: names.joined(separator: ", "),
          expected: "one link between them")
        continue
      }
      room += 2 * (capacity?.value ?? 0)
      guard let first = units.firstIndex(where: { $0.name == names[0] }),
        let second = units.firstIndex(where: { $0.name == names[1] })
      else { continue }
      let isControl = units[first].plan.role == .controller || units[second].plan.role == .controller
      checkWidth(link, isControl: isControl, &d)
      guard let latency, let capacity else { continue }
      guard isControl || (width?.value.value.int64 != nil && clock != nil) else { continue }
      links.append(
        DesignLink(
          first: first, second: second, width: width?.value.value.int64 ?? 1, latency: latency.value,
          capacity: Int(capacity.value), clock: clocks.firstIndex { $0.name == clock } ?? 0))
    }
  }

  /// Data take time by the width and the clock of their link; steps and completions are messages of one cycle.
  private func checkWidth(_ link: Fields, isControl: Bool, _ d: inout Diagnostics) {
    for key in ["width", "clock"] where link.contains(key) == isControl {
      if isControl {
        d.error(
          "a link of the controller carries messages: its \(key) would mean nothing", at: link.place(key),
          expected: "between, latency and capacity")
      } else {
        d.error("missing key '\(key)' in \(link.what)", at: link.place(), expected: "width: 32 B, clock: NAME")
      }
    }
  }

  private mutating func readSchedule(_ d: inout Diagnostics) -> (Prefill, StepBuilder.Overlap) {
    guard var schedule = fields.requiredFields("schedule", of: "the schedule", &d) else { return (.perToken, .none) }
    let prefill = schedule.requiredChoice("prefill", of: Prefill.allCases.map(\.rawValue), &d)
    let overlap = schedule.requiredChoice("overlap", of: StepBuilder.Overlap.allCases.map(\.rawValue), &d)
    schedule.finish(&d, knownKeys: ["prefill", "overlap"])
    return (
      prefill.flatMap(Prefill.init(rawValue:)) ?? .perToken,
      overlap.flatMap(StepBuilder.Overlap.init(rawValue:)) ?? .none
    )
  }

  /// One controller, linked to every unit; every memory linked to one unit that takes and gives its data.
  private func checkRoles(_ d: inout Diagnostics) {
    let controllers = units.indices.filter { units[$0].plan.role == .controller }
    if controllers.count != 1 {
      d.error(
        "a design has one controller", at: fields.place("units"), value: "\(controllers.count) units of kind sequencer",
        expected: "exactly one unit of kind sequencer")
      return
    }
    if units.count(where: { $0.plan.role == .vector }) > 1 {
      d.error(
        "a design has at most one vector-unit: data do not yet travel between two", at: fields.place("units"),
        value: units.filter { $0.plan.role == .vector }.map(\.name).joined(separator: ", "))
    }
    for unit in units.indices where unit != controllers[0] {
      let peers = links.filter { $0.first == unit || $0.second == unit }.map { $0.first == unit ? $0.second : $0.first }
      if peers.filter({ $0 == controllers[0] }).count != 1 {
        d.error(
          "unit '\(units[unit].name)' needs one link to '\(units[controllers[0]].name)', which sends its steps",
          at: fields.place("links"), expected: "between: [\(units[controllers[0]].name), \(units[unit].name)]")
      }
      if units[unit].plan.role == .memory, peers.filter({ units[$0].plan.role == .vector }).count != 1 {
        d.error(
          "memory '\(units[unit].name)' needs one link to a vector-unit, which supplies its vectors",
          at: fields.place("links"))
      }
    }
  }

  private func commonGrid(_ d: inout Diagnostics) -> TickGrid? {
    do throws(ClockGridOverflow) {
      return try TickGrid(clocks)
    } catch {
      d.error(
        "the clocks have no common grid of 64-bit ticks", at: fields.place("clocks"),
        value: "\(error.ticks) ticks per cycle of '\(error.clock)'",
        expected: "at most \(TickGrid.longestPeriod) ticks: frequencies with a simple ratio")
      return nil
    }
  }
}
