import Arch
import Testing

struct FloatFormatTests {
  @Test func constants() {
    let (bf16, fp16, fp32) = (FloatFormat.bf16, FloatFormat.fp16, FloatFormat.fp32)
    #expect([bf16.width, fp16.width, fp32.width] == [16, 16, 32])
    #expect([bf16.bias, fp16.bias, fp32.bias] == [127, 15, 127])
    #expect([bf16.minimumExponent, fp16.minimumExponent] == [-126, -14])
    #expect([bf16.infinity, fp16.infinity, fp32.infinity] == [0x7f80, 0x7c00, Float.infinity.bitPattern])
    #expect([bf16.canonicalNaN, fp16.canonicalNaN, fp32.canonicalNaN] == [0x7fc0, 0x7e00, Float.nan.bitPattern])
    #expect(fp32.greatestFinite == Float.greatestFiniteMagnitude.bitPattern)
    #expect(fp32.leastNormal == Float.leastNormalMagnitude.bitPattern)
    #expect(fp32.isSignalingNaN(Float.signalingNaN.bitPattern) && !fp32.isSignalingNaN(Float.nan.bitPattern))
    #expect(fp32.negated(0x8000_0001) == 1 && fp16.negated(0x3c00) == 0xbc00)
  }

  @Test func widthsOutOfRangeTrap() async {
    await #expect(processExitsWith: .failure) { _ = FloatFormat(exponentBits: 9, significandBits: 7) }
    await #expect(processExitsWith: .failure) { _ = FloatFormat(exponentBits: 5, significandBits: 24) }
  }

  /// The numbering of the RISC-V `frm` field and `fflags` register.
  @Test func hardwareEncodings() {
    #expect(RoundingMode.allCases == [.nearestEven, .towardZero, .down, .up, .nearestMaxMagnitude])
    #expect(RoundingMode.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    let flags: [FloatFlags] = [.inexact, .underflow, .overflow, .divideByZero, .invalid]
    #expect(flags.map(\.rawValue) == [1, 2, 4, 8, 16])
  }

  @Test(arguments: [FloatFormat.bf16, .fp16])
  func wideningIsExactAndComesBack(format: FloatFormat) {
    let oracle = ExactOracle(format: format)
    for bits in UInt32(0)...0xffff {
      let wide = format.convert(bits, to: .fp32)
      if format.isNaN(bits) {
        #expect(wide.bits == 0x7fc0_0000 && wide.flags == (format.isSignalingNaN(bits) ? .invalid : []))
        continue
      }
      #expect(wide.flags == [] && Double(Float(bitPattern: wide.bits)) == oracle.value(bits))
      #expect(format.decode(bits).bitPattern == wide.bits)
      for rounding in RoundingMode.allCases {
        #expect(format.encode(Float(bitPattern: wide.bits), rounding: rounding) == FloatResult(bits: bits))
      }
    }
  }

  /// Just below 2⁻¹⁴, binary16's least normal number: tiny is judged after rounding with the exponent unbounded.
  @Test func tininessAfterRounding() {
    let belowHalf = Float(sign: .plus, exponent: -14, significand: 1 - 0x1p-12)
    let exactHalf = Float(sign: .plus, exponent: -14, significand: 1 - 0x1p-11)
    #expect(FloatFormat.fp16.encode(belowHalf) == FloatResult(bits: 0x0400, flags: .inexact))
    #expect(FloatFormat.fp16.encode(exactHalf) == FloatResult(bits: 0x0400, flags: [.underflow, .inexact]))
  }

  @Test func overflowByMode() {
    let results = RoundingMode.allCases.map { FloatFormat.fp16.encode(-1e9, rounding: $0) }
    #expect(results.map(\.bits) == [0xfc00, 0xfbff, 0xfc00, 0xfbff, 0xfc00])
    #expect(results.allSatisfy { $0.flags == [.overflow, .inexact] })
  }
}
