import CGMP

/// An exact rational number of any size, kept in lowest terms by GMP.
///
/// Used wherever a number of the user's must not be rounded: clock periods, prices of events, sums of energies. It is
/// never used per simulated event; those are integer counts.
public struct Rational: @unchecked Sendable {
  /// Owns one `mpq`; never mutated after the initialiser that made it returns, which is what makes sharing it sound.
  final class Storage {
    var value = __mpq_struct()
    init() { __gmpq_init(&value) }
    deinit { __gmpq_clear(&value) }
  }

  let storage: Storage

  init(_ storage: Storage) { self.storage = storage }

  /// The integer `value`.
  public init(_ value: Int64) {
    storage = Storage()
    __gmpq_set_si(&storage.value, Int(value), 1)
  }

  /// `numerator / denominator` in lowest terms. `nil` when the denominator is zero.
  public init?(_ numerator: Int64, over denominator: Int64) {
    guard denominator != 0 else { return nil }
    self = Rational(numerator) / Rational(denominator)
  }

  /// The number that decimal digits and a power of ten stand for: `digits × 10^exponent`.
  ///
  /// - Parameter digits: an optional minus sign and decimal digits.
  /// - Parameter exponent: in −400…400, so that no text can ask for a number that fills memory.
  /// - Returns: `nil` when `digits` is not an integer or the exponent is out of range.
  public init?(decimalDigits digits: String, exponent: Int) {
    guard (-400...400).contains(exponent), digits.utf8.count <= 4096 else { return nil }
    let magnitude = digits.hasPrefix("-") ? digits.dropFirst() : digits[...]
    guard !magnitude.isEmpty, magnitude.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let number = Storage()
    guard __gmpz_set_str(&number.value._mp_num, digits, 10) == 0 else { return nil }
    let power = Storage()
    __gmpz_ui_pow_ui(&power.value._mp_num, 10, UInt(exponent.magnitude))
    let result = Storage()
    if exponent >= 0 {
      __gmpq_mul(&result.value, &number.value, &power.value)
    } else {
      __gmpq_div(&result.value, &number.value, &power.value)
    }
    storage = result
  }

  public static let zero = Rational(0)
  public static let one = Rational(1)

  /// Minus one, zero or one.
  public var signum: Int { Int(__gmpq_cmp_si_sign(storage)) }

  /// The value when it is an integer that fits 64 bits.
  public var int64: Int64? {
    guard __gmpz_cmp_ui(&storage.value._mp_den, 1) == 0, __gmpz_fits_slong_p(&storage.value._mp_num) != 0 else {
      return nil
    }
    return Int64(__gmpz_get_si(&storage.value._mp_num))
  }

  /// The smallest integer not below the value, when it fits 64 bits.
  public var roundedUp: Int64? {
    let quotient = Storage()
    __gmpz_cdiv_q(&quotient.value._mp_num, &storage.value._mp_num, &storage.value._mp_den)
    guard __gmpz_fits_slong_p(&quotient.value._mp_num) != 0 else { return nil }
    return Int64(__gmpz_get_si(&quotient.value._mp_num))
  }

  /// The nearest `Double`, ties to even; infinite when the value is beyond its range.
  public var double: Double {
    let below = __gmpq_get_d(&storage.value)  // GMP truncates towards zero
    guard below.isFinite, signum != 0 else { return below }
    let beyond = signum > 0 ? below.nextUp : below.nextDown
    guard beyond.isFinite else { return below }
    let first = Storage()
    let second = Storage()
    __gmpq_set_d(&first.value, below)
    __gmpq_set_d(&second.value, beyond)
    let middle = (Rational(first) + Rational(second)) / Rational(2)
    if self == middle { return below.significandBitPattern & 1 == 0 ? below : beyond }
    return (self < middle) == (signum > 0) ? below : beyond
  }

  /// The greatest number of which both are integer multiples (for positive numbers): gcd(a·d, c·b) / (b·d).
  public static func greatestCommonMeasure(_ a: Rational, _ b: Rational) -> Rational {
    let result = Storage()
    let left = Storage()
    let right = Storage()
    __gmpz_mul(&left.value._mp_num, &a.storage.value._mp_num, &b.storage.value._mp_den)
    __gmpz_mul(&right.value._mp_num, &b.storage.value._mp_num, &a.storage.value._mp_den)
    __gmpz_gcd(&result.value._mp_num, &left.value._mp_num, &right.value._mp_num)
    __gmpz_mul(&result.value._mp_den, &a.storage.value._mp_den, &b.storage.value._mp_den)
    __gmpq_canonicalize(&result.value)
    return Rational(result)
  }
}

extension Rational {
  public static func + (a: Rational, b: Rational) -> Rational { combined(a, b, __gmpq_add) }
  public static func - (a: Rational, b: Rational) -> Rational { combined(a, b, __gmpq_sub) }
  public static func * (a: Rational, b: Rational) -> Rational { combined(a, b, __gmpq_mul) }

  /// Exact quotient. The divisor must not be zero: callers divide by validated, positive quantities only.
  public static func / (a: Rational, b: Rational) -> Rational {
    precondition(b.signum != 0, "division of an exact number by zero")
    return combined(a, b, __gmpq_div)
  }

  public static func += (a: inout Rational, b: Rational) { a = a + b }
  public static prefix func - (a: Rational) -> Rational { zero - a }

  private static func combined(
    _ a: Rational, _ b: Rational, _ operation: (mpq_ptr, mpq_srcptr, mpq_srcptr) -> Void
  ) -> Rational {
    let result = Storage()
    withUnsafeMutablePointer(to: &result.value) { target in
      withUnsafePointer(to: a.storage.value) { left in
        withUnsafePointer(to: b.storage.value) { right in operation(target, left, right) }
      }
    }
    return Rational(result)
  }
}

extension Rational: Comparable, Hashable {
  public static func == (a: Rational, b: Rational) -> Bool { __gmpq_equal(&a.storage.value, &b.storage.value) != 0 }
  public static func < (a: Rational, b: Rational) -> Bool {
    withUnsafePointer(to: a.storage.value) { left in
      withUnsafePointer(to: b.storage.value) { right in __gmpq_cmp(left, right) < 0 }
    }
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension Rational: CustomStringConvertible {
  /// `n` for an integer, else `n/d` in lowest terms.
  public var description: String {
    guard let text = __gmpq_get_str(nil, 10, &storage.value) else { return "" }
    defer { gmpFree(text) }
    return String(cString: text)
  }
}

private func __gmpq_cmp_si_sign(_ storage: Rational.Storage) -> Int32 {
  let size = storage.value._mp_num._mp_size
  return size > 0 ? 1 : size < 0 ? -1 : 0
}

/// Frees a string that GMP allocated, by the function that GMP itself is set to use.
private func gmpFree(_ text: UnsafeMutablePointer<CChar>) {
  var release: (@convention(c) (UnsafeMutableRawPointer?, Int) -> Void)?
  __gmp_get_memory_functions(nil, nil, &release)
  var length = 0
  while text[length] != 0 { length += 1 }
  release?(text, length + 1)
}
