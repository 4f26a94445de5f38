import Files

/// Values that replace those of a design's files, so that one file serves a whole study.
///
/// A path goes from the root of the design file, and on into the device file that a unit names:
/// `units.memory.device.rows`. See `Document.replacing` for what can be replaced.
public struct DesignVariant: Hashable, Sendable {
  public var replacements: [Replacement]

  /// The design with `replacements`; as its files state it when there are none.
  public init(_ replacements: [Replacement] = []) { self.replacements = replacements }

  /// Where a path leaves the design file for the device of a unit.
  static func deviceKey(_ path: String) -> (unit: String, rest: String)? {
    let keys = path.split(separator: ".", omittingEmptySubsequences: false)
    guard keys.count > 3, keys[0] == "units", keys[2] == "device" else { return nil }
    return (String(keys[1]), keys[3...].joined(separator: "."))
  }

  func applied(to document: Document, _ d: inout Diagnostics) -> AppliedVariant {
    let own = replacements.filter { Self.deviceKey($0.path) == nil }
    let (changed, replaced) = document.replacing(own, into: &d)
    return AppliedVariant(
      document: changed, replaced: replaced, waiting: replacements.filter { Self.deviceKey($0.path) != nil })
  }
}

/// A variant while its design is read.
struct AppliedVariant {
  var document = Document(file: "", root: DocumentNode(mark: Mark(line: 1, column: 1), content: .mapping([])))
  var replaced: [ReplacedValue] = []
  /// Replacements in devices that have not been read.
  var waiting: [Replacement] = []

  /// The device file of a unit with its replacements.
  mutating func device(of unit: String, _ document: Document, _ d: inout Diagnostics) -> Document {
    let mine = waiting.filter { DesignVariant.deviceKey($0.path)?.unit == unit }
    guard !mine.isEmpty else { return document }
    waiting.removeAll { mine.contains($0) }
    let inside = mine.map {
      Replacement(
        path: DesignVariant.deviceKey($0.path)?.rest ?? "", value: $0.value, origin: $0.origin, place: $0.place)
    }
    let (changed, done) = document.replacing(inside, into: &d)
    replaced += done.map { value in
      let whole = Replacement(
        path: "units.\(unit).device.\(value.replacement.path)", value: value.replacement.value,
        origin: value.replacement.origin, place: value.replacement.place)
      return ReplacedValue(replacement: whole, was: value.was, place: value.place)
    }
    return changed
  }

  /// Records an error for each replacement whose unit has no device.
  func checkDevices(_ d: inout Diagnostics) {
    guard !d.hasErrors else { return }
    for replacement in waiting {
      d.error(
        "no unit of the design has this device", at: replacement.place, value: replacement.path,
        expected: "units.NAME.device.KEY with NAME a unit that has a device")
    }
  }

  /// Where a finding belongs: with the value that was put in, when it is about that.
  func place(_ place: Place) -> Place { replaced.first { $0.place == place }?.replacement.place ?? place }
}
