import Arch
import Files

/// Requests from a CSV file, plain or gzip: a header `arrival,op,address`, then one request per line in order of arrival.
///
/// `op` is R or W; the address counts bytes, in hexadecimal with 0x or in decimal. Read in constant memory.
public struct RequestTrace: RequestSource {
  private let reader: LineReader
  private let file: String
  private let capacity: UInt64
  private let capacityText: String
  /// A quarter of an hour of DDR4; a run refreshes all the way to its last request.
  private static let lastArrival: Int64 = 1 << 40
  private var last: Int64 = 0
  private var sawHeader = false
  private var count: Int64 = 0

  /// Which part of the file has been read, 0 to 1; `nil` for a pipe.
  public var partRead: Double? { reader.partRead }

  /// - Parameter device: says where the memory ends; its address map may be another than that of the run, its capacity
  ///   not.
  public init(path: String, displayName: String, device: DeviceDescription) throws(Refusal) {
    reader = try LineReader(path: path, displayName: displayName)
    file = displayName
    let rowBytes = max(device.rowBytes, 1)
    let banks = device.levelSizes.reduce(1, *)
    // At most 2^20 banks of 2^31 rows of 2^30 bytes would overflow.
    let (perBank, first) = device.rows.multipliedReportingOverflow(by: rowBytes)
    let (bytes, second) = perBank.multipliedReportingOverflow(by: Int64(banks))
    guard !first, !second, bytes > 0 else {
      throw Refusal("device '\(device.name)' has more bytes than an address counts", at: Place(file: displayName))
    }
    capacity = UInt64(bytes)
    capacityText = "0x" + String(bytes, radix: 16)
  }

  public mutating func next(into batch: UnsafeMutableBufferPointer<MemoryRequest>) throws -> Int {
    var filled = 0
    var refusal: Refusal?
    while filled < batch.count, refusal == nil {
      let parsed: MemoryRequest??
      parsed = try reader.withNextLine { line -> MemoryRequest? in
        if line.isEmpty || line[0] == UInt8(ascii: "#") { return nil }
        do throws(Refusal) {
          if !sawHeader {
            try checkHeader(line)
            sawHeader = true
            return nil
          }
          return try request(line)
        } catch {
          refusal = error
          return nil
        }
      }
      guard let parsed else { break }
      guard let request = parsed else { continue }
      batch[filled] = request
      filled += 1
    }
    if let refusal { throw refusal }
    count += Int64(filled)
    if filled == 0, count == 0 {
      throw Refusal(
        "the trace is empty", at: Place(file: file), expected: "a header arrival,op,address and at least one request")
    }
    return filled
  }

  private func place(_ column: Int) -> Place {
    Place(file: file, mark: Mark(line: max(reader.lineNumber, 1), column: column + 1))
  }

  private func checkHeader(_ line: UnsafeRawBufferPointer) throws(Refusal) {
    guard line.elementsEqual("arrival,op,address".utf8) else {
      throw Refusal(
        "the trace does not begin with its header", at: place(0),
        value: String(decoding: line.prefix(60), as: UTF8.self), expected: "arrival,op,address")
    }
  }

  private mutating func request(_ line: UnsafeRawBufferPointer) throws(Refusal) -> MemoryRequest {
    var index = 0
    var arrival: Int64 = 0
    let count = line.count
    while index < count, index < 18, line[index] &- 48 <= 9 {
      arrival = arrival &* 10 &+ Int64(line[index] &- 48)
      index += 1
    }
    guard index > 0, index < count, line[index] == UInt8(ascii: ","), arrival < Self.lastArrival else {
      throw fault(line, 0, "the arrival is not a cycle", "a decimal integer below 2^40, then a comma")
    }
    guard arrival >= last else {
      throw Refusal(
        "time goes backwards", at: place(0), value: "arrival \(arrival)",
        expected: "at least \(last), as the line before")
    }
    last = arrival
    guard index + 2 < count, line[index + 2] == UInt8(ascii: ","),
      line[index + 1] == UInt8(ascii: "R") || line[index + 1] == UInt8(ascii: "W")
    else { throw fault(line, index + 1, "the operation is neither a read nor a write", "R or W, then a comma") }
    let isWrite = line[index + 1] == UInt8(ascii: "W")
    let start = index + 3
    guard let address = Self.address(line, from: start) else {
      if let comma = line[start...].firstIndex(of: UInt8(ascii: ",")) {
        throw fault(line, comma + 1, "the line has more than three fields", "its end behind the address")
      }
      throw fault(line, start, "the address is not a number", "bytes in hexadecimal such as 0x1f40, or in decimal")
    }
    guard address < capacity else {
      throw fault(line, start, "the address lies beyond the memory", "less than \(capacityText)")
    }
    return MemoryRequest(arrival: arrival, address: address, isWrite: isWrite)
  }

  private func fault(
    _ line: UnsafeRawBufferPointer, _ column: Int, _ message: String, _ expected: String
  ) -> Refusal {
    let end = line[min(column, line.count)...].firstIndex(of: UInt8(ascii: ",")) ?? line.count
    let field = line[min(column, line.count)..<end].prefix(40)
    return Refusal(message, at: place(column), value: String(decoding: field, as: UTF8.self), expected: expected)
  }

  /// At most 16 hexadecimal or 19 decimal digits up to the end of the line.
  @inline(__always)
  private static func address(_ line: UnsafeRawBufferPointer, from start: Int) -> UInt64? {
    var index = start
    var value: UInt64 = 0
    if line.count - start > 2, line[start] == 48, line[start + 1] | 32 == UInt8(ascii: "x") {
      index += 2
      guard line.count - index <= 16 else { return nil }
      while index < line.count {
        let byte = line[index]
        if byte &- 48 <= 9 {
          value = value << 4 | UInt64(byte &- 48)
        } else {
          let letter = (byte | 32) &- UInt8(ascii: "a")
          guard letter < 6 else { return nil }
          value = value << 4 | UInt64(letter + 10)
        }
        index += 1
      }
      return value
    }
    guard index < line.count, line.count - index <= 19 else { return nil }
    while index < line.count {
      guard line[index] &- 48 <= 9 else { return nil }
      value = value &* 10 &+ UInt64(line[index] &- 48)
      index += 1
    }
    return value
  }
}
