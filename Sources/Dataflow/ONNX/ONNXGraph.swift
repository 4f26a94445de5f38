/// An ONNX model as a list of nodes over values: functions inlined, constant branches taken, shapes inferred.
public struct ONNXGraph: Sendable {
  /// What stands in the file before anything is inlined or folded.
  public struct Origin: Sendable {
    public var nodes = 0
    /// Nodes by operator, most frequent first, then by name.
    public var operators: [(name: String, count: Int)] = []
    public var functions = 0
    public var opset: Int64 = 0
    public var producer = ""
  }

  /// A value: what a node writes, an input or an initializer.
  public struct Value: Sendable {
    public enum Role: Hashable, Sendable {
      /// Comes with the work: tokens, masks, caches.
      case data
      /// A weight that the file declares as an input and holds no data of.
      case weight
      /// A weight or constant that the file holds.
      case initializer
      /// Written by a node.
      case result
    }

    public let name: String
    public let role: Role
    public internal(set) var tensor: ONNXTensor
    /// The way to the elements, for initializers and what Constant nodes write.
    public internal(set) var storage: ONNXStorage?
  }

  public enum Attribute: Hashable, Sendable {
    case integer(Int64)
    case real(Double)
    case text(String)
    case integers([Int64])
    case reals([Double])
    case texts([String])
    case tensor(ONNXTensor)
    /// A body, a type, a sparse tensor.
    case other
  }

  public struct Node: Sendable {
    public let name: String
    public let op: String
    /// "" for the operators of ONNX itself.
    public let domain: String
    /// Positions in `values`; nil for an optional input that is left out.
    public let inputs: [Int?]
    public let outputs: [Int]
    public let attributes: [String: Attribute]
    /// Position of the node of the main graph that it stands for or was inlined for.
    public let origin: Int
    /// Whether all that it writes was computed while the graph was read.
    public internal(set) var isFolded = false
    /// How often it runs: 1, or the iterations of the body that it stands in; nil when only the run can say.
    public internal(set) var times: Int64? = 1
    /// Its multiply-accumulates, all iterations together; nil when only the run can say. 0 for operators that are not matrix products.
    public internal(set) var macs: Int64? = 0
    /// Why `macs` is not known, when it is not.
    public internal(set) var macsDoubt: String?
  }

  public internal(set) var name = ""
  public internal(set) var origin = Origin()
  public internal(set) var values: [Value] = []
  public internal(set) var nodes: [Node] = []
  public internal(set) var inputs: [Int] = []
  public internal(set) var outputs: [Int] = []
  /// The symbolic extents of the inputs and what they were taken as, in the order of the file.
  public internal(set) var symbols: [(name: String, extent: Int64)] = []
  /// MACs of the nodes whose own are not known but whose sum is: the experts of a router, each with a share that data
  /// decide of a number of tokens that they do not.
  public internal(set) var sharedMACs: Int64 = 0
  /// Why the MACs of the whole are not known, when they are not.
  public internal(set) var macsDoubt: String?
}

extension ONNXGraph {
  /// Multiply-accumulates of MatMul, Gemm and Conv, their integer forms included; nil when data decide.
  public var macs: Int64? { macsDoubt == nil ? knownMACs + sharedMACs : nil }

  /// The part of `macs` that is known node by node.
  public var knownMACs: Int64 { nodes.reduce(0) { $0 + ($1.macs ?? 0) } }

  /// Elements of initializers of a floating-point type.
  public var initializerElements: Int64 {
    sum { $0.role == .initializer && $0.tensor.element?.isFloat == true ? $0.tensor.elements : 0 }
  }

  /// Elements of inputs that are weights, buffers included.
  public var weightInputElements: Int64 { sum { $0.role == .weight ? $0.tensor.elements : 0 } }

  /// Bytes of what the two above count.
  public var weightBytes: Int64 {
    sum {
      $0.role == .weight || ($0.role == .initializer && $0.tensor.element?.isFloat == true) ? $0.tensor.bytes : 0
    }
  }

  /// The importer has checked that such sums fit.
  private func sum(_ count: (Value) -> Int64?) -> Int64 { values.reduce(0) { $0 + (count($1) ?? 0) } }
}
