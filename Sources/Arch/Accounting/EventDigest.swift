/// A running 61-bit digest of an event log: equal logs give equal digests, and a log that differs in one time, one
/// command or one address gives another.
///
/// The log is a polynomial over the integers modulo the prime 2^61 − 1 (Carter and Wegman, "New hash functions and their
/// use in authentication and set equality", 1981), each word a linear form of its time, its address and what happened.
/// So the digest of a stretch that is repeated later and elsewhere follows from that of the stretch.
public struct EventDigest: Hashable, Sendable {
  public private(set) var value: UInt64 = 0
  /// How many words were added.
  public private(set) var count: Int64 = 0
  /// base^count, and the weight of one step of the address: Σ base^(words after it) over the words with an address.
  private var power: UInt64 = 1
  private var addressed: UInt64 = 0

  public init() {}

  /// Adds a word that is no time.
  @inline(__always)
  public mutating func add(_ word: UInt64) { append(Prime.sum(Prime.reduced(word), Weight.word), usesAddress: false) }

  /// Adds an event.
  ///
  /// - Parameters:
  ///   - cycle: when, from 0 below 2^61.
  ///   - address: where, as far as it moves along with a repeated stretch; negative for an event without one.
  ///   - what: everything else, below 2^61.
  @inline(__always)
  public mutating func add(at cycle: Int64, address: Int64, _ what: UInt64) {
    append(Self.word(cycle, address, what), usesAddress: address >= 0)
  }

  /// Adds `count` events, each `cycles` after the one before and with a `what` larger by `step`.
  public mutating func addRun(
    of count: Int64, at cycle: Int64, every cycles: Int64, address: Int64, _ what: UInt64, step: UInt64
  ) {
    var done: Int64 = 0
    let change = Prime.sum(Prime.product(Weight.time, UInt64(cycles)), step)
    while done < count {
      let length = Int(min(count - done, Int64(Powers.longest)))
      let first = Self.word(cycle + done * cycles, address, what + UInt64(done) * step)
      let powers = Powers.table
      let run = Prime.sum(Prime.product(first, powers.sums[length]), Prime.product(change, powers.ramps[length]))
      value = Prime.sum(Prime.product(value, powers.bases[length]), run)
      addressed = Prime.sum(Prime.product(addressed, powers.bases[length]), address >= 0 ? powers.sums[length] : 0)
      power = Prime.product(power, powers.bases[length])
      done += Int64(length)
    }
    self.count += count
  }

  /// Adds what `span` holds, so many cycles later and addresses further on.
  public mutating func append(_ span: EventDigest, later cycles: Int64, further addresses: Int64) {
    // Σ base^i over the words of the span.
    let ones = Prime.product(Prime.difference(span.power, 1), Weight.inverse)
    let moved = Prime.sum(
      Prime.product(Prime.product(Weight.time, Prime.signed(cycles)), ones),
      Prime.product(Prime.product(Weight.address, Prime.signed(addresses)), span.addressed))
    value = Prime.sum(Prime.product(value, span.power), Prime.sum(span.value, moved))
    addressed = Prime.sum(Prime.product(addressed, span.power), span.addressed)
    power = Prime.product(power, span.power)
    count += span.count
  }

  /// The digest of what this one holds `times` over, each time so much later and further on than the time before.
  public func repeated(_ times: Int64, later cycles: Int64, further addresses: Int64) -> EventDigest {
    var result = EventDigest()
    var done: Int64 = 0
    var piece = self
    var pieces: Int64 = 1
    while done < times {
      if (times - done) & pieces != 0 {
        result.append(piece, later: done * cycles, further: done * addresses)
        done += pieces
      }
      guard done < times else { break }
      piece.append(piece, later: pieces * cycles, further: pieces * addresses)
      pieces *= 2
    }
    return result
  }

  @inline(__always)
  private static func word(_ cycle: Int64, _ address: Int64, _ what: UInt64) -> UInt64 {
    let place = Prime.sum(what, Prime.product(Weight.address, UInt64(address + 1)))
    return Prime.sum(place, Prime.product(Weight.time, UInt64(cycle)))
  }

  @inline(__always)
  private mutating func append(_ word: UInt64, usesAddress: Bool) {
    value = Prime.sum(Prime.product(value, Weight.base), word)
    addressed = Prime.sum(Prime.product(addressed, Weight.base), usesAddress ? 1 : 0)
    power = Prime.product(power, Weight.base)
    count += 1
  }

  /// Fixed numbers below the prime without meaning; `inverse` is 1 / (base − 1).
  private enum Weight {
    static let base: UInt64 = 0x0E37_79B9_7F4A_7C15
    static let time: UInt64 = 0x1F58_476D_1CE4_E5B9
    static let address: UInt64 = 0x14D0_49BB_1331_11EB
    static let word: UInt64 = 0x043F_6A88_85A3_08D3
    static let inverse = Prime.inverse(base - 1)
  }

  /// For runs of up to `longest` words: base^n, Σ base^(n−1−i) and Σ i · base^(n−1−i).
  private struct Powers {
    static let longest = 256
    static let table = Powers()
    var bases: [UInt64] = [1]
    var sums: [UInt64] = [0]
    var ramps: [UInt64] = [0]

    init() {
      for count in 0..<Self.longest {
        bases.append(Prime.product(bases[count], Weight.base))
        ramps.append(Prime.sum(Prime.product(ramps[count], Weight.base), UInt64(count)))
        sums.append(Prime.sum(Prime.product(sums[count], Weight.base), 1))
      }
    }
  }
}

/// Arithmetic modulo 2^61 − 1.
private enum Prime {
  static let modulus: UInt64 = (1 << 61) - 1

  @inline(__always)
  static func reduced(_ value: UInt64) -> UInt64 {
    let sum = (value & modulus) + value >> 61
    return sum >= modulus ? sum - modulus : sum
  }

  @inline(__always)
  static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let sum = a + b
    return sum >= modulus ? sum - modulus : sum
  }

  @inline(__always)
  static func difference(_ a: UInt64, _ b: UInt64) -> UInt64 { a >= b ? a - b : a + modulus - b }

  static func signed(_ value: Int64) -> UInt64 {
    let size = reduced(value.magnitude)
    return value < 0 ? difference(0, size) : size
  }

  @inline(__always)
  static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return reduced((low & modulus) + (high << 3 | low >> 61))
  }

  /// By Fermat: value^(modulus − 2).
  static func inverse(_ value: UInt64) -> UInt64 {
    var result: UInt64 = 1
    var power = value
    var exponent = modulus - 2
    while exponent > 0 {
      if exponent & 1 == 1 { result = product(result, power) }
      power = product(power, power)
      exponent >>= 1
    }
    return result
  }
}
