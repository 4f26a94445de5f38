import Arch
import Dataflow
import Files

/// A CPU or GPU as its file describes it: peaks, memory, power, and what a framework adds.
public struct Baseline: Sendable {
  public enum Kind: String, Sendable, CaseIterable { case gpu, cpu }

  /// What the stated power covers.
  public enum PowerScope: String, Sendable, CaseIterable {
    /// The whole card: chip, memory, regulators.
    case board
    /// The processor alone, without its memory.
    case package
    /// A small computer with all that is on it.
    case module
  }

  /// What a software framework adds to the time of the device.
  public struct Framework: Sendable {
    /// The framework in words: "PyTorch, eager".
    public let title: String
    /// Seconds from kernel to kernel in which the device does nothing useful.
    public let overhead: Stated<Quantity>
    /// Kernels that are launched for one operator of a kind, by the kind's name.
    let kernels: [String: Stated<Int64>]
    /// For the kinds that are not named.
    let otherKernels: Stated<Int64>
    /// Launched once in every pass for no operator: positions, masks.
    public let kernelsPerPass: Stated<Int64>

    /// Kernels that are launched for one operator.
    public func kernels(for kind: OperatorKind) -> Int64 { (kernels[kind.name] ?? otherKernels).value }
  }

  /// The name of its file without ending: "t4".
  public let name: String
  public let title: String
  public let kind: Kind
  /// Operations per second by format, a multiply-accumulate being two; formats that it cannot compute in are absent.
  public let peaks: [OperandFormat: Stated<Quantity>]
  /// The wider format in which a run in a format without a peak is carried out.
  public let runsAs: [OperandFormat: OperandFormat]
  /// Bytes per second that the data sheet gives.
  public let bandwidth: Stated<Quantity>
  /// The part of the bandwidth that a run gets, from 0 (excluded) to 1.
  public let achievable: Stated<Quantity>
  /// Bytes of memory.
  public let capacity: Stated<Quantity>
  /// Watts at full load.
  public let power: Stated<Quantity>
  public let powerScope: PowerScope
  /// Watts when nothing runs, where known.
  public let idlePower: Stated<Quantity>?
  /// nil where the file says nothing of one.
  public let framework: Framework?
  /// Every stated number that no evidence supports.
  public let assumptions: [Assumption]
  /// The file by base name, with its SHA-256.
  public let inputs: [(name: String, sha256: String)]

  /// Formats that a run may ask for, in the order of `OperandFormat`.
  public var formats: [OperandFormat] { OperandFormat.allCases.filter { format(for: $0) != nil } }

  /// The format in which a run that asks for `format` is carried out; nil where the file offers none.
  public func format(for format: OperandFormat) -> OperandFormat? {
    peaks[format] != nil ? format : runsAs[format]
  }

  /// Reads a baseline by shipped name or path.
  ///
  /// - Parameter data: the folder of the shipped data; found when nil.
  /// - Throws: when there is no such file, or with every fault that it has.
  public init(named name: String, in data: String? = nil) throws(Refusal) {
    let root: String
    if let data { root = data } else { root = try DataDirectory.locate() }
    let path = try DataDirectory.find(kind: .baselines, name: name, in: root)
    let shown = path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    try self.init(contentsOf: path, displayName: shown)
  }

  /// Reads the baseline file at `path`.
  ///
  /// - Parameter displayName: how messages name the file; `path` when nil.
  /// - Throws: with every fault of the file.
  public init(contentsOf path: String, displayName: String? = nil) throws(Refusal) {
    var d = Diagnostics()
    let read = BaselineFile.read(path: path, displayName: displayName ?? path, into: &d)
    try d.throwIfErrors()
    guard let read else { throw Refusal("no baseline", at: Place(file: displayName ?? path)) }
    self = read
  }

  init(
    name: String, title: String, kind: Kind, peaks: [OperandFormat: Stated<Quantity>],
    runsAs: [OperandFormat: OperandFormat], bandwidth: Stated<Quantity>, achievable: Stated<Quantity>,
    capacity: Stated<Quantity>, power: Stated<Quantity>, powerScope: PowerScope, idlePower: Stated<Quantity>?,
    framework: Framework?, assumptions: [Assumption], inputs: [(name: String, sha256: String)]
  ) {
    self.name = name
    self.title = title
    self.kind = kind
    self.peaks = peaks
    self.runsAs = runsAs
    self.bandwidth = bandwidth
    self.achievable = achievable
    self.capacity = capacity
    self.power = power
    self.powerScope = powerScope
    self.idlePower = idlePower
    self.framework = framework
    self.assumptions = assumptions
    self.inputs = inputs
  }
}
