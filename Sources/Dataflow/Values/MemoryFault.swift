/// One element of a memory that is not what was stored there: to see what it does to the numbers of a run.
public struct MemoryFault: Hashable, Sendable {
  /// The memory's name in the design.
  public let unit: String
  public let channel: Int64
  /// Flat number of the bank in its channel.
  public let bank: Int64
  public let row: Int64
  /// Element of the row.
  public let column: Int64
  public let value: Float

  public init(unit: String, channel: Int64, bank: Int64, row: Int64, column: Int64, value: Float) {
    self.unit = unit
    self.channel = channel
    self.bank = bank
    self.row = row
    self.column = column
    self.value = value
  }
}
