/// A set of banks of one channel, as bits.
struct BankSet: ~Copyable {
  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int

  init(capacity: Int) {
    wordCount = (capacity + 63) / 64
    words = .allocate(capacity: wordCount)
    words.initialize(repeating: 0, count: wordCount)
  }

  deinit { words.deallocate() }

  @inline(__always)
  subscript(_ bank: Int) -> Bool {
    get { words[bank >> 6] >> UInt64(bank & 63) & 1 != 0 }
    set {
      let bit = UInt64(1) << UInt64(bank & 63)
      if newValue { words[bank >> 6] |= bit } else { words[bank >> 6] &= ~bit }
    }
  }

  var isEmpty: Bool {
    for word in 0..<wordCount where words[word] != 0 { return false }
    return true
  }

  /// The first bank of the set that is not before `bank`; −1 when there is none.
  @inline(__always)
  func first(from bank: Int) -> Int {
    var word = bank >> 6
    guard word < wordCount else { return -1 }
    var bits = words[word] & (~0 << UInt64(bank & 63))
    while bits == 0 {
      word += 1
      if word == wordCount { return -1 }
      bits = words[word]
    }
    return word << 6 | bits.trailingZeroBitCount
  }
}
