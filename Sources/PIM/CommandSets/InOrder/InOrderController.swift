import Arch
import DRAM
import Files

/// A controller that takes instructions one by one and issues their commands in that order.
public struct InOrderController: CommandSetController {
  public static let name = "in-order"

  public init?(_ device: DeviceDescription, _ settings: inout Fields, _ d: inout Diagnostics) {
    settings.finish(&d, knownKeys: ["controller"])
  }

  public var kernels: [KernelSchema] { [] }
  public var runsInstructions: Bool { true }

  public func run(_ work: CommandSetWork, _ options: CommandSetOptions) throws(Refusal) -> CommandSetRun {
    CommandSetRun()
  }
}
