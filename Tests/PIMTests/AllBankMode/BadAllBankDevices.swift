import Files
import PIM
import Testing

/// Device files and kernels that an all-bank mode refuses.
@Suite struct BadAllBankDevices {
  @Test(
    arguments: [
      ("units: 8", "units: 7", "pair of banks"),
      ("element-size: 2 B", "element-size: 3 B", "whole number of elements"),
      ("element-size: 2 B", "element-sice: 2 B", "missing key 'element-size'"),
      ("  vectors: 8\n", "  vectors: 100\n", "do not fit the register row"),
      ("program-bursts: 1", "program-bursts: 40", "do not fit the register row"),
      ("banks: [0, 1, 8, 9]", "banks: []", "names no bank"),
      ("banks: [0, 1, 8, 9]", "banks: [0, 0]", "named twice"),
      ("banks: [0, 1, 8, 9]", "banks: [0, 16]", "not a bank"),
      ("banks: [0, 1, 8, 9]", "banks: zero", "banks"),
      ("row: 6143", "row: 16384", "out of range"),
      ("mode: 0", "mode: 32", "out of range"),
      ("queue: 64", "queue: 0", "out of range"),
      ("queue: 64", "queue: 64\n  lanes: 3", "lanes"),
      ("refresh-after-precharge: tRP", "refresh-after-precharge: tRQ", "did you mean"),
      ("controller: all-bank-mode", "controller: all-bank-mod", "all-bank-mode"),
      ("scope: rank }", "scope: channel }", "one command of kind 'ref' with scope 'rank'"),
      ("tREFI: 3900", "tREFI: 400", "leave no time"),
      ("{ level: rank, previous: [REF]", "{ level: channel, previous: [REF]", "does not know such a constraint"),
      ("latency: tRRDL }", "latency: tRRDL, window: 2 }", "does not know such a constraint"),
      ("bankgroup: 4, bank: 4 }", "bankgroup: 4, half: 2, bank: 2 }", "does not know these levels"),
      ("bankgroup: 4, bank: 4 }", "bankgroup: 4, bank: 32 }", "this organisation"),
    ] as [(String, String, String)])
  func isRefused(_ old: String, _ new: String, _ message: String) throws {
    let (device, d) = try AllBankDevice.diagnostics([(old, new)])
    let isRefused = device == nil
    #expect(isRefused)
    #expect(d.items.contains { "\($0)".contains(message) }, "\(d.items)")
    #expect(d.items.allSatisfy { "\($0)".contains("device.yaml") }, "\(d.items)")
  }

  /// A mode that never ends, since one of its registers lies in a bank that it does not reach: the run ends with a message.
  @Test(arguments: [true, false], [true, false]) func aModeThatNeverEndsIsFound(_ refresh: Bool, _ quirks: Bool) throws
  {
    let device = try AllBankDevice.make([("banks: [0, 1] }", "banks: [0, 1, 2] }")])
    let refusal = #expect(throws: Refusal.self) {
      try device.run(
        AllBankDevice.Run(kernel: "gemv", out: 1, inputs: 1, isRefreshed: refresh, hasPeerQuirks: quirks))
    }
    #expect("\(try #require(refusal))".contains("waits for ever"))
  }

  /// A mode that is left too late or never entered: whatever comes of it, the run ends.
  @Test(arguments: [
    ("banks: [0, 1, 8, 9]", "banks: [5]"), ("row: 8191, column: 31", "row: 6143, column: 31"),
    ("row: 6143, column: 31", "row: 4096, column: 0"), ("row: 16383, mode", "row: 4096, mode"),
    ("row: 16383, mode", "row: 0, mode"), ("mode: 0, program: 4", "mode: 0, program: 0"), ("queue: 64", "queue: 2"),
  ])
  func everyRunEnds(_ old: String, _ new: String) throws {
    let device = try AllBankDevice.make([(old, new)])
    for quirks in [false, true] {
      _ = try? device.run(AllBankDevice.Run(kernel: "gemv", out: 9000, inputs: 300, hasPeerQuirks: quirks))
      _ = try? device.run(AllBankDevice.Run(kernel: "mul", out: 300_000, isRefreshed: false, hasPeerQuirks: quirks))
    }
  }

  @Test(arguments: [
    AllBankDevice.Run(kernel: "gemv", out: 1 << 40, inputs: 1 << 40),
    AllBankDevice.Run(kernel: "gemv", out: 1 << 22, inputs: 1 << 12),
    AllBankDevice.Run(kernel: "gemv", out: 1, inputs: 1 << 30),
    AllBankDevice.Run(kernel: "gemv", out: 4096, inputs: 4096, batch: 1 << 20),
    AllBankDevice.Run(kernel: "add", out: 1 << 40), AllBankDevice.Run(kernel: "relu", out: 1 << 33),
    AllBankDevice.Run(kernel: "add", out: 1 << 33, hasPeerQuirks: true),
    AllBankDevice.Run(kernel: "host-gemv", out: 1 << 20, inputs: 1 << 20),
    AllBankDevice.Run(kernel: "host-relu", out: 1 << 40),
  ])
  func kernelsThatDoNotFitAreRefused(_ run: AllBankDevice.Run) throws {
    let device = try AllBankDevice.make()
    let refusal = #expect(throws: Refusal.self) { try device.run(run) }
    #expect(refusal?.diagnostics.first?.expected != nil, "\(refusal.map { "\($0)" } ?? "")")
  }

  @Test func anElementwiseKernelHasAsManyInputsAsOutputs() throws {
    let device = try AllBankDevice.make()
    let schema = try #require(device.controller.kernels.first { $0.name == "add" })
    var d = Diagnostics()
    let request = KernelRequest(kernel: "add", options: [(.out, "64"), (.in, "65")])
    let values = try #require(schema.read(request, at: Place(file: "test"), &d))
    #expect(throws: Refusal.self) {
      try device.controller.run(.kernel("add", values), CommandSetOptions(channels: 64))
    }
  }
}
