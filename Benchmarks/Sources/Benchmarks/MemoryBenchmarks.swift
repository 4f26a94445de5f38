import DRAM
import Files
import Foundation

/// Requests through a memory with its controllers, and the reading of such requests.
enum MemoryBenchmarks {
  static var all: [Benchmark] {
    [
      running("dram-ddr4-stream", .ddr4, .stream, 1_000_000), running("dram-ddr4-random", .ddr4, .random, 1_000_000),
      running("dram-ddr4-idle", .ddr4, .idle, 20_000), running("dram-hbm2-stream", .hbm2, .stream, 1_000_000),
      running("dram-hbm2-random", .hbm2, .random, 1_000_000), reading("read-requests", "csv"),
      reading("read-requests-gz", "csv.gz"),
    ]
  }

  /// A recorded device in `Benchmarks/Devices`, and the part of it that is accessed.
  private struct Memory {
    let device: String
    let channels: Int
    let bytes: UInt64
    let access: UInt64

    static let ddr4 = Memory(device: "ram-DDR4_2400R_8Gb_x8", channels: 1, bytes: 4_294_967_296, access: 64)
    static let hbm2 = Memory(device: "ram-HBM2_2Gb_2000", channels: 8, bytes: 1_073_741_824, access: 32)

    func description() throws -> DeviceDescription {
      let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Devices/\(device).json").standardizedFileURL.path
      var d = Diagnostics()
      let read = DeviceFile.read(path: path, displayName: "\(device).json", into: &d)
      try d.throwIfErrors()
      guard var description = read, let map = description.addressMap?.with(channels: channels) else {
        throw Skipped(reason: "\(device) cannot have \(channels) channels")
      }
      description.levelSizes[0] = channels
      description.addressMap = map
      return description
    }
  }

  /// Reads, in the order of `gen_requests.py speed` of the reference data, seed 1.
  private enum Kind {
    /// One access after the other, all there at once.
    case stream
    /// Accesses anywhere, all there at once.
    case random
    /// Accesses anywhere, one in 1000 cycles.
    case idle

    func requests(_ count: Int, of memory: Memory) -> [MemoryRequest] {
      var random = SplitMix64(state: 1)
      let accesses = memory.bytes / memory.access
      return (0..<count).map { index in
        let place = self == .stream ? UInt64(index) % accesses : random.next() % accesses
        return MemoryRequest(
          arrival: self == .idle ? Int64(1000 * index) : 0, address: place * memory.access, isWrite: false)
      }
    }
  }

  private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Requests that are there before the run.
  private struct KeptRequests: RequestSource {
    let requests: [MemoryRequest]
    var next = 0

    mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int {
      let count = min(batch.count, requests.count - next)
      for index in 0..<count { batch[index] = requests[next + index] }
      next += count
      return count
    }
  }

  private static func running(_ name: String, _ memory: Memory, _ kind: Kind, _ count: Int) -> Benchmark {
    Benchmark(name: name) {
      let device = try memory.description()
      let source = KeptRequests(requests: kind.requests(count, of: memory))
      guard let settings = ControllerSettings.preset("ramulator2.1") else { throw Skipped(reason: "no such preset") }
      return {
        let run = try RunMemory.run(source, on: device, settings: settings)
        let commands = run.channels.reduce(0) { $0 + $1.commands.reduce(0, +) }
        return [Amount(run.requests, "requests"), Amount(run.cycles, "cycles"), Amount(commands, "commands")]
      }
    }
  }

  /// A trace of requests read from a file, without a run.
  private static func reading(_ name: String, _ ending: String) -> Benchmark {
    Benchmark(name: name) {
      let device = try Memory.ddr4.description()
      let file = TemporaryFile("accsim-benchmark-\(ProcessInfo.processInfo.processIdentifier).\(ending)")
      let text = try TextStream(path: file.path)
      func add(_ line: String) throws {
        try text.reserve(line.utf8.count)
        text.add(Array(line.utf8))
      }
      try add("arrival,op,address\n")
      for request in Kind.random.requests(1_000_000, of: .ddr4) {
        try add("\(request.arrival),\(request.isWrite ? "W" : "R"),0x\(String(request.address, radix: 16))\n")
      }
      try text.commit()
      return {
        var trace = try RequestTrace(path: file.path, displayName: name, device: device)
        let batch = UnsafeMutableBufferPointer<MemoryRequest>.allocate(capacity: 4096)
        defer { batch.deallocate() }
        var lines = 0
        while true {
          let count = try trace.next(into: batch)
          if count == 0 { return [Amount(lines, "lines")] }
          lines += count
        }
      }
    }
  }
}
