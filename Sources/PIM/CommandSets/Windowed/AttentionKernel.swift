import Arch
import DRAM
import Files

/// Attention of one query over the keys and values of its head, from the device file: which commands it is made of and
/// how a head lies in a channel.
struct AttentionKernel: Sendable {
  /// Where multipliers are, and what that makes of the work.
  struct Level: Sendable {
    let name: String
    let multiply: Int
    let activate: Int
    let precharge: Int
    /// The event that one burst of one multiplier costs, and multipliers that one command sets to work.
    let event: String
    let units: Int64
    /// Over how many places positions of a score, and elements of a head, are spread.
    let positions: Int64
    let elements: Int64
    /// In which order the bursts of a product fill the memory, fastest first: levels of the device, `column`, `row`.
    let bursts: [BurstDigit]
    let vectorWrites: [Int]
    let scoreResults: [Int]
    let vectorMoves: [Int]
    let valueResults: [Int]
  }

  /// One digit of the place of a burst.
  enum BurstDigit: Hashable, Sendable {
    case level(Int)
    case column
    case row
  }

  let vectorWrite: Int
  let vectorMove: Int
  let resultMove: Int
  let softmax: Int
  let scoresPerMove: Int64
  let valuesRow: Int64
  let room: Int64
  /// The second head of a pair takes the first one's values.
  let repeatsFirstValues: Bool
  let unconstrained: [(name: String, cycles: Int64)]
  let levels: [Level]

  static let keys = [
    "vector-write", "vector-move", "result-move", "softmax", "scores-per-move", "values-row", "room", "second-values",
    "without-power-constraint", "levels",
  ]

  init?(_ device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics) {
    let errors = d.errorCount
    func command(_ key: String, _ kind: CommandKind? = nil) -> Int {
      WindowedController.command(key, kind, of: device, &fields, &d) ?? 0
    }
    vectorWrite = command("vector-write")
    vectorMove = command("vector-move")
    resultMove = command("result-move")
    softmax = command("softmax")
    scoresPerMove = fields.requiredInteger("scores-per-move", in: 1...(1 << 20), &d) ?? 1
    valuesRow = fields.requiredInteger("values-row", in: 1...max(1, device.rows - 1), &d) ?? 1
    room = fields.requiredInteger("room", in: 1...(1 << 32), &d) ?? 1
    repeatsFirstValues = fields.requiredChoice("second-values", of: ["own", "first-head"], &d) == "first-head"
    unconstrained = Self.unconstrained(device, &fields, &d)
    levels = Self.levels(device, &fields, &d)
    fields.finish(&d, knownKeys: Self.keys)
    guard d.errorCount == errors else { return nil }
  }

