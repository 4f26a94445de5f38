/// An address map made ready for many look-ups. Bits above the map are ignored.
final class AddressDecoder {
  /// One run of bits and where it goes.
  private struct Piece {
    let shift: UInt64
    let mask: UInt64
    /// What the bits are multiplied with in the number that they belong to.
    let factor: UInt64
  }

  /// First those of the channel; then those of the bank (high half) and the row (low half); then those of the column.
  private let pieces: UnsafeMutablePointer<Piece>
  private let bankPieces: UnsafeMutablePointer<Piece>
  private let columnPieces: UnsafeMutablePointer<Piece>
  private let piecesEnd: UnsafeMutablePointer<Piece>
  private let channelBits: UInt64

  init(_ map: AddressMap, levelSizes: [Int]) {
    var (channels, banks, columns): ([Piece], [Piece], [Piece]) = ([], [], [])
    var channelBits: UInt64 = 0
    var position = map.shift
    var taken: [AddressMap.Target: Int] = [:]
    for field in map.fields {
      defer { position += field.bits }
      let low = taken[field.target, default: 0]
      taken[field.target] = low + field.bits
      guard field.bits > 0 else { continue }
      let mask = (UInt64(1) << UInt64(field.bits)) - 1
      let factor = UInt64(1) << UInt64(low)
      func piece(_ factor: UInt64) -> Piece { Piece(shift: UInt64(position), mask: mask, factor: factor) }
      switch field.target {
      case .level(0):
        channels.append(piece(factor))
        channelBits |= mask << UInt64(position)
      case .level(let level):
        banks.append(piece(factor * UInt64(levelSizes[(level + 1)...].reduce(1, *)) << 32))
      case .row: banks.append(piece(factor))
      case .column: columns.append(piece(factor))
      }
    }
    self.channelBits = channelBits
    let all = channels + banks + columns
    pieces = .allocate(capacity: max(all.count, 1))
    pieces.initialize(from: all, count: all.count)
    bankPieces = pieces + channels.count
    columnPieces = bankPieces + banks.count
    piecesEnd = columnPieces + columns.count
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

  /// The channel that an address leads to.
  @inline(__always)
  func channel(of address: UInt64) -> Int { Int(truncatingIfNeeded: sum(address, pieces, bankPieces)) }

  /// The address without the bits of its channel: inside the channel it says as much.
  @inline(__always)
  func withoutChannel(_ address: UInt64) -> UInt64 { address & ~channelBits }

  /// Where an address leads inside its channel.
  @inline(__always)
  func place(of address: UInt64) -> (bank: Int32, row: Int32, column: Int32) {
    let bank = sum(address, bankPieces, columnPieces)
    let column = sum(address, columnPieces, piecesEnd)
    return (
      Int32(truncatingIfNeeded: bank &>> 32), Int32(truncatingIfNeeded: bank), Int32(truncatingIfNeeded: column)
    )
  }
}
