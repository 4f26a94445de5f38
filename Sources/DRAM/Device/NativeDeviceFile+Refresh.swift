import Arch
import Files

// How a device of our own format is refreshed.
extension NativeDeviceFile {
  /// One way to refresh, or a list of them, the usual one first.
  static func readRefreshes(
    _ fields: inout Fields, _ draft: DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) -> [RefreshDescription] {
    guard let node = fields.node("refresh") else { return [] }
    var ways: [RefreshDescription] = []
    for item in node.items ?? [node] {
      guard let refresh = Fields(item, of: "the refresh", in: fields.file, &d),
        let way = readRefresh(refresh, draft, timing, &d)
      else { continue }
      if ways.contains(where: { $0.command == way.command }) {
        d.error(
          "two ways of refreshing have the same command", at: refresh.place("command"),
          value: draft.commands[way.command].name)
      }
      ways.append(way)
    }
    return ways
  }

  private static func readRefresh(
    _ input: Fields, _ draft: DeviceDraft, _ timing: [TimingParameter], _ d: inout Diagnostics
  ) -> RefreshDescription? {
    var refresh = input
    let commands = draft.commands.filter { $0.kind == .refresh }.map(\.name)
    let command = refresh.requiredChoice("command", of: commands, &d)
    func cycles(_ key: String) -> Int64? {
      guard let name = refresh.requiredText(key, &d) else { return nil }
      guard let value = timing.first(where: { $0.name == name })?.cycles else {
        d.error(
          "timing parameter '\(name)' is missing: refresh needs it", at: refresh.place(key), value: name,
          suggestion: nearMiss(of: name, among: timing.map(\.name)).map { "did you mean '\($0)'?" })
        return nil
      }
      guard value > 0 else {
        d.error("refresh \(key) '\(name)' is zero", at: refresh.place(key), value: "0", expected: "at least one cycle")
        return nil
      }
      return value
    }
    let interval = cycles("interval")
    let duration = cycles("duration")
    refresh.finish(&d, knownKeys: ["command", "interval", "duration"])
    guard let command, let interval, let duration,
      let index = draft.commands.firstIndex(where: { $0.name == command })
    else { return nil }
    guard duration < interval else {
      d.error(
        "a refresh takes as long as the interval between two", at: refresh.place("duration"),
        value: "\(duration) cycles", expected: "less than \(interval) cycles")
      return nil
    }
    let result = RefreshDescription(command: index, interval: interval, duration: duration)
    checkRefresh(result, draft, at: refresh.place(), &d)
    return result
  }

  /// Checks that refreshes can keep up with their interval: else a run would do nothing but refresh, ever further behind.
  private static func checkRefresh(
    _ refresh: RefreshDescription, _ draft: DeviceDraft, at place: Place, _ d: inout Diagnostics
  ) {
    let command = draft.commands[refresh.command]
    let scope = command.scope ?? 0
    for constraint in draft.constraints {
      if constraint.latency >= refresh.interval {
        d.error(
          "constraint \(constraint.id) is longer than the interval between two refreshes", at: place,
          value: "\(constraint.expression) = \(constraint.latency) cycles",
          expected: "less than \(refresh.interval) cycles")
        return
      }
    }
    // Each refresh takes the command bus for a cycle; a constraint between refreshes holds among all scopes below a
    // node of its level.
    var busiest: (cycles: Int64, what: String) = (1, "one cycle each")
    var scopes: Int64 = 1
    for level in draft.levelSizes.indices.reversed() {
      for constraint in draft.constraints where constraint.level == level && !constraint.sibling {
        guard constraint.previous.contains(refresh.command), constraint.next.contains(refresh.command) else { continue }
        // At most 2^33 cycles for 2^20 scopes.
        let cycles = max(constraint.latency, 1) * scopes
        if cycles > busiest.cycles { busiest = (cycles, "\(constraint.expression) for each of \(scopes)") }
      }
      // The channel level is the design's to choose; each channel has refreshes of its own.
      if level > 0 && level <= scope && !command.across.contains(level) { scopes *= Int64(draft.levelSizes[level]) }
    }
    if scopes > busiest.cycles { busiest = (scopes, "one cycle for each of \(scopes)") }
    if busiest.cycles >= refresh.interval {
      d.error(
        "the refreshes of a channel do not fit the interval", at: place,
        value: "\(busiest.cycles) cycles: \(busiest.what)", expected: "less than \(refresh.interval) cycles")
    }
  }
}
