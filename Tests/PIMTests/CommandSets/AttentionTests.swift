import Arch
import DRAM
import Files
import Foundation
import PIM
import Testing

/// Attention under the windowed controller: the peer's commands, what is folded and joined, what the device allows.
@Suite struct AttentionTests {
  static let levels = ["bank", "bankgroup", "buffer"]

  static func random(_ random: inout SplitMix64, upTo length: Int64 = 600) -> AttentionCase.Shape {
    AttentionCase.Shape(
      level: levels.randomElement(using: &random) ?? "bank", length: Int64.random(in: 1...length, using: &random),
      heads: Int64.random(in: 1...80, using: &random),
      dimension: [32, 64, 80, 128, 160].randomElement(using: &random) ?? 64,
      bytes: [1, 2, 4].randomElement(using: &random) ?? 2, power: Bool.random(using: &random) ? "on" : "off")
  }

  @Test func everyCommandGoesInThePeersCycle() throws {
    var attention = try AttentionCase()
    attention.log = 1 << 20
    let run = try attention.run(AttentionCase.Shape())
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/CommandSets/attention_bank_L256_heads16.csv").standardizedFileURL
    let recorded = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
    // The peer's lines name the channel after the command, and the row of a request for an activate's column.
    let expected = recorded.map { line -> String in
      var fields = line.split(separator: ",").map(String.init)
      fields.remove(at: 2)
      return fields.joined(separator: ",")
    }
    #expect(attention.lines(run) == expected)
    #expect(run.cycles == 465 && run.lowerBound == 384)
  }

  /// Cycles that the peer prints, and bounds of them: keys and values past the multipliers without a pause.
  @Test(arguments: [
    ("bank", 512, 32, "on", 1855, 1536), ("bank", 1024, 32, "on", 3711, 3072), ("bank", 2048, 32, "on", 7861, 6144),
    ("bank", 2048, 51, "on", 16161, 12288), ("bank", 2048, 130, "off", 26768, 18432),
    ("bankgroup", 256, 32, "on", 3099, 3072), ("bankgroup", 1024, 16, "on", 6719, 6144),
    ("buffer", 128, 16, "on", 2094, 2048),
  ])
  func cyclesAreThePeers(
    _ level: String, _ length: Int64, _ heads: Int64, _ power: String, _ cycles: Int64, _ bound: Int64
  ) throws {
    let attention = try AttentionCase()
    let run = try attention.run(AttentionCase.Shape(level: level, length: length, heads: heads, power: power))
    #expect(run.cycles == cycles && run.lowerBound == bound)
  }

  @Test func foldingAndJoiningChangeNothing() throws {
    var attention = try AttentionCase()
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<12 {
      let shape = Self.random(&random)
      attention.refresh = Bool.random(using: &random)
      attention.quirks = Bool.random(using: &random)
      let run = try attention.run(shape)
      var plain = attention
      plain.folds = false
      expectEqual(run, try plain.run(shape), "seed \(seed): \(shape), not folded")
      plain.joins = false
      let separate = try plain.run(shape)
      #expect(separate.channels.count == 16)
      expectEqual(run, separate, "seed \(seed): \(shape), channels by themselves")
      #expect(run.lowerBound <= run.cycles, "seed \(seed): \(shape)")
    }
  }

  @Test func repetitionIsFolded() throws {
    var attention = try AttentionCase()
    for level in Self.levels {
      attention.refresh = false
      let run = try attention.run(AttentionCase.Shape(level: level, length: 4096, heads: 16))
      #expect(run.foldedCycles * 2 > run.cycles, "\(level): \(run.foldedCycles) of \(run.cycles)")
    }
    attention.refresh = true
    let run = try attention.run(AttentionCase.Shape(level: "bankgroup", length: 4096, heads: 16))
    #expect(run.foldedCycles * 3 > run.cycles)
  }

