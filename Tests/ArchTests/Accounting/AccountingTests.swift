import Arch
import Testing

@Suite struct AccountingTests {
  @Test func everyCycleHasOneCause() {
    var account = CycleAccount(causes: ["wait", "refresh"])
    account.chargeBusy(until: 4)
    account.chargeStall(1, until: 10)
    account.chargeStall(0, until: 7)  // lies behind: charged already
    account.chargeIdle(until: 12)
    #expect(account.busy == 4)
    #expect(account.stalls == [0, 6])
    #expect(account.idle == 2)
    #expect(account.total == 12 && account.frontier == 12)
  }

  @Test func unknownPricesAreNotZero() throws {
    let ledger = EnergyLedger(prices: [
      "read": .joules(try #require(Rational(1, over: 3))), "add": .included(in: "read"),
      "write": .unknown(reason: "no currents"),
    ])
    #expect(ledger.cost(of: "read", count: 3) == .joules(.one))
    #expect(ledger.cost(of: "add", count: 3) == .zero)
    #expect(ledger.cost(of: "write", count: 0) == .zero)
    #expect(ledger.cost(of: "write", count: 1) == .unknown(reason: "no currents"))
    #expect(ledger.cost(of: "erase", count: 1).joules == nil)
    #expect((ledger.cost(of: "read", count: 1) + ledger.cost(of: "write", count: 1)).joules == nil)
  }

  @Test func digestsTellLogsApart() {
    func digest(_ words: [UInt64]) -> EventDigest {
      var digest = EventDigest()
      for word in words { digest.add(word) }
      return digest
    }
    #expect(digest([1, 2, 3]) == digest([1, 2, 3]))
    #expect(digest([1, 2, 3]) != digest([1, 3, 2]))
    #expect(digest([1, 2, 3]) != digest([1, 2]))
    #expect(digest([0]) != digest([0, 0]))
  }

  /// Ports and banks against a list of which cycles each port is taken in.
  @Test func sramServesOneAccessPerPortAndCycle() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SplitMix64(seed: seed)
    for _ in 0..<50 {
      let spec = SRAM.Spec(
        capacity: Bytes(1024), banks: Int.random(in: 1...4, using: &random),
        readPorts: Int.random(in: 1...3, using: &random), writePorts: Int.random(in: 1...2, using: &random),
        width: Bytes(16))
      var sram = SRAM(spec)
      var used: [String: Int] = [:]
      var waited: Int64 = 0
      var cycle: Int64 = 0
      for _ in 0..<200 {
        cycle += Int64.random(in: 0...1, using: &random)
        let word = Int64.random(in: 0...40, using: &random)
        let direction: SRAM.Direction = Bool.random(using: &random) ? .read : .write
        let ports = direction == .read ? spec.readPorts : spec.writePorts
        var expected = cycle
        func key(_ at: Int64) -> String { "\(direction) \(word % Int64(spec.banks)) \(at)" }
        while used[key(expected), default: 0] == ports { expected += 1 }
        used[key(expected), default: 0] += 1
        waited += expected - cycle
        #expect(sram.earliest(direction, word: word, from: cycle) == expected, "seed \(seed)")
        #expect(sram.access(direction, word: word, from: cycle) == expected, "seed \(seed)")
      }
      #expect(sram.conflictCycles == waited)
      #expect(sram.reads + sram.writes == 200)
    }
  }
}
