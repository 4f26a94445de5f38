import Arch
import Testing

/// The host-arithmetic paths against the integer implementation.
struct FastPathTests {
  @Test func wideningOfEveryCode() {
    for bits in UInt16.min...UInt16.max where !FloatFormat.bf16.isNaN(UInt32(bits)) {
      #expect(BF16.widen(bits).bitPattern == FloatFormat.bf16.decode(UInt32(bits)).bitPattern)
    }
    #expect(BF16.widen(0xffc1).isNaN)
  }

  @Test func narrowingAroundEveryTie() {
    var wrong: [UInt32] = []
    for upper in UInt32(0)...0xffff {
      for lower: UInt32 in [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff] {
        let value = Float(bitPattern: upper << 16 | lower)
        if UInt32(BF16.narrow(value)) != FloatFormat.bf16.encode(value).bits { wrong.append(value.bitPattern) }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  static func agrees(_ a: UInt16, _ b: UInt16, _ c: UInt32) -> Bool {
    let exact = FloatFormat.bf16.fusedMultiplyAdd(UInt32(a), UInt32(b), c, addendFormat: .fp32).bits
    return BF16.multiplyAccumulate(a, b, into: Float(bitPattern: c)).bitPattern == exact
  }

  @Test func multiplyAccumulateAtTheEnds() {
    let magnitudes: [UInt16] = [
      0, 1, 2, 0x7f, 0x80, 0x81, 0x00ff, 0x1f7f, 0x1fff, 0x2000, 0x3f7f, 0x3f80, 0x3f81, 0x3fff, 0x5f7f, 0x5f80,
      0x7f00, 0x7f7f, 0x7f80, 0x7f81, 0x7fc0,
    ]
    let addends: [UInt32] = [
      0, 1, 2, 0x7f_ffff, 0x80_0000, 0x80_0001, 0x3f80_0000, 0x3f80_0001, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001,
      0x7fc0_0001,
    ]
    for a in magnitudes.flatMap({ [$0, $0 | 0x8000] }) {
      for b in magnitudes {
        for c in addends.flatMap({ [$0, $0 | 0x8000_0000] }) {
          #expect(Self.agrees(a, b, c), "\(a) × \(b) + \(c)")
        }
      }
    }
  }

  @Test func multiplyAccumulateAtRandom() {
    var generator = SeededGenerator("multiplyAccumulateAtRandom")
    var (tiny, huge) = (0, 0)
    for index in 0..<100_000 {
      let a = UInt16(truncatingIfNeeded: generator.next())
      var b = UInt16(truncatingIfNeeded: generator.next())
      var c = UInt32(truncatingIfNeeded: generator.next())
      // Every second product lies at an end of binary32's range: the sum of the exponents is chosen.
      if index % 2 == 0 {
        let end = index % 4 == 0 ? -24...4 : 252...258
        let field = Int.random(in: end, using: &generator) + (index % 4 == 0 ? 127 : 129) - Int(a >> 7 & 0xff)
        b = (b & 0x807f) | UInt16(min(max(field, 0), 254)) << 7
      }
      let product = BF16.widen(a) * BF16.widen(b)
      tiny += product.magnitude < .leastNormalMagnitude && product != 0 ? 1 : 0
      huge += product.isInfinite && (a & 0x7fff) < 0x7f80 ? 1 : 0
      // Every third sum nearly cancels.
      if index % 3 == 0 { c = (-product).bitPattern &+ UInt32(generator.next() % 5) &- 2 }
      #expect(Self.agrees(a, b, c), "\(a) × \(b) + \(c) seed \(generator.seed)")
    }
    #expect(tiny > 1_000 && huge > 1_000)
  }

  @Test func int8() {
    for a in Int8.min...Int8.max {
      for b in Int8.min...Int8.max {
        let product = Int(a) * Int(b)
        #expect(Int8MAC.product(a, b) == Int32(product) && (-16_256...16_384).contains(product))
      }
    }
    let sum = (0..<131_071).reduce(Int32(0)) { sum, _ in Int8MAC.multiplyAccumulate(-128, -128, into: sum) }
    #expect(sum == 131_071 * 16_384)
    #expect(Int8MAC.multiplyAccumulate(-128, -128, into: sum) == .min)
    #expect(Int8MAC.multiplyAccumulate(1, -1, into: .min) == .max)
  }
}
