import Arch
import Files

// Supply currents and prices of a device of our own format.
extension NativeDeviceFile {
  static func readEnergy(
    _ fields: inout Fields, _ source: Source?, _ assumed: inout [Assumption], _ d: inout Diagnostics
  ) -> DeviceEnergy {
    guard var energy = fields.fields("energy", of: "the energy", &d) else {
      return DeviceEnergy(currents: nil, stated: [:])
    }
    var currents: DeviceEnergy.Currents?
    if var supply = energy.fields("supply", of: "the supply", &d) {
      var values: [Rational] = []
      let keys = ["VDD", "IDD0", "IDD2N", "IDD3N", "IDD4R", "IDD4W", "IDD5B"]
      for key in keys {
        let dimension: Dimension = key == "VDD" ? .voltage : .current
        if let value = supply.requiredStatedQuantity(key, dimension, in: .positive, inheriting: source, &d) {
          values.append(value.value.value)
          assumed.append(contentsOf: [value.assumption(named: "energy.supply.\(key)")].compactMap(\.self))
        }
      }
      supply.finish(&d, knownKeys: keys)
      if values.count == keys.count {
        currents = DeviceEnergy.Currents(
          vdd: values[0], idd0: values[1], idd2n: values[2], idd3n: values[3], idd4r: values[4], idd4w: values[5],
          idd5b: values[6])
      }
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
    energy.finish(&d, knownKeys: ["supply", "events"])
    return DeviceEnergy(currents: currents, stated: prices)
  }
}
