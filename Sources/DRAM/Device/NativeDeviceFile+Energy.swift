import Arch
import Files

// Supply currents and prices of a device of our own format.
extension NativeDeviceFile {
  private static let required = ["VDD", "IDD0", "IDD2N", "IDD3N", "IDD4R", "IDD4W", "IDD5B"]
  private static let optional = ["IDD2P", "IDD3P", "IDD5PB", "IDD6"]

  /// The most devices of a rank.
  static let maximumDevices: Int64 = 1 << 16

  static func readEnergy(
    _ fields: inout Fields, _ source: Source?, _ assumed: inout [Assumption], _ d: inout Diagnostics
  ) -> DeviceEnergy {
    guard var energy = fields.fields("energy", of: "the energy", &d) else {
      return DeviceEnergy(currents: nil, stated: [:])
    }
    let devices = energy.statedInteger("devices-per-rank", in: 1...maximumDevices, inheriting: source, &d)
    assumed.append(contentsOf: [devices?.assumption(named: "energy.devices-per-rank")].compactMap(\.self))
    var currents: DeviceEnergy.Currents?
    if let supply = energy.fields("supply", of: "the supply", &d) {
      currents = readCurrents(supply, source, &assumed, &d)
    }
    var prices: [String: Rational] = [:]
    if var events = energy.fields("events", of: "the energy events", &d) {
      for event in events.keys {
        guard let price = events.statedQuantity(event, .energy, in: .nonNegative, inheriting: source, &d) else {
          continue
        }
        prices[event] = price.value.value
        assumed.append(contentsOf: [price.assumption(named: "energy.events.\(event)")].compactMap(\.self))
      }
    }
    energy.finish(&d, knownKeys: ["devices-per-rank", "supply", "events"])
    return DeviceEnergy(currents: currents, devicesPerRank: devices?.value ?? 1, stated: prices)
  }

  private static func readCurrents(
    _ input: Fields, _ source: Source?, _ assumed: inout [Assumption], _ d: inout Diagnostics
  ) -> DeviceEnergy.Currents? {
    var supply = input
    var values: [String: Rational] = [:]
    for key in required + optional where required.contains(key) || supply.contains(key) {
      let dimension: Dimension = key == "VDD" ? .voltage : .current
      if let value = supply.requiredStatedQuantity(key, dimension, in: .positive, inheriting: source, &d) {
        values[key] = value.value.value
        assumed.append(contentsOf: [value.assumption(named: "energy.supply.\(key)")].compactMap(\.self))
      }
    }
    supply.finish(&d, knownKeys: required + optional)
    guard let vdd = values["VDD"], let idd0 = values["IDD0"], let idd2n = values["IDD2N"],
      let idd3n = values["IDD3N"], let idd4r = values["IDD4R"], let idd4w = values["IDD4W"],
      let idd5b = values["IDD5B"]
    else { return nil }
    return DeviceEnergy.Currents(
      vdd: vdd, idd0: idd0, idd2n: idd2n, idd3n: idd3n, idd4r: idd4r, idd4w: idd4w, idd5b: idd5b,
      idd2p: values["IDD2P"], idd3p: values["IDD3P"], idd5pb: values["IDD5PB"], idd6: values["IDD6"])
  }
}
