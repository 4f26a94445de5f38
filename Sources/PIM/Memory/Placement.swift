import Arch

/// The shape of a PIM memory as data sees it.
public struct MemoryGeometry: Hashable, Sendable {
  public let channels: Int64
  /// Banks of one channel, all levels below it together; each has a MAC unit.
  public let banks: Int64
  /// Elements of one row of one bank.
  public let rowElements: Int64
  /// Elements that one column command moves.
  public let burstElements: Int64
  /// Rows of one bank.
  public let rows: Int64

  public init(channels: Int64, banks: Int64, rowElements: Int64, burstElements: Int64, rows: Int64) {
    self.channels = channels
    self.banks = banks
    self.rowElements = rowElements
    self.burstElements = burstElements
    self.rows = rows
  }

  var burstsPerRow: Int64 { rowElements / burstElements }
}

/// A level of the memory over which an index can be spread.
public enum SpreadLevel: String, Hashable, Sendable, CaseIterable { case channel, bank, row }

/// Where a matrix lies: a declared assignment of its two dimensions to the levels of the memory.
///
/// The *spread* dimension is dealt out over channels, banks and rows, the first level of `order` varying fastest; all
/// elements of one spread index lie in one bank. The *stream* dimension runs along the columns. An index of the spread
/// dimension has a *slot* in its bank; slots lie end to end, `pitch` elements apart, so that rows are filled; with
/// `padsToRow` each slot starts a row of its own. A stream longer than `chunk` is cut: all slots of the first chunk,
/// then all slots of the second, and so on, each chunk starting a row.
public struct Placement: Hashable, Sendable {
  public var baseRow: Int64
  /// Extents for which room is set aside; a step may use fewer.
  public let spread: Int64
  public let stream: Int64
  public let order: [SpreadLevel]
  /// Elements of the stream in one chunk; a multiple of the burst.
  public let chunk: Int64
  public let padsToRow: Bool

  public init(baseRow: Int64, spread: Int64, stream: Int64, order: [SpreadLevel], chunk: Int64, padsToRow: Bool) {
    precondition(Set(order).count == 3 && spread > 0 && stream > 0 && chunk > 0, "a placement names every level once")
    self.baseRow = baseRow
    self.spread = spread
    self.stream = stream
    self.order = order
    self.chunk = chunk
    self.padsToRow = padsToRow
  }

  static let operandNames = ["base-row", "spread", "stream", "order", "chunk-elements", "pads-to-row"]
  static let operandCount = operandNames.count
  private static let orders: [[SpreadLevel]] = [
    [.channel, .bank, .row], [.channel, .row, .bank], [.bank, .channel, .row], [.bank, .row, .channel],
    [.row, .channel, .bank], [.row, .bank, .channel],
  ]

  /// The placement as operands of a step.
  var operands: [Int64] {
    [baseRow, spread, stream, Int64(Self.orders.firstIndex(of: order) ?? 0), chunk, padsToRow ? 1 : 0]
  }

  init?(operands: ArraySlice<Int64>) {
    let o = Array(operands)
    guard o.count == Self.operandCount, o[0] >= 0, o[1] > 0, o[2] > 0, (0..<6).contains(o[3]), o[4] > 0 else {
      return nil
    }
    self.init(
      baseRow: o[0], spread: o[1], stream: o[2], order: Self.orders[Int(o[3])], chunk: o[4], padsToRow: o[5] == 1)
  }

  public var chunks: Int64 { (stream + chunk - 1) / chunk }

  /// Elements of the stream in chunk `index`.
  public func chunkLength(_ index: Int64) -> Int64 { min(chunk, stream - index * chunk) }

  /// Slots per bank that are set aside.
  public func slots(_ g: MemoryGeometry) -> Int64 { (spread + g.channels * g.banks - 1) / (g.channels * g.banks) }

  /// Elements from one slot of chunk `index` to the next.
  public func pitch(_ index: Int64, _ g: MemoryGeometry) -> Int64 {
    let unit = padsToRow ? g.rowElements : g.burstElements
    return (chunkLength(index) + unit - 1) / unit * unit
  }

  /// Rows of one bank that chunk `index` takes.
  func rows(ofChunk index: Int64, _ g: MemoryGeometry) -> Int64 {
    (slots(g) * pitch(index, g) + g.rowElements - 1) / g.rowElements
  }

  /// Rows of one bank that the whole matrix takes.
  public func rows(_ g: MemoryGeometry) -> Int64 {
    let full = chunks - 1
    return (full > 0 ? full * rows(ofChunk: 0, g) : 0) + rows(ofChunk: full, g)
  }

  /// The first row of chunk `index`; all chunks but the last take the same number of rows.
  func firstRow(ofChunk index: Int64, _ g: MemoryGeometry) -> Int64 {
    baseRow + (index > 0 ? index * rows(ofChunk: 0, g) : 0)
  }

  /// The spread index that lies in `slot` of `bank` of `channel`; may be beyond the extent (padding).
  public func index(channel: Int64, bank: Int64, slot: Int64, _ g: MemoryGeometry) -> Int64 {
    var result: Int64 = 0
    var scale: Int64 = 1
    for level in order {
      switch level {
      case .channel:
        result += channel * scale
        scale *= g.channels
      case .bank:
        result += bank * scale
        scale *= g.banks
      case .row:
        result += slot * scale
        scale *= slots(g)
      }
    }
    return result
  }

  /// Where spread index `index` lies.
  public func location(_ index: Int64, _ g: MemoryGeometry) -> (channel: Int64, bank: Int64, slot: Int64) {
    var rest = index
    var channel: Int64 = 0
    var bank: Int64 = 0
    var slot: Int64 = 0
    for level in order {
      switch level {
      case .channel:
        channel = rest % g.channels
        rest /= g.channels
      case .bank:
        bank = rest % g.banks
        rest /= g.banks
      case .row:
        slot = rest % slots(g)
        rest /= slots(g)
      }
    }
    return (channel, bank, slot)
  }

  /// How many slots of `channel` hold an index below `used`: the index grows with the slot, so they are the first ones.
  public func usedSlots(channel: Int64, below used: Int64, _ g: MemoryGeometry) -> Int64 {
    var low: Int64 = 0
    var high = slots(g)
    while low < high {
      let middle = (low + high) / 2
      // Within a slot, bank 0 holds the smallest index.
      if index(channel: channel, bank: 0, slot: middle, g) < used { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// How many banks of `channel` hold an index below `used` in `slot`: the first ones.
  public func usedBanks(channel: Int64, slot: Int64, below used: Int64, _ g: MemoryGeometry) -> Int64 {
    let first = index(channel: channel, bank: 0, slot: slot, g)
    guard first < used else { return 0 }
    let step = index(channel: channel, bank: 1, slot: slot, g) - first
    return min(g.banks, (used - first + step - 1) / step)
  }

  /// How many indices of `range` lie in `channel`.
  public func count(channel: Int64, in range: Range<Int64>, _ g: MemoryGeometry) -> Int64 {
    if range.count == 1 { return location(range.lowerBound, g).channel == channel ? 1 : 0 }
    return (0..<slots(g)).reduce(0) {
      $0 + usedBanks(channel: channel, slot: $1, below: range.upperBound, g)
        - usedBanks(channel: channel, slot: $1, below: range.lowerBound, g)
    }
  }
}
