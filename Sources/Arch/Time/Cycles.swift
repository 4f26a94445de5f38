/// A count of cycles, or a point in time, of one clock. Which clock is said where the value is declared.
public struct Cycles: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { rawValue = value }

  public static let zero = Cycles(0)
  /// Later than any cycle that a run can reach, with room to add latencies without overflow.
  public static let never = Cycles(Int64.max >> 2)
  /// No unit goes beyond this cycle of its own clock: 2^45, nine hours at 1 GHz.
  public static let limit = Cycles(1 << 45)

  @inlinable public static func < (a: Cycles, b: Cycles) -> Bool { a.rawValue < b.rawValue }
  @inlinable public static func + (a: Cycles, b: Cycles) -> Cycles { Cycles(a.rawValue + b.rawValue) }
  @inlinable public static func - (a: Cycles, b: Cycles) -> Cycles { Cycles(a.rawValue - b.rawValue) }
  public var description: String { String(rawValue) }
}

/// A count of bytes.
public struct Bytes: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: Int64
  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { rawValue = value }
  @inlinable public static func < (a: Bytes, b: Bytes) -> Bool { a.rawValue < b.rawValue }
}

/// The position of a unit in its design file, from 0. Ties in time break by it.
public struct UnitIndex: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int) { rawValue = value }
  @inlinable public static func < (a: UnitIndex, b: UnitIndex) -> Bool { a.rawValue < b.rawValue }
}