  /// A refresh costs what it takes, less the precharge that it saves, and no more than what it closes and opens again.
  @Test func refreshesCostTheirTime() throws {
    var attention = try AttentionCase()
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    let timing = { (name: String) in attention.device.timing(named: name) ?? 0 }
    let duration = timing("nRFC")
    #expect(duration == 456 && timing("nREFI") == 5070)
    let reopening = timing("nRTPL") + timing("nRP") + timing("nRCDRD")
    var fired: Int64 = 0
    // Random shapes may all be short; the last takes seven intervals.
    let long = AttentionCase.Shape(level: "buffer", length: 1000, heads: 32)
    for shape in (0..<10).map({ _ in Self.random(&random, upTo: 1000) }) + [long] {
      attention.refresh = false
      let without = try attention.run(shape)
      attention.refresh = true
      let with = try attention.run(shape)
      let refreshes = with.channels[0].refreshes
      fired += refreshes
      let what = "seed \(seed): \(shape): \(with.cycles) and \(without.cycles), \(refreshes) refreshes"
      #expect(with.cycles >= with.lowerBound + refreshes * duration, "\(what)")
      #expect(with.cycles <= without.cycles + refreshes * (duration + reopening), "\(what)")
      #expect(attention.counts(with)["REFab"] ?? 0 == refreshes, "\(what)")
      #expect(abs(with.cycles / timing("nREFI") - refreshes) <= 1, "\(what)")
    }
    #expect(fired > 5)
  }

  /// What goes is what the device's rules allow, in every channel.
  @Test func theCommandsAreLegal() throws {
    var attention = try AttentionCase()
    attention.log = 1 << 22
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<4 {
      var shape = Self.random(&random, upTo: 300)
      shape.power = "on"
      let check = try attention.check(try attention.run(shape))
      #expect(check.violationCount == 0 && check.commands > 0, "seed \(seed): \(shape): \(check.violations.prefix(2))")
    }
  }

  /// Every vector goes to every buffer once, and every result leaves: only the peer loses what its division leaves.
  @Test func noMoveIsLostButByThePeer() throws {
    var attention = try AttentionCase()
    // Five stages: 128 moves of all channels by five leave three.
    let shape = AttentionCase.Shape(length: 1280, heads: 32)
    func all(_ run: CommandSetRun, _ name: String) -> Int64 {
      (0..<16).reduce(0) { $0 + (attention.counts(run, channel: $1)[name] ?? 0) }
    }
    let run = try attention.run(shape)
    #expect(all(run, "WRGB") == 32 * 8 && all(run, "MVGB") == 32 * 8 * 5)
    attention.quirks = true
    let peer = try attention.run(shape)
    #expect(all(peer, "WRGB") == 32 * 8 - 3 && all(peer, "MVGB") == 32 * 8 * 5 - 1)
  }

  /// A refresh that waits for the precharge before it costs 18 cycles more where a row ends anyway.
  @Test func aRefreshMayBeHeldToTheRulesOfItsPart() throws {
    let shape = AttentionCase.Shape(length: 2048, heads: 32)
    let plain = try AttentionCase()
    var strict = try AttentionCase(edits: [
      ("REFab: { kind: ref, scope: channel, bound-to: channel,", "REFab: { kind: ref, scope: channel,")
    ])
    let (a, b) = (try plain.run(shape), try strict.run(shape))
    #expect(b.cycles == a.cycles + 18)
    strict.log = 1 << 20
    let log = try #require(try strict.run(shape).channels.first).log
    let refresh = try #require(log.firstIndex { strict.device.commands[$0.command].kind == .refresh })
    let precharge = try #require(log[..<refresh].last { strict.device.commands[$0.command].kind == .precharge })
    #expect(log[refresh].cycle == precharge.cycle + 19)
  }

  /// The peer multiplies the first head's values twice; with its own, a second head of half a row opens one row more.
  @Test func aSecondHeadMayHaveItsOwnValues() throws {
    let shape = AttentionCase.Shape(length: 128, heads: 32)
    let peer = try AttentionCase()
    let own = try AttentionCase(edits: [("second-values: first-head", "second-values: own")])
    let (a, b) = (try peer.run(shape), try own.run(shape))
    #expect(a.cycles == 505 && b.cycles == 545)
    #expect(peer.counts(a)["ACTAB"] == 3 && own.counts(b)["ACTAB"] == 4)
  }
}
