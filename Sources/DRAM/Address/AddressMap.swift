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
