import Arch

/// Where a command goes: one index per level of the device, −1 for "all of that level".
public struct CommandAddress: Hashable, Sendable {
  /// Levels beyond the device's are −1.
  public var indices: SIMD8<Int32>

  /// A device has at most this many levels.
  public static let maximumLevels = 8

  /// Everything.
  public static let all = CommandAddress(indices: SIMD8(repeating: -1))

  @inlinable public init(indices: SIMD8<Int32>) { self.indices = indices }

  public init(_ levels: [Int]) {
    indices = SIMD8(repeating: -1)
    for (level, index) in levels.enumerated() { indices[level] = Int32(index) }
  }
}
