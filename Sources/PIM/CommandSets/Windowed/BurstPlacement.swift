import DRAM

/// Where the bursts of a product lie: in which of the places that multiply by themselves, in which row and column.
struct BurstPlacement: Sendable {
  /// Places that come before the column in the order, and those that come between column and row.
  private let inner: Int64
  private let outer: Int64
  /// Bursts of a row.
  let columns: Int64
  private let burstBytes: Int64
  private let rowBytes: Int64

  init(_ digits: [AttentionKernel.BurstDigit], _ device: DeviceDescription) {
    var inner: Int64 = 1
    var outer: Int64 = 1
    var isOuter = false
    for digit in digits {
      switch digit {
      case .level(let level):
        if isOuter { outer *= Int64(device.levelSizes[level]) } else { inner *= Int64(device.levelSizes[level]) }
      case .column: isOuter = true
      case .row: break
      }
    }
    self.inner = inner
    self.outer = outer
    burstBytes = device.accessBytes
    rowBytes = device.rowBytes
    columns = device.rowBytes / device.accessBytes
  }

  /// Rows that so many bursts take in a place.
  func rows(of bursts: Int64) -> Int64 { (bursts - 1) / (inner * columns * outer) + 1 }

  /// How many rows a burst of one product lies behind one of another, where that is the same for all bursts after them;
  /// `nil` where it is not.
  func rowsApart(_ firstBase: Int64, _ first: Int64, _ secondBase: Int64, _ second: Int64) -> Int64? {
    let round = inner * columns * outer
    let (bytes, bursts) = (secondBase - firstBase, second - first)
    return bytes % rowBytes == 0 && bursts % round == 0 ? bytes / rowBytes + bursts / round : nil
  }

  /// Where a burst is, for a product that begins `base` bytes into its places.
  @inline(__always)
  func place(_ burst: Int64, from base: Int64) -> (place: Int, row: Int32, column: Int32) {
    var rest = burst
    var place: Int64 = 0
    if inner > 1 { (rest, place) = rest.quotientAndRemainder(dividingBy: inner) }
    let (line, column) = rest.quotientAndRemainder(dividingBy: columns)
    var row = line
    if outer > 1 {
      let (number, high) = line.quotientAndRemainder(dividingBy: outer)
      row = number
      place += inner * high
    }
    let found = rowAndColumn(base + row * rowBytes + column * burstBytes)
    return (Int(place), found.row, found.column)
  }

  @inline(__always)
  func rowAndColumn(_ byte: Int64) -> (row: Int32, column: Int32) {
    let (row, rest) = byte.quotientAndRemainder(dividingBy: rowBytes)
    return (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: rest / burstBytes))
  }
}
