/// The place in a program up to which requests are handed out.
struct RequestCursor: Hashable {
  var run = 0
  /// The number of the request in its run's list.
  var number: Int64 = 0
  /// The group of channels that is asked next.
  var group = 0

  func isAtEnd(_ program: AttentionProgram) -> Bool { run >= program.runs.count }

  @inline(__always)
  mutating func advance(_ program: AttentionProgram, groups: Int) {
    group += 1
    guard group == groups else { return }
    group = 0
    number += 1
    settle(program)
  }

  /// Goes on to the next run at the end of one.
  @inline(__always)
  private mutating func settle(_ program: AttentionProgram) {
    guard number * program.runs[run].channels >= program.runs[run].to else { return }
    run += 1
    number = run < program.runs.count ? program.runs[run].from / program.runs[run].channels : 0
  }

  /// Goes on by so many requests, where one group stands for all channels.
  mutating func advance(by requests: Int64, _ program: AttentionProgram) {
    var rest = requests
    while rest > 0, run < program.runs.count {
      let left = program.runs[run].to / program.runs[run].channels - number
      let step = min(left, rest)
      number += step
      rest -= step
      settle(program)
    }
  }
}
