import DRAM
import Files
import Foundation
import Testing

/// Streams of requests from files: read as written, or refused with the place of the fault.
@Suite struct RequestTraceTests {
  private func run(_ text: String) throws -> MemoryRun {
    let path = NSTemporaryDirectory() + "accsim-requests-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    let device = try RecordedDevices.read("ram-DDR4_3200AA_8Gb_x8_2R")
    let trace = try RequestTrace(path: path, displayName: "requests.csv", device: device)
    return try RunMemory.run(trace, on: device, settings: try #require(ControllerSettings.preset("ramulator2.1")))
  }

  @Test func readsAndWritesAreRead() throws {
    let run = try run("# two\narrival,op,address\n0,R,0x40\n3,W,128\n")
    #expect(run.requests == 2)
    #expect(run.channels[0].reads == 1 && run.channels[0].writes == 1)
  }

  @Test(arguments: [
    ("", "the trace is empty"),
    ("arrival,op,address\n", "the trace is empty"),
    ("arrival,op\n0,R,0x0\n", "requests.csv:1:1: error: the trace does not begin with its header"),
    ("arrival,op,address\n5,R,0x0\n4,R,0x0\n", "requests.csv:3:1: error: time goes backwards"),
    ("arrival,op,address\n-1,R,0x0\n", "requests.csv:2:1: error: the arrival is not a cycle"),
    ("arrival,op,address\n99999999999999999,R,0x0\n", "requests.csv:2:1: error: the arrival is not a cycle"),
    ("arrival,op,address\n0,X,0x0\n", "requests.csv:2:3: error: the operation is neither a read nor a write"),
    ("arrival,op,address\n0,R,zero\n", "requests.csv:2:5: error: the address is not a number"),
    ("arrival,op,address\n0,R,0x11112222333344445\n", "requests.csv:2:5: error: the address is not a number"),
    // 2 ranks of 8 GiB.
    (
      "arrival,op,address\n0,R,0x3ffffffff\n0,R,0x400000000\n",
      "requests.csv:3:5: error: the address lies beyond the memory"
    ),
  ])
  func faultsAreRefusedAtTheirPlace(_ text: String, _ message: String) throws {
    let refusal = try #require(throws: Refusal.self) { try run(text) }
    #expect("\(refusal)".contains(message), "\(refusal)")
  }
}
