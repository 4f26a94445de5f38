/// A set of banks of one channel, as bits. A view of memory that its owner frees: copies are the same set.
struct BankSet {
  let words: UnsafeMutablePointer<UInt64>
  let wordCount: Int

  init(capacity: Int) {
    wordCount = (capacity + 63) / 64
    words = .allocate(capacity: wordCount)
    words.initialize(repeating: 0, count: wordCount)
  }

  func deallocate() { words.deallocate() }

  /// Makes this the same set as another of the same capacity.
  func copy(_ other: BankSet) { words.update(from: other.words, count: wordCount) }

  @inline(__always)
  subscript(_ bank: Int) -> Bool {
    get { words[bank >> 6] >> UInt64(bank & 63) & 1 != 0 }
    nonmutating set {
      let bit = UInt64(1) << UInt64(bank & 63)
      if newValue { words[bank >> 6] |= bit } else { words[bank >> 6] &= ~bit }
    }
  }

  /// The first bank of the set that is not before `bank`; −1 when there is none.
  @inline(__always)
  func first(from bank: Int) -> Int {
    var word = bank >> 6
    guard word < wordCount else { return -1 }
    var bits = words[word] & (~0 << UInt64(bank & 63))
    while bits == 0 {
      word &+= 1
      if word == wordCount { return -1 }
      bits = words[word]
    }
    return word << 6 | bits.trailingZeroBitCount
  }
}
