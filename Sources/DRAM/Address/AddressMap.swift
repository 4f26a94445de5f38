import Arch
import Files

/// Which bits of a byte address are the channel, rank, bank, row and column: a declared bit order.
public struct AddressMap: Sendable, Hashable {
  public enum Target: Sendable, Hashable {
    /// A level of the device, by index.
    case level(Int)
    case row
    /// Counts column commands (bursts) of a row, not words.
    case column
  }

  /// Consecutive bits of the address. A target may have several; the first named has its low bits.
  public struct Field: Sendable, Hashable {
    public let target: Target
    public let bits: Int

    public init(target: Target, bits: Int) {
      self.target = target
      self.bits = bits
    }
  }

  /// Bits below the first field: the bytes of one access.
  public let shift: Int
  /// From the least significant bit upwards.
  public let fields: [Field]

  public init(shift: Int, fields: [Field]) {
    self.shift = shift
    self.fields = fields
  }

  /// Bits of the address that mean something.
  public var bits: Int { fields.reduce(shift) { $0 + $1.bits } }

  /// Bits of one target, over all its fields.
  public func bits(of target: Target) -> Int {
    fields.filter { $0.target == target }.reduce(0) { $0 + $1.bits }
  }

  /// Checks that every address leads to a place of the device.
  ///
  /// - Throws: when a level has another size than the map has numbers for it.
  func check(against device: DeviceDescription) throws(Refusal) {
    for (level, size) in device.levelSizes.enumerated() {
      let bits = bits(of: .level(level))
      guard bits < 32, 1 << bits == size else {
        throw Refusal(
          "the address map does not fit device '\(device.name)'", at: Place(file: device.name),
          value: "\(bits) bits for the level '\(device.levels[level])' of size \(size)",
          expected: "as many numbers as the level has members")
      }
    }
  }

  /// The same order for another number of channels, a power of two.
  ///
  /// - Returns: `nil` when the channel's bits are spread over several fields, or are none at all.
  public func with(channels: Int) -> AddressMap? {
    guard channels.nonzeroBitCount == 1 else { return nil }
    let places = fields.indices.filter { fields[$0].target == .level(0) }
    guard places.count == 1 else { return nil }
    var changed = fields
    changed[places[0]] = Field(target: .level(0), bits: channels.trailingZeroBitCount)
    return AddressMap(shift: shift, fields: changed)
  }
}

/// Where an address leads.
public struct MemoryPlace: Sendable, Hashable {
  public var channel: Int32 = 0
  /// Number of the bank inside its channel: mixed radix of the levels below the channel, the top one most significant.
  public var bank: Int32 = 0
  public var row: Int32 = 0
  public var column: Int32 = 0

  @inlinable public init() {}
}

/// An address map made ready for many look-ups.
final class AddressDecoder {
  /// One run of bits and where it goes.
  private struct Piece {
    let shift: UInt64
    let mask: UInt64
    /// What the bits are multiplied with in the number that they belong to.
    let factor: UInt64
  }

  /// First those of the channel (low half) and the bank (high half), then those of the row and the column.
  private let pieces: UnsafeMutablePointer<Piece>
  private let rowPieces: UnsafeMutablePointer<Piece>
  private let piecesEnd: UnsafeMutablePointer<Piece>

  init(_ map: AddressMap, levelSizes: [Int]) {
    var banks: [Piece] = []
    var rows: [Piece] = []
    var position = map.shift
    var taken: [AddressMap.Target: Int] = [:]
    for field in map.fields {
      defer { position += field.bits }
      let low = taken[field.target, default: 0]
      taken[field.target] = low + field.bits
      guard field.bits > 0 else { continue }
      var factor = UInt64(1) << UInt64(low)
      switch field.target {
      case .level(0), .row: break
      case .level(let level): factor *= UInt64(levelSizes[(level + 1)...].reduce(1, *)) << 32
      case .column: factor <<= 32
      }
      let piece = Piece(shift: UInt64(position), mask: (UInt64(1) << UInt64(field.bits)) - 1, factor: factor)
      switch field.target {
      case .level: banks.append(piece)
      case .row, .column: rows.append(piece)
      }
    }
    pieces = .allocate(capacity: max(banks.count + rows.count, 1))
    pieces.initialize(from: banks + rows, count: banks.count + rows.count)
    rowPieces = pieces + banks.count
    piecesEnd = rowPieces + rows.count
  }

  deinit { pieces.deallocate() }

  @inline(__always)
  private func sum(
    _ address: UInt64, _ first: UnsafeMutablePointer<Piece>, _ end: UnsafeMutablePointer<Piece>
  ) -> UInt64 {
    var sum: UInt64 = 0
    var piece = first
    while piece < end {
      sum &+= (address &>> piece.pointee.shift & piece.pointee.mask) &* piece.pointee.factor
      piece += 1
    }
    return sum
  }

  /// The place of an address; bits above the map are ignored.
  @inline(__always)
  func place(of address: UInt64) -> MemoryPlace {
    let banks = sum(address, pieces, rowPieces)
    let rows = sum(address, rowPieces, piecesEnd)
    var place = MemoryPlace()
    place.channel = Int32(truncatingIfNeeded: banks)
    place.bank = Int32(truncatingIfNeeded: banks &>> 32)
    place.row = Int32(truncatingIfNeeded: rows)
    place.column = Int32(truncatingIfNeeded: rows &>> 32)
    return place
  }
}