  private static func unconstrained(
    _ device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> [(name: String, cycles: Int64)] {
    guard var other = fields.fields("without-power-constraint", of: "the pace without power constraint", &d) else {
      return []
    }
    let known = device.timing.map(\.name)
    return other.keys.compactMap { name in
      let cycles = other.integer(name, in: 1...(1 << 20), &d)
      guard known.contains(name) else {
        d.error(
          "no timing parameter of this name", at: other.place(name), value: clipped(name),
          expected: "a name under timing:", suggestion: nearMiss(of: name, among: known).map { "did you mean '\($0)'?" }
        )
        return nil
      }
      return cycles.map { (name, $0) }
    }
  }

  private static func levels(
    _ device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> [Level] {
    guard var list = fields.requiredFields("levels", of: "the levels of attention", &d) else { return [] }
    if list.keys.isEmpty { d.error("attention has no level", at: fields.place("levels")) }
    return list.keys.compactMap { name in
      guard var level = list.fields(name, of: "level '\(clipped(name))'", &d) else { return nil }
      return Self.level(name, device, &level, &d)
    }
  }

  private static func level(
    _ name: String, _ device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> Level? {
    let errors = d.errorCount
    let known = Array(device.levels.dropFirst())
    func places(_ key: String, in fields: inout Fields) -> [Int] {
      let names = fields.contains(key) ? fields.texts(key, &d) ?? [] : []
      if !fields.contains(key) { d.error("missing key '\(key)' in \(fields.what)", at: fields.place()) }
      let levels = names.compactMap { name in known.contains(name) ? device.levels.firstIndex(of: name) : nil }
      if levels.count != names.count || Set(levels).count != levels.count {
        d.error(
          "'\(key)' names no levels below the channel, each once", at: fields.place(key),
          value: names.map { clipped($0) }.joined(separator: ", "),
          expected: "some of \(known.joined(separator: ", "))")
      }
      return levels
    }
    func size(_ levels: [Int]) -> Int64 { Int64(levels.reduce(1) { $0 * device.levelSizes[$1] }) }
    var commands = [0, 0, 0]
    var event = ""
    var units: Int64 = 1
    if var multiply = fields.requiredFields("multiply", of: "the products of level '\(clipped(name))'", &d) {
      for (index, key) in [
        ("multiply", CommandKind.multiplyAccumulate), ("activate", .activate), ("precharge", .precharge),
      ]
      .enumerated() {
        commands[index] = WindowedController.command(key.0, key.1, of: device, &multiply, &d) ?? 0
      }
      event = multiply.requiredText("event", &d) ?? ""
      units = size(places("units", in: &multiply))
      multiply.finish(&d, knownKeys: ["multiply", "activate", "precharge", "event", "units"])
    }
    let positions = size(places("positions", in: &fields))
    let elements = size(places("elements", in: &fields))
    let bursts = Self.bursts(device, &fields, &d)
    let writes = places("vector-writes", in: &fields)
    let scores = places("score-results", in: &fields)
    let moves = places("vector-moves", in: &fields)
    let values = places("value-results", in: &fields)
    fields.finish(
      &d,
      knownKeys: [
        "multiply", "positions", "elements", "bursts", "vector-writes", "score-results", "vector-moves",
        "value-results",
      ])
    guard d.errorCount == errors else { return nil }
    return Level(
      name: name, multiply: commands[0], activate: commands[1], precharge: commands[2], event: event, units: units,
      positions: positions, elements: elements, bursts: bursts, vectorWrites: writes, scoreResults: scores,
      vectorMoves: moves, valueResults: values)
  }

  private static func bursts(
    _ device: DeviceDescription, _ fields: inout Fields, _ d: inout Diagnostics
  ) -> [BurstDigit] {
    let names = fields.texts("bursts", &d) ?? []
    let digits: [BurstDigit] = names.compactMap { name in
      switch name {
      case "column": .column
      case "row": .row
      default: device.levels.dropFirst().firstIndex(of: name).map { .level($0) }
      }
    }
    if digits.count != names.count || Set(digits).count != digits.count || digits.last != .row
      || !digits.contains(.column)
    {
      d.error(
        "'bursts' is no order of places", at: fields.place("bursts"),
        value: names.map { clipped($0) }.joined(separator: ", "),
        expected: "column and levels below the channel, each once, and row at the end")
    }
    return digits
  }

  var schema: KernelSchema {
    KernelSchema(
      name: "attention",
      options: [
        .init(.length, .integer(1...(1 << 24))), .init(.heads, .integer(1...(1 << 24))),
        .init(.headDimension, .integer(1...(1 << 16))), .init(.bytes, .choice(["1", "2", "4", "8"]), standard: "2"),
        .init(.level, .choice(levels.map(\.name)), standard: levels[0].name),
        .init(.powerConstraint, .choice(["on", "off"]), standard: "on"),
      ])
  }

  /// What commands cost: the device's command, the event's name and how often one command makes it happen.
  func events(of level: Level) -> [(command: Int, event: String, perCommand: Int64)] {
    [
      (level.multiply, level.event, level.units), (vectorWrite, "vector-write", 1), (vectorMove, "vector-move", 1),
      (resultMove, "result-move", 1), (softmax, "softmax", 1),
    ]
  }

  /// The device as it paces products where no power budget holds them back.
  func withoutPowerConstraint(_ device: DeviceDescription, at place: Place) throws(Refusal) -> DeviceDescription {
    guard !unconstrained.isEmpty else {
      throw Refusal(
        "the device states no pace without its power constraint", at: place, value: "off",
        expected: "--power-constraint on")
    }
    return try device.timed { name in
      unconstrained.first { $0.name == name }?.cycles ?? device.timing(named: name)
    }
  }
}

extension DeviceDescription {
  /// The device with its constraints worked out anew over other timing parameters.
  fileprivate func timed(_ value: (String) -> Int64?) throws(Refusal) -> DeviceDescription {
    var changed: [TimingConstraint] = []
    for old in constraints {
      guard let latency = try? LatencyExpression(old.expression).value(value) else {
        throw Refusal("a latency cannot be worked out", at: Place(file: name), value: old.expression)
      }
      changed.append(
        TimingConstraint(
          id: old.id, level: old.level, previous: old.previous, next: old.next, latency: latency, window: old.window,
          sibling: old.sibling, expression: old.expression))
    }
    var device = self
    device.constraints = changed
    return device
  }
}
