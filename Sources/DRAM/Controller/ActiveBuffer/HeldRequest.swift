/// A request that a controller holds.
struct HeldRequest {
  var address: UInt64 = 0
  /// The clock at which it was accepted.
  var accepted: Int64 = 0
  var row: Int32 = 0
  var column: Int32 = 0
  var bank: Int32 = 0
  var isWrite = false
  /// Whether a command was issued for it.
  var isStarted = false

  init() {}

  @inline(__always)
  init(_ request: PlacedRequest, accepted clock: Int64) {
    address = request.address
    accepted = clock
    row = request.row
    column = request.column
    bank = request.bank
    isWrite = request.isWrite
  }
}
