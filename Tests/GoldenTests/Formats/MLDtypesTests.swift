import Arch
import Foundation
import Testing

/// The columns of ml_dtypes' narrowing tables whose formats have IEEE 754 semantics. NaNs keep their sign there and are
/// canonical here.
@Suite(.enabled(if: FloatReference.isPresent, Comment(rawValue: FloatReference.absence)))
struct MLDtypesTests {
  static let formats: [Substring: FloatFormat] = [
    "f32": .fp32, "f16": .fp16, "bf16": .bf16, "float16": .fp16, "bfloat16": .bf16,
    "float8_e5m2": FloatFormat(exponentBits: 5, significandBits: 2),
    "float8_e4m3": FloatFormat(exponentBits: 4, significandBits: 3),
    "float8_e3m4": FloatFormat(exponentBits: 3, significandBits: 4),
  ]

  @Test(arguments: [
    ("ml_dtypes_bf16_to_all.csv.gz", "bf16,float16,float8_e4m3fn,float8_e5m2,float8_e4m3,float8_e3m4,", 65_536),
    ("ml_dtypes_f16_to_all.csv.gz", "f16,bfloat16,float8_e4m3fn,float8_e5m2,float8_e4m3,float8_e3m4,", 65_536),
    (
      "ml_dtypes_f32_to_all.csv.gz", "f32,bfloat16,float16,float8_e4m3fn,float8_e5m2,float8_e4m3,float8_e3m4,",
      20_000
    ),
  ])
  func narrowing(file: String, header: String, count: Int) throws {
    let columns = header.split(separator: ",")
    let source = try #require(Self.formats[columns[0]])
    let rows = try FloatReference.rows(file, header: header)
    #expect(rows.count == count)
    for (index, column) in columns.enumerated().dropFirst() {
      guard let destination = Self.formats[column] else { continue }
      var comparison = Comparison()
      for row in rows {
        let golden = try FloatReference.hexadecimal(row[index])
        let ours = source.convert(try FloatReference.hexadecimal(row[0]), to: destination).bits
        comparison.expect(
          destination.isNaN(golden) ? ours == destination.canonicalNaN : ours == golden,
          "\(row[0]): \(String(ours, radix: 16)), not \(row[index])")
      }
      print("\(file) \(column): \(comparison.rows) rows, \(comparison.mismatches) mismatches")
      #expect(comparison.mismatches == 0, "\(column): \(comparison.examples)")
    }
  }

  @Test func productsAndSumsOfE5M2() throws {
    // The file rounds an exact binary32 product; a binary32 sum of two e5m2 values is exact as well.
    let format = FloatFormat(exponentBits: 5, significandBits: 2)
    let file = "ml_dtypes_float8_e5m2_muladd.csv.gz"
    var comparison = Comparison()
    for row in try FloatReference.rows(file, header: "a,b,prod_f32,prod,sum") {
      let fields = try row.map(FloatReference.hexadecimal)
      let ours = [
        format.fusedMultiplyAdd(fields[0], fields[1], FloatFormat.fp32.signMask, addendFormat: .fp32).bits,
        format.multiply(fields[0], fields[1]).bits, format.add(fields[0], fields[1]).bits,
      ]
      let holds = zip(zip(ours, fields[2...]), [FloatFormat.fp32, format, format]).allSatisfy { pair, format in
        format.isNaN(pair.1) ? pair.0 == format.canonicalNaN : pair.0 == pair.1
      }
      comparison.expect(holds, "\(row.joined(separator: ",")): \(ours.map { String($0, radix: 16) })")
    }
    print("\(file): \(comparison.rows) rows, \(comparison.mismatches) mismatches")
    #expect(comparison.rows == 65_536)
    #expect(comparison.mismatches == 0, "\(comparison.examples)")
  }
}
