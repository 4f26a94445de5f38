import Arch
import Files

// Supply currents of a recorded device: volts and milliamperes of one device, and how many make a rank.
extension RecordedDeviceFile {
  static func readEnergy(
    _ fields: inout Fields, _ assumed: inout [Assumption], _ d: inout Diagnostics
  ) -> DeviceEnergy {
    let none = DeviceEnergy(currents: nil, stated: [:])
    guard fields.contains("energy"), !fields.isNull("energy"),
      var energy = fields.fields("energy", of: "the energy", &d), energy.contains("vdd_idd"),
      var supply = energy.requiredFields("vdd_idd", of: "the supply", &d)
    else { return none }
    let devices = energy.requiredInteger("devices_per_rank", in: 1...NativeDeviceFile.maximumDevices, &d)
    let defaulted = energy.texts("vdd_idd_defaulted", &d) ?? []
    func value(_ name: String, isRequired: Bool = true) -> Rational? {
      guard isRequired || supply.contains(name), let text = supply.requiredText(name, &d) else { return nil }
      guard case .success(let number) = QuantityParser.parse(text, as: .number), number.value.signum >= 0 else {
        d.error(
          "'\(name)' is not a number of \(name == "VDD" ? "volts" : "milliamperes")", at: supply.place(name),
          value: text, expected: "0 or more")
        return nil
      }
      if defaulted.contains(name) {
        let source = Source(mark: .assumption, text: "default of the program that was recorded")
        assumed.append(Assumption(parameter: "energy.vdd_idd.\(name)", value: text, source: source))
      }
      return name == "VDD" ? number.value : number.value / Rational(1000)
    }
    let vdd = value("VDD")
    let idd0 = value("IDD0")
    let idd2n = value("IDD2N")
    let idd3n = value("IDD3N")
    let idd4r = value("IDD4R")
    let idd4w = value("IDD4W")
    let idd5b = value("IDD5AB")
    let idd2p = value("IDD2P", isRequired: false)
    let idd3p = value("IDD3P", isRequired: false)
    let idd5pb = value("IDD5PB", isRequired: false)
    let idd6 = value("IDD6x", isRequired: false)
    guard let devices, let vdd, let idd0, let idd2n, let idd3n, let idd4r, let idd4w, let idd5b else { return none }
    return DeviceEnergy(
      currents: DeviceEnergy.Currents(
        vdd: vdd, idd0: idd0, idd2n: idd2n, idd3n: idd3n, idd4r: idd4r, idd4w: idd4w, idd5b: idd5b, idd2p: idd2p,
        idd3p: idd3p, idd5pb: idd5pb, idd6: idd6),
      devicesPerRank: devices, stated: [:])
  }
}
