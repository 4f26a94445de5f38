import Arch
import Foundation
import Testing

/// Every operation that fpnew's FMA units accepted, result and flags bit for bit. Time is not looked at: the n-th
/// accepted input belongs to the n-th result taken.
@Suite(.enabled(if: FloatReference.isPresent, Comment(rawValue: FloatReference.absence)))
struct FPnewTests {
  static let header = "cycle,in_valid,in_ready,a,b,c,op,op_mod,rm,out_ready,out_valid,busy,result,flags"

  static let formats: [Substring: FloatFormat] = [
    "bf16": .bf16, "fp16": .fp16, "fp32": .fp32, "fp8e5m2": FloatFormat(exponentBits: 5, significandBits: 2),
  ]

  /// Operations whose UF flag departs from IEEE 754, by file. Where a result rounds up to the least normal number,
  /// fpnew_fma_multi decides tininess by a fixed bit of its widest significand, the wrong one for a narrower result.
  static let underflowDefects = [
    "fpnew_fmam_fp8e5m2_fp16_r2_bp0_rm0.csv.gz": 13, "fpnew_fmam_fp8e5m2_fp16_r2_bp0_rm1.csv.gz": 4,
    "fpnew_fmam_fp8e5m2_fp16_r2_bp1_rm1.csv.gz": 2,
  ]

  /// The formats that one file's unit was set to.
  struct Formats {
    let source: FloatFormat
    let addend: FloatFormat
    let result: FloatFormat

    init(file: String) throws {
      let parts = file.split(separator: "_")
      source = try #require(FPnewTests.formats[parts[2]])
      result = parts[1] == "fmam" ? try #require(FPnewTests.formats[parts[3]]) : source
      // fpnew_fma_multi takes the addend's format from a port of its own, src2_fmt_i. These vectors were made with the
      // port at zero, which is binary32, so that a unit with a binary16 result read its addend as a tiny binary32.
      addend = parts[1] == "fmam" ? .fp32 : source
    }
  }

  /// One row's operation in terms of the module: 0 is a·b+c, 1 is −a·b+c, 2 is b+c, 3 is a·b; `negatesAddend` −c.
  static func evaluate(
    _ operation: Substring, negatesAddend: Bool, _ a: UInt32, _ b: UInt32, _ c: UInt32, in formats: Formats,
    _ rounding: RoundingMode
  ) throws -> FloatResult {
    let source = formats.source
    let isMixed = formats.addend != source
    let addend = negatesAddend ? formats.addend.negated(c) : c
    func fused(_ a: UInt32, _ c: UInt32) -> FloatResult {
      source.fusedMultiplyAdd(
        a, b, c, addendFormat: formats.addend, resultFormat: formats.result, rounding: rounding)
    }
    switch operation {
    case "0" where !isMixed: return source.fusedMultiplyAdd(a, b, addend, rounding: rounding)
    case "0": return fused(a, addend)
    case "1": return fused(source.negated(a), addend)
    case "2" where !isMixed:
      return negatesAddend
        ? source.subtract(b, c, rounding: rounding) : source.add(b, c, rounding: rounding)
    case "2": return fused(UInt32(source.bias) << UInt32(source.significandBits), addend)
    case "3" where !isMixed: return source.multiply(a, b, rounding: rounding)
    // The zero that leaves the sign of a zero product alone.
    case "3": return fused(a, rounding == .down ? 0 : formats.addend.signMask)
    default: throw FloatReference.Failure(reason: "operation \(operation)")
    }
  }

  @Test(arguments: FloatReference.files("fpnew_"))
  func everyResultAndFlag(file: String) throws {
    let formats = try Formats(file: file)
    var expected: [(FloatResult, String)] = []
    var taken = 0
    var defects = 0
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: Self.header) {
      if row[1] == "1" && row[2] == "1" {
        let (a, b, c) = try (
          FloatReference.hexadecimal(row[3]), FloatReference.hexadecimal(row[4]), FloatReference.hexadecimal(row[5])
        )
        let rounding = try #require(UInt8(row[8]).flatMap(RoundingMode.init(rawValue:)))
        let result = try Self.evaluate(
          row[6], negatesAddend: row[7] == "1", a, b, c, in: formats, rounding)
        expected.append((result, row[0...8].joined(separator: ",")))
      }
      if row[10] == "1" && row[9] == "1" {
        try #require(taken < expected.count, "a result without an operation")
        let flags = FloatFlags(rawValue: UInt8(try FloatReference.hexadecimal(row[13])))
        let golden = FloatResult(bits: try FloatReference.hexadecimal(row[12]), flags: flags)
        let (ours, operation) = expected[taken]
        taken += 1
        let isDefect =
          Self.underflowDefects[file] != nil && ours.bits == golden.bits && ours.flags == .inexact
          && golden.flags == [.underflow, .inexact]
          && formats.result.magnitude(ours.bits) == formats.result.leastNormal
        if isDefect { defects += 1 }
        comparison.expect(
          ours == golden || isDefect,
          "\(operation): \(String(ours.bits, radix: 16)) \(ours.flags.rawValue), not \(row[12]) \(row[13])")
      }
    }
    print("\(file): \(comparison.rows) operations, \(comparison.mismatches) mismatches, \(defects) defects")
    #expect(comparison.rows > 1000)
    #expect(defects == Self.underflowDefects[file, default: 0])
    #expect(comparison.mismatches == 0, "\(comparison.examples)")
  }
}
