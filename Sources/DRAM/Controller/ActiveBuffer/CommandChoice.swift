/// The command that goes next from one place of a controller, as far as it is known.
///
/// Times at which commands become legal never move back. So a choice stays the right one while its own time is unchanged
/// and has not passed: the others can only have become later. New candidates are compared with it as they appear.
struct CommandChoice {
  /// First clock at which it can go; `Int64.max` when there is no candidate, −1 while not every one was compared.
  var clock = Int64.max
  /// Of two that can go in the same clock the one of smaller age goes.
  var age = Int64.max
  /// First clock at which timing allows it, whatever the present.
  var legal: Int64 = 0
  var command: Int32 = 0
  var bank: Int32 = 0
  /// Where the request is: its position in its buffer, or its number among active ones.
  var place: Int32 = 0

  static let unknown = CommandChoice(clock: -1)

  @inline(__always) var isKnown: Bool { clock >= 0 }

  @inline(__always)
  func goesBefore(_ other: CommandChoice) -> Bool { clock < other.clock || (clock == other.clock && age < other.age) }
}
