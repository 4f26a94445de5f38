import Arch
import Files
import PIM
import Testing

/// What kernels in all-bank mode cost, counted by hand.
@Suite struct AllBankKernelTests {
  /// Beside the kernel: 16 reads to park and 16 at the end, 4 writes to enter and 2 to leave, the program, start, stop.
  private static let reads: Int64 = 32
  private static let writes: Int64 = 9

  @Test func oneWeightIsOneRead() throws {
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "gemv", out: 1, inputs: 1))
    try #require(run.channels.map(\.members.count) == [1, 63])
    // One burst of inputs, one column of weights, one of results.
    let busy = device.counts(run.channels[0])
    #expect(busy["RD"] == Self.reads + 1)
    #expect(busy["WR"] == Self.writes + 2)
    #expect(device.counts(run.channels[1]).values.allSatisfy { $0 == 0 })
  }

  /// 1024 outputs on 64 channels of 8 units are 2 of a unit's 8 results: 2 of every 8 columns are read.
  @Test func onlyNeededResultsAreComputed() throws {
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "gemv", out: 1024, inputs: 1024))
    try #require(run.channels.map(\.members.count) == [64])
    let counts = device.counts(run.channels[0])
    // 64 bursts of inputs, each against 2 columns; all bursts are written, and 2 of results.
    #expect(counts["RD"] == Self.reads + 64 * 2)
    #expect(counts["WR"] == Self.writes + 64 + 2)
  }

  /// What costs energy, per bank: parking and entering reach one bank, all between 8, registers are no cells.
  @Test func eventsAreOfBanks() throws {
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "gemv", out: 1024, inputs: 1024, isRefreshed: false))
    let events = Dictionary(uniqueKeysWithValues: run.events.map { ($0.event, $0.count) })
    let channels: Int64 = 64
    #expect(events["array-read"] == channels * (32 + 128 * 8))
    // 3 writes to enter; the fourth, 2 to leave and 2 of results when the mode has changed.
    #expect(events["array-write"] == channels * (3 + (1 + 2 + 2) * 8))
    #expect(events["register-write"] == channels * (3 + 64) * 8)
    #expect(events["refresh"] == 0)
    #expect((events["active-standby"] ?? 0) + (events["precharge-standby"] ?? 0) == 64 * run.cycles)
  }

  /// As above, padded to 8 results: what PIMSimulator prints (pimsimulator_hbm_pim_kernels.csv, GEMV 1024, 1024).
  @Test func theirKernelPads() throws {
    let device = try AllBankDevice.make()
    for outputs: Int64 in [1, 1024, 4096] {
      let run = try device.run(AllBankDevice.Run(kernel: "gemv", out: outputs, inputs: 1024, hasPeerQuirks: true))
      #expect(run.cycles == 3662)
      let counts = device.counts(run.channels[0])
      #expect(counts == ["RD": 544, "WR": 81, "ACT": 65, "PRE": 65, "REF": 1])
    }
  }

  /// Whatever a kernel's shape: it loads each burst of inputs once for each tile and vector, reads one column per burst
  /// and result, and writes every result.
  @Test func readsAreWhatTheShapeNeeds() throws {
    let device = try AllBankDevice.make()
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let channels = Int64.random(in: 1...64, using: &random)
      let out = Int64.random(in: 1...3000, using: &random) * (Bool.random(using: &random) ? 1 : 5)
      let inputs = Int64.random(in: 1...600, using: &random)
      let batch = Int64.random(in: 1...3, using: &random)
      let run = try device.run(
        AllBankDevice.Run(
          kernel: "gemv", out: out, inputs: inputs, batch: batch, channels: Int(channels), isRefreshed: false))
      let bursts = (inputs + 15) / 16
      var left = out
      var (tiles, columns): (Int64, Int64) = (0, 0)
      var programs: Int64 = 1
      while left > 0 {
        let results = min(8, (left + channels * 8 - 1) / (channels * 8))
        if tiles > 0 && results < 8 { programs += 1 }
        tiles += 1
        columns += results
        left -= channels * 8 * results
      }
      let counts = device.counts(run.channels[0])
      #expect(counts["RD"] == Self.reads + columns * bursts * batch, "seed \(seed)")
      #expect(
        counts["WR"] == 6 + programs + 2 * tiles * batch + (tiles * bursts + columns) * batch, "seed \(seed)")
      #expect(run.cycles >= run.lowerBound, "seed \(seed)")
      // Channels beyond the last results leave out the last tile, or all.
      #expect(run.channels.reduce(0) { $0 + $1.members.count } == Int(channels), "seed \(seed)")
    }
  }

  /// Tensors lie over channels, then banks: 1000 elements are 63 bursts, one in bank 0 of each of 63 channels.
  @Test func aTensorReachesOnlyItsBanks() throws {
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "add", out: 1000))
    try #require(run.channels.map(\.members.count) == [63, 1])
    let counts = device.counts(run.channels[0])
    #expect(counts["RD"] == Self.reads + 2)
    #expect(counts["WR"] == Self.writes + 1)
    // The same with the remainder left out, and nothing remains.
    let theirs = try device.run(AllBankDevice.Run(kernel: "add", out: 1000, hasPeerQuirks: true))
    #expect(theirs.channels.map(\.members.count) == [64])
    #expect(device.counts(theirs.channels[0])["RD"] == Self.reads)
  }

  /// Sums and products read two operands, rectifying one; all write as many results.
  @Test(arguments: [("add", 2), ("mul", 2), ("relu", 1)] as [(String, Int64)])
  func operandsAreReadOnce(_ kernel: String, _ operands: Int64) throws {
    let device = try AllBankDevice.make()
    // Three groups of 8 columns and one of 5, in even and odd banks.
    let columns: Int64 = 3 * 8 + 5
    let run = try device.run(AllBankDevice.Run(kernel: kernel, out: columns * 64 * 16 * 16))
    let counts = device.counts(run.channels[0])
    #expect(counts["RD"] == Self.reads + 2 * columns * operands)
    // The last group has a program of its own: stopped, written, started.
    #expect(counts["WR"] == Self.writes + 3 + 2 * columns)
    #expect(run.lowerBound == 2 * columns * (operands + 1) * 4)
    // Several tensors lie behind each other.
    let parts = try device.run(
      AllBankDevice.Run(kernel: kernel, out: columns * 64 * 16, inputs: columns * 64 * 16, batch: 16))
    #expect(parts.cycles == run.cycles && device.counts(parts.channels[0]) == counts)
  }

  /// Over the interface: every burst once, and no more cycles than two per burst need at least.
  @Test func theHostMovesEveryBurst() throws {
    let device = try AllBankDevice.make()
    let run = try device.run(AllBankDevice.Run(kernel: "host-gemv", out: 100, inputs: 50, channels: 3))
    let counts = run.channels.map { (device.counts($0), Int64($0.members.count)) }
    // 100 × 50 × 2 bytes are 313 bursts, the inputs 4, the outputs 7.
    #expect(counts.reduce(0) { $0 + $1.0["RD"]! * $1.1 } == 313 + 4)
    #expect(counts.reduce(0) { $0 + $1.0["WR"]! * $1.1 } == 7)
    #expect(run.lowerBound == 108 * 2 && run.cycles > run.lowerBound)
  }

  /// Neither skipping cycles nor joining channels changes anything.
  @Test(arguments: ["gemv", "add", "relu", "host-gemv", "host-mul"], [false, true])
  func shortCutsAreInvisible(_ kernel: String, _ quirks: Bool) throws {
    let device = try AllBankDevice.make()
    let isProduct = kernel.hasSuffix("gemv")
    let plain = AllBankDevice.Run(
      kernel: kernel, out: isProduct ? 700 : 60000, inputs: isProduct ? 500 : 0, channels: 7, hasPeerQuirks: quirks,
      log: true)
    var slow = plain
    (slow.folds, slow.joinsChannels) = (false, false)
    let (fast, full) = (try device.run(plain), try device.run(slow))
    #expect(full.channels.count == 7 && fast.channels.count < 7)
    #expect(fast.cycles == full.cycles)
    for group in fast.channels {
      for member in group.members {
        let single = try #require(full.channels.first { $0.members == [member] })
        #expect(group.counts == single.counts && group.refreshes == single.refreshes)
        #expect(group.log.map(\.cycle) == single.log.map(\.cycle))
        #expect(group.log.map(\.address) == single.log.map(\.address))
        #expect(group.log.map(\.row) == single.log.map(\.row))
      }
    }
  }
}
