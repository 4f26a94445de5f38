import Arch
import Testing

struct FloatArithmeticTests {
  /// Random encodings with every exponent, and often the ends of the range and of the significand.
  static func operand(_ format: FloatFormat, using generator: inout SeededGenerator) -> UInt32 {
    let random = UInt32(truncatingIfNeeded: generator.next())
    let sign = random & format.signMask
    switch generator.next() % 8 {
    case 0:
      let ends = [0, 1, format.leastNormal - 1, format.leastNormal, format.greatestFinite, format.infinity]
      return sign | ends[Int(generator.next() % 6)]
    case 1: return sign | (format.magnitude(random) | (format.leastNormal - 1))
    case 2: return sign | (format.magnitude(random) & ~(format.leastNormal - 1))
    default: return sign | format.magnitude(random)
    }
  }

  /// Every triple of operands of two 5-bit formats, in every mode: results and flags against the definition.
  @Test(arguments: [FloatFormat(exponentBits: 3, significandBits: 1), FloatFormat(exponentBits: 2, significandBits: 2)])
  func everyFusedMultiplyAddOfATinyFormat(format: FloatFormat) {
    let oracle = ExactOracle(format: format)
    let codes = UInt32(1) << UInt32(format.width)
    var wrong: [String] = []
    for a in 0..<codes {
      for b in 0..<codes {
        for c in 0..<codes {
          let (x, y, z) = (oracle.value(a), oracle.value(b), oracle.value(c))
          let exact = x * y + z
          for rounding in RoundingMode.allCases {
            let ours = format.fusedMultiplyAdd(a, b, c, rounding: rounding)
            let expected: FloatResult
            if exact.isNaN {
              let isInvalid =
                !(x.isNaN || y.isNaN || z.isNaN) || [a, b, c].contains(where: format.isSignalingNaN)
                || (x * y).isNaN && !x.isNaN && !y.isNaN
              expected = FloatResult(bits: format.canonicalNaN, flags: isInvalid ? .invalid : [])
            } else if exact.isInfinite {
              expected = FloatResult(bits: exact < 0 ? format.negated(format.infinity) : format.infinity)
            } else if exact == 0 && rounding == .down && (x * y).sign != z.sign {
              expected = FloatResult(bits: format.signMask)
            } else {
              expected = oracle.rounded(exact, rounding)
            }
            if ours != expected { wrong.append("\(a) \(b) \(c) \(rounding): \(ours), not \(expected)") }
          }
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count), first \(wrong.prefix(3))")
  }

  @Test(arguments: [FloatFormat.bf16, .fp16, .fp32])
  func productsAgainstTheDefinition(format: FloatFormat) {
    // A product of 48 bits is exact in a Double, and so is a sum in fp16.
    let oracle = ExactOracle(format: format)
    var generator = SeededGenerator("productsAgainstTheDefinition")
    var compared = 0
    for _ in 0..<10_000 {
      let a = Self.operand(format, using: &generator)
      let b = Self.operand(format, using: &generator)
      let (x, y) = (oracle.value(a), oracle.value(b))
      guard x.isFinite && y.isFinite else { continue }
      compared += 1
      for rounding in RoundingMode.allCases {
        let product = format.multiply(a, b, rounding: rounding)
        #expect(product == oracle.rounded(x * y, rounding), "\(a) × \(b) \(rounding) seed \(generator.seed)")
        if format == .fp16 && x + y != 0 {
          let sum = format.add(a, b, rounding: rounding)
          #expect(sum == oracle.rounded(x + y, rounding), "\(a) + \(b) \(rounding) seed \(generator.seed)")
        }
      }
    }
    #expect(compared > 5_000)
  }

  @Test func binary32AgreesWithTheHost() {
    var generator = SeededGenerator("binary32AgreesWithTheHost")
    func canonical(_ value: Float) -> UInt32 { value.isNaN ? 0x7fc0_0000 : value.bitPattern }
    for _ in 0..<50_000 {
      let a = Self.operand(.fp32, using: &generator)
      let b = Self.operand(.fp32, using: &generator)
      // A third of the addends come close to cancelling the product.
      let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
      let near = (-(x * y)).bitPattern &+ UInt32(generator.next() % 5) &- 2
      let c = generator.next() % 3 == 0 ? near : Self.operand(.fp32, using: &generator)
      let z = Float(bitPattern: c)
      let ours = [
        FloatFormat.fp32.add(a, c).bits, FloatFormat.fp32.subtract(a, c).bits, FloatFormat.fp32.multiply(a, b).bits,
        FloatFormat.fp32.fusedMultiplyAdd(a, b, c).bits,
      ]
      let host = [x + z, x - z, x * y, z.addingProduct(x, y)].map(canonical)
      #expect(ours == host, "\(a) \(b) \(c) seed \(generator.seed)")
    }
  }

  /// Rounding down and up bracket the exact result, and the other modes choose one of the two.
  @Test func modesBracketTheResult() {
    var generator = SeededGenerator("modesBracketTheResult")
    let formats: [(FloatFormat, FloatFormat)] = [(.bf16, .fp32), (.fp16, .fp32), (.fp16, .fp16), (.fp32, .fp32)]
    /// Position of an encoding on the number line; both zeros are at zero.
    func position(_ bits: UInt32, _ format: FloatFormat) -> Int {
      let magnitude = Int(format.magnitude(bits))
      return format.isNegative(bits) ? -magnitude : magnitude
    }
    var inexact = 0
    for index in 0..<40_000 {
      let (source, result) = formats[index % formats.count]
      let a = Self.operand(source, using: &generator)
      let b = Self.operand(source, using: &generator)
      let c = Self.operand(result, using: &generator)
      func fused(_ a: UInt32, _ c: UInt32, _ rounding: RoundingMode) -> FloatResult {
        source.fusedMultiplyAdd(a, b, c, addendFormat: result, rounding: rounding)
      }
      let (down, up) = (fused(a, c, .down), fused(a, c, .up))
      if result.isNaN(down.bits) { continue }
      let places = (position(down.bits, result), position(up.bits, result))
      let isInexact = down.flags.contains(.inexact)
      #expect(places.1 - places.0 == (isInexact ? 1 : 0), "seed \(generator.seed)")
      inexact += isInexact ? 1 : 0
      for rounding in RoundingMode.allCases {
        let chosen = position(fused(a, c, rounding).bits, result)
        #expect(chosen == places.0 || chosen == places.1, "\(rounding) seed \(generator.seed)")
      }
      let truncated = position(fused(a, c, .towardZero).bits, result)
      #expect(truncated.magnitude == min(places.0.magnitude, places.1.magnitude), "seed \(generator.seed)")
      // −(a·b + c) rounded up is the mirror image of a·b + c rounded down.
      let mirror = fused(source.negated(a), result.negated(c), .up)
      #expect(mirror == FloatResult(bits: result.negated(down.bits), flags: down.flags), "seed \(generator.seed)")
    }
    #expect(inexact > 5_000)
  }

  /// A product of half a unit of the addend and a little more, so little that it falls below the 64-bit datapath.
  @Test func aTieBrokenByTheLastBitOfTheProduct() {
    let (a, b) = (Float(8_392_705), Float(8_384_513))
    let half = Float(sign: .plus, exponent: 46, significand: 1)
    let addend = Float(sign: .plus, exponent: 46 + 24, significand: 1)
    func fused(_ a: Float, _ b: Float) -> Float {
      let c = addend.bitPattern
      return Float(bitPattern: FloatFormat.fp32.fusedMultiplyAdd(a.bitPattern, b.bitPattern, c).bits)
    }
    #expect(Double(a) * Double(b) == 0x1p46 + 1)
    #expect(fused(a, b) == addend.nextUp)
    #expect(fused(half, 1) == addend)
  }

  @Test func zerosInfinitiesAndNaNs() {
    let format = FloatFormat.fp16
    let (one, minusOne, minusZero) = (UInt32(0x3c00), UInt32(0xbc00), UInt32(0x8000))
    #expect(format.add(one, minusOne) == FloatResult(bits: 0))
    #expect(format.add(one, minusOne, rounding: .down) == FloatResult(bits: minusZero))
    #expect(format.add(minusZero, minusZero) == FloatResult(bits: minusZero))
    #expect(format.subtract(0x7c00, 0x7c00) == FloatResult(bits: 0x7e00, flags: .invalid))
    #expect(format.multiply(0, 0xfc00) == FloatResult(bits: 0x7e00, flags: .invalid))
    #expect(format.multiply(minusOne, 0x7c00) == FloatResult(bits: 0xfc00))
    #expect(format.add(one, 0xfe01) == FloatResult(bits: 0x7e00))
    #expect(format.add(one, 0xfd01) == FloatResult(bits: 0x7e00, flags: .invalid))
    // A quiet NaN addend does not hide the invalid product.
    #expect(format.fusedMultiplyAdd(0, 0x7c00, 0x7e00) == FloatResult(bits: 0x7e00, flags: .invalid))
  }

  /// In fpnew the format of the addend is a port of its own; the sum is rounded once, into the third format.
  @Test func threeFormats() {
    // Half a unit of binary16 at 1, and the next binary32: a sum rounded to binary32 first would lose the difference.
    let tie: UInt32 = 0x3a00_0000
    func fused(_ c: UInt32) -> FloatResult {
      FloatFormat.bf16.fusedMultiplyAdd(0x3f80, 0x3f80, c, addendFormat: .fp32, resultFormat: .fp16)
    }
    #expect(fused(tie) == FloatResult(bits: 0x3c00, flags: .inexact))
    #expect(fused(tie + 1) == FloatResult(bits: 0x3c01, flags: .inexact))
  }
}
