import Arch
import DRAM
import Files
import PIM

/// A device with PIM commands, by itself: what `accsim pim run` runs.
public struct CommandSetSession: Sendable {
  public let device: DeviceDescription
  private let controller: any CommandSetController

  /// What is to be run, as it was asked for.
  public struct Request: Sendable {
    /// A kernel with its options, by name; or else a file of instructions.
    public var kernel: String?
    public var options: [(name: String, text: String)]
    public var instructions: String?
    /// `nil` for as many as the device has.
    public var channels: Int64?
    public var isRefreshed: Bool
    public var hasPeerQuirks: Bool
    public var folds: Bool
    public var joinsChannels: Bool
    public var logLimit: Int

    public init(
      kernel: String? = nil, options: [(name: String, text: String)] = [], instructions: String? = nil,
      channels: Int64? = nil, isRefreshed: Bool = true, hasPeerQuirks: Bool = false, folds: Bool = true,
      joinsChannels: Bool = true, logLimit: Int = 0
    ) {
      self.kernel = kernel
      self.options = options
      self.instructions = instructions
      self.channels = channels
      self.isRefreshed = isRefreshed
      self.hasPeerQuirks = hasPeerQuirks
      self.folds = folds
      self.joinsChannels = joinsChannels
      self.logLimit = logLimit
    }
  }

  public init(device: DeviceDescription, at place: Place) throws(Refusal) {
    var d = Diagnostics()
    let controller = CommandSetRegistry.controller(of: device, at: place, &d)
    try d.throwIfErrors()
    guard let controller else { throw Refusal("the device has no controller", at: place) }
    self.device = device
    self.controller = controller
  }

  /// The device of a shipped name or a path.
  public init(named name: String) throws(Refusal) {
    let path = try DataDirectory.find(kind: .devices, name: name)
    var d = Diagnostics()
    let device = DeviceFile.read(path: path, displayName: name, into: &d)
    try d.throwIfErrors()
    guard let device else { throw Refusal("no device", at: Place(file: name)) }
    try self.init(device: device, at: Place(file: name))
  }

  /// Checks a device's `pim:` section, if it has one.
  public static func check(_ device: DeviceDescription, at place: Place, _ d: inout Diagnostics) {
    if device.pim != nil { _ = CommandSetRegistry.controller(of: device, at: place, &d) }
  }

  public func run(_ request: Request) throws(Refusal) -> CommandSetResult {
    let place = Place(file: "accsim pim run")
    var d = Diagnostics()
    let limit = Int64(device.levelSizes[0])
    let channels = request.channels ?? limit
    if !(1...limit).contains(channels) {
      d.error(
        "--channels is beyond the device '\(device.name)'", at: place, value: "\(channels)", expected: "1 to \(limit)")
    }
    let work = work(request, at: place, &d)
    if !request.isRefreshed || device.refresh != nil {
    } else {
      d.error(
        "the device '\(device.name)' states no refresh", at: place,
        expected: "--refresh disabled, or refresh: in the file")
    }
    try d.throwIfErrors()
    guard let work else { throw Refusal("nothing to run", at: place) }
    var options = CommandSetOptions(channels: Int(channels))
    options.isRefreshed = request.isRefreshed
    options.hasPeerQuirks = request.hasPeerQuirks
    options.folds = request.folds
    options.joinsChannels = request.joinsChannels
    options.logLimit = request.logLimit
    options.place = place
    return CommandSetResult(try controller.run(work, options), device)
  }

  private func work(_ request: Request, at place: Place, _ d: inout Diagnostics) -> CommandSetWork? {
    if let file = request.instructions {
      if !controller.runsInstructions {
        d.error("the device '\(device.name)' runs no files of instructions", at: place, expected: "--kernel")
      }
      for option in request.options {
        d.error("--\(option.name) goes with --kernel, not with --instructions", at: place, value: option.text)
      }
      return d.hasErrors ? nil : .instructions(path: file, displayName: file)
    }
    let names = controller.kernels.map(\.name)
    guard let name = request.kernel, let schema = controller.kernels.first(where: { $0.name == name }) else {
      d.error(
        "the device '\(device.name)' has no such kernel", at: place, value: request.kernel.map { clipped($0) },
        expected: "one of \(names.joined(separator: ", "))",
        suggestion: request.kernel.flatMap { nearMiss(of: $0, among: names) }.map { "did you mean '\($0)'?" })
      return nil
    }
    var options: [(option: KernelOption, text: String)] = []
    for option in request.options {
      guard let known = KernelOption(rawValue: option.name) else {
        d.error("no kernel has --\(option.name)", at: place, value: option.text)
        continue
      }
      options.append((known, option.text))
    }
    return schema.read(KernelRequest(kernel: name, options: options), at: place, &d).map { .kernel(name, $0) }
  }
}
