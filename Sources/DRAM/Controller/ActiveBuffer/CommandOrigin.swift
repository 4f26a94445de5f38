/// Where the next command comes from.
enum CommandOrigin: UInt8 {
  case none, active, column
  /// A row command for a request of the buffer that is served.
  case row
  /// The head of the queue of refreshes and precharges.
  case maintenance
  /// A row command of an active request whose row was closed under it.
  case activeRow
}
