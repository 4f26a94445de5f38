import Foundation

/// How far a long command is, on standard error; there only where that is a terminal. It has no colours.
final class ProgressBar {
  private static let width = 30
  private static let pause = 0.1

  private let what: String
  private var shown = Date.distantPast
  private var isVisible = false

  init?(of what: String) {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    self.what = what
  }

  /// Shows that `count` are done.
  ///
  /// - Parameter part: which part of all that is, 0 to 1, if known.
  func show(_ count: Int64, part: Double?) {
    let now = Date()
    guard now.timeIntervalSince(shown) > Self.pause else { return }
    shown = now
    isVisible = true
    var line = "\r"
    if let part {
      let full = min(max(Int(part * Double(Self.width)), 0), Self.width)
      line += "[" + String(repeating: "#", count: full) + String(repeating: ".", count: Self.width - full) + "] "
    }
    Terminal.write(line + "\(count) \(what)", to: .standardError)
  }

  /// Takes the bar away.
  func clear() {
    guard isVisible else { return }
    isVisible = false
    Terminal.write("\r" + String(repeating: " ", count: Self.width + what.count + 24) + "\r", to: .standardError)
  }
}
