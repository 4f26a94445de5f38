import Arch
import Foundation
import Testing

/// Every row of Berkeley SoftFloat, result and flags. Its NaNs carry payloads by x86 rules, ours are canonical, so of a
/// NaN only that it is one is compared, with its flags.
@Suite(.enabled(if: FloatReference.isPresent, Comment(rawValue: FloatReference.absence)))
struct SoftFloatTests {
  static let modes: [Substring: RoundingMode] = [
    "rne": .nearestEven, "rtz": .towardZero, "rdn": .down, "rup": .up, "rmm": .nearestMaxMagnitude,
  ]

  static func agree(_ ours: UInt32, _ golden: UInt32, in format: FloatFormat) -> Bool {
    ours == golden || (ours == format.canonicalNaN && format.isNaN(golden))
  }

  static func report(_ file: String, _ comparison: Comparison, rows: Int) {
    print("\(file): \(comparison.rows) rows, \(comparison.mismatches) mismatches")
    #expect(comparison.rows == rows)
    #expect(comparison.mismatches == 0, "\(comparison.examples)")
  }

  @Test(arguments: [
    ("softfloat_f16.s1.csv.gz", "op,rm,a,b,c,result,flags", FloatFormat.fp16, FloatFormat.fp16, 30_000),
    ("softfloat_bf16f32.s1.csv.gz", "op,rm,a_bf16,b_bf16,c_f32,result_f32,flags", .bf16, .fp32, 20_000),
    ("softfloat_f16f32.s2.csv.gz", "op,rm,a_f16,b_f16,c_f32,result_f32,flags", .fp16, .fp32, 20_000),
  ])
  func arithmetic(file: String, header: String, source: FloatFormat, destination: FloatFormat, count: Int) throws {
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: header) {
      let rounding = try #require(Self.modes[row[1]])
      let operands = try row[2...4].map(FloatReference.hexadecimal)
      let golden = try FloatReference.hexadecimal(row[5])
      let flags = FloatFlags(rawValue: UInt8(try FloatReference.hexadecimal(row[6])))
      let ours =
        switch row[0] {
        case "add": source.add(operands[0], operands[1], rounding: rounding)
        case "mul": source.multiply(operands[0], operands[1], rounding: rounding)
        case "fma":
          source.fusedMultiplyAdd(
            operands[0], operands[1], operands[2], addendFormat: destination, rounding: rounding)
        default: throw FloatReference.Failure(reason: "operation \(row[0])")
        }
      // The f16 operands of the mixed file were widened by f16_to_f32 beforehand. That quiets a signalling NaN, and the
      // invalid exception of the widening is not in the file.
      var quieted: FloatFlags = []
      if source == .fp16 && destination == .fp32 && !destination.isSignalingNaN(operands[2]) {
        for operand in operands[..<2] { quieted.formUnion(source.convert(operand, to: destination).flags) }
      }
      comparison.expect(
        Self.agree(ours.bits, golden, in: destination) && ours.flags == flags.union(quieted),
        "\(row.joined(separator: ",")): \(String(ours.bits, radix: 16)) \(ours.flags.rawValue)")
    }
    Self.report(file, comparison, rows: count)
  }

  @Test(arguments: [
    ("softfloat_f32bf16.s1.csv.gz", "rm,f32,bf16,flags", FloatFormat.bf16),
    ("softfloat_f32f16.s2.csv.gz", "rm,f32,f16,flags", .fp16),
  ])
  func narrowing(file: String, header: String, destination: FloatFormat) throws {
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: header) {
      let rounding = try #require(Self.modes[row[0]])
      let value = try FloatReference.hexadecimal(row[1])
      let golden = try FloatReference.hexadecimal(row[2])
      let flags = FloatFlags(rawValue: UInt8(try FloatReference.hexadecimal(row[3])))
      let ours = FloatFormat.fp32.convert(value, to: destination, rounding: rounding)
      var holds = Self.agree(ours.bits, golden, in: destination) && ours.flags == flags
      if destination == .bf16 && rounding == .nearestEven {
        holds = holds && UInt32(BF16.narrow(Float(bitPattern: value))) == ours.bits
      }
      comparison.expect(
        holds, "\(row.joined(separator: ",")): \(String(ours.bits, radix: 16)) \(ours.flags.rawValue)")
    }
    Self.report(file, comparison, rows: 25_000)
  }

  @Test func wideningOfEveryHalf() throws {
    let file = "softfloat_f16_to_f32_table.csv.gz"
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: "f16,f32") {
      let half = try FloatReference.hexadecimal(row[0])
      let golden = try FloatReference.hexadecimal(row[1])
      let ours = FloatFormat.fp16.convert(half, to: .fp32)
      let flags: FloatFlags = FloatFormat.fp16.isSignalingNaN(half) ? .invalid : []
      comparison.expect(
        Self.agree(ours.bits, golden, in: .fp32) && ours.flags == flags,
        "\(row[0]): \(String(ours.bits, radix: 16)), not \(row[1])")
    }
    Self.report(file, comparison, rows: 65_536)
  }

  @Test(arguments: ["softfloat_f32dot.s1.csv.gz", "softfloat_f32dot.s2.csv.gz"])
  func dotProducts(file: String) throws {
    let header = "len,a_bf16(sp-sep),b_bf16,acc_fused_f32,acc_muladd_f32,out_bf16_fused"
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: header) {
      let a = try row[1].split(separator: " ").map(FloatReference.hexadecimal)
      let b = try row[2].split(separator: " ").map(FloatReference.hexadecimal)
      try #require(Int(row[0]) == a.count && a.count == b.count)
      var (fused, separate, fast) = (UInt32(0), UInt32(0), Float(0))
      for (x, y) in zip(a, b) {
        fused = FloatFormat.bf16.fusedMultiplyAdd(x, y, fused, addendFormat: .fp32).bits
        let product = FloatFormat.fp32.multiply(x << 16, y << 16).bits
        separate = FloatFormat.fp32.add(separate, product).bits
        fast = BF16.multiplyAccumulate(UInt16(x), UInt16(y), into: fast)
      }
      let output = FloatFormat.fp32.convert(fused, to: .bf16).bits
      let golden = try row[3...5].map(FloatReference.hexadecimal)
      comparison.expect(
        [fused, separate, output] == golden && fast.bitPattern == golden[0]
          && UInt32(BF16.narrow(fast)) == golden[2],
        "\(row[0]) terms: \([fused, separate, output, fast.bitPattern]), not \(golden)")
    }
    Self.report(file, comparison, rows: 600)
  }
}
