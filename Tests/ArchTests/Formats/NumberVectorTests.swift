import Arch
import Foundation
import Testing

/// Rows of other people's implementations, copied into `Fixtures/Formats`; the first line of each file says whence.
struct NumberVectorTests {
  static let formats: [Substring: FloatFormat] = [
    "bf16": .bf16, "fp16": .fp16, "fp32": .fp32, "fp8e5m2": FloatFormat(exponentBits: 5, significandBits: 2),
  ]
  static let modes: [Substring: RoundingMode] = [
    "rne": .nearestEven, "rtz": .towardZero, "rdn": .down, "rup": .up, "rmm": .nearestMaxMagnitude,
  ]

  static func rows(_ file: String) throws -> [[Substring]] {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/Formats")
    let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
    return text.split(separator: "\n").dropFirst(2).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }

  static func hexadecimal(_ field: Substring) throws -> UInt32 { try #require(UInt32(field, radix: 16)) }

  /// fpnew returns the canonical NaN, so its rows hold bit for bit; of the others' NaNs only the kind is compared.
  @Test(arguments: [("fpnew.csv", true, 464), ("softfloat.csv", false, 1700), ("ml-dtypes.csv", false, 800)])
  func operations(file: String, isNaNExact: Bool, leastCount: Int) throws {
    let rows = try Self.rows(file)
    #expect(rows.count >= leastCount)
    for row in rows {
      let rounding = try #require(Self.modes[row[1]])
      let source = try #require(Self.formats[row[2]])
      let addend = try #require(Self.formats[row[3]])
      let result = try #require(Self.formats[row[4]])
      let (a, b, c) = try (Self.hexadecimal(row[5]), Self.hexadecimal(row[6]), Self.hexadecimal(row[7]))
      let ours =
        switch row[0] {
        case "add": source.add(a, b, rounding: rounding)
        case "sub": source.subtract(a, b, rounding: rounding)
        case "mul": source.multiply(a, b, rounding: rounding)
        case "fma":
          source.fusedMultiplyAdd(a, b, c, addendFormat: addend, resultFormat: result, rounding: rounding)
        default: source.convert(a, to: result, rounding: rounding)
        }
      let golden = try Self.hexadecimal(row[8])
      let isNaN = !isNaNExact && result.isNaN(golden)
      #expect(ours.bits == (isNaN ? result.canonicalNaN : golden), "\(row.joined(separator: ","))")
      if !row[9].isEmpty {
        let flags = FloatFlags(rawValue: UInt8(try Self.hexadecimal(row[9])))
        #expect(ours.flags == flags, "\(row.joined(separator: ","))")
      }
    }
  }

  @Test func dotProducts() throws {
    let rows = try Self.rows("softfloat-dot.csv")
    #expect(rows.count == 60)
    for row in rows {
      let a = try row[1].split(separator: " ").map(Self.hexadecimal)
      let b = try row[2].split(separator: " ").map(Self.hexadecimal)
      let golden = try row[3...5].map(Self.hexadecimal)
      var (fused, separate, fast) = (UInt32(0), UInt32(0), Float(0))
      for (x, y) in zip(a, b) {
        fused = FloatFormat.bf16.fusedMultiplyAdd(x, y, fused, addendFormat: .fp32).bits
        separate = FloatFormat.fp32.add(separate, FloatFormat.fp32.multiply(x << 16, y << 16).bits).bits
        fast = BF16.multiplyAccumulate(UInt16(x), UInt16(y), into: fast)
      }
      #expect([fused, separate, FloatFormat.fp32.convert(fused, to: .bf16).bits] == golden)
      #expect(fast.bitPattern == golden[0] && UInt32(BF16.narrow(fast)) == golden[2])
    }
  }
}
