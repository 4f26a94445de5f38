/// The command that goes next from one place of a controller, as far as it is known.
///
/// Times at which commands become legal never move back. So a choice stays the right one while its own time is unchanged
/// and has not passed: the others can only have become later. New candidates are compared with it as they appear.
struct CommandChoice {
  /// First clock at which it can go; `Int64.max` when there is no candidate.
  var clock = Int64.max
  /// Of two that can go in the same clock the one of smaller age goes.
  var age = Int64.max
  /// First clock at which timing allows it, whatever the present.
  var legal: Int64 = 0
  var command: Int32 = 0
  var bank: Int32 = 0
  /// Slot of the request's pool.
  var slot: Int32 = 0
  /// Whether every candidate was compared.
  var isKnown = true

  static let unknown = CommandChoice(isKnown: false)

  @inline(__always)
  func goesBefore(_ other: CommandChoice) -> Bool { clock < other.clock || (clock == other.clock && age < other.age) }

  /// Becomes what a search found; no candidate when the bank is negative.
  @inline(__always)
  mutating func set(
    _ clock: Int64, _ age: Int64, _ times: UnsafeMutablePointer<Int64>, _ groupOf: UnsafeMutablePointer<Int32>,
    _ groups: Int, _ command: Int, _ bank: Int, _ slots: UnsafeMutablePointer<Int32>
  ) {
    isKnown = true
    self.clock = clock
    self.age = age
    guard bank >= 0 else { return }
    legal = max(times[Int(groupOf[bank])], times[groups &+ bank])
    self.command = Int32(truncatingIfNeeded: command)
    self.bank = Int32(truncatingIfNeeded: bank)
    slot = slots[bank]
  }
}
