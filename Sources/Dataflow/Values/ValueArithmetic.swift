/// With which arithmetic numbers are computed when a run is asked for them.
public enum ValueArithmetic: String, Hashable, Sendable, CaseIterable {
  /// The formats and approximations that the design states.
  case design
  /// binary32 throughout, and functions to full precision: the same commands and kernels, as a reference.
  case exact
}
