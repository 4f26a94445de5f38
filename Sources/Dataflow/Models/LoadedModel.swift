import Files

/// A model as its file gives it: the operators, and what else there is to run it with.
public struct LoadedModel: Sendable {
  public let graph: OperatorGraph
  /// The numbers of its parameters; nil for a configuration, and for a graph whose weights are inputs.
  public let weights: ModelWeights?
  /// Why there are none, where a file of this kind can have them.
  public let weightsReason: String?
  /// Whether the file holds no numbers at all, as a configuration or a graph whose weights are inputs.
  public let lacksWeights: Bool
  /// The inputs of an exported graph.
  public let inputs: [RecognizedModel.Input]

  public init(
    graph: OperatorGraph, weights: ModelWeights? = nil, weightsReason: String? = nil, lacksWeights: Bool = true,
    inputs: [RecognizedModel.Input] = []
  ) {
    self.graph = graph
    self.weights = weights
    self.weightsReason = weightsReason
    self.lacksWeights = lacksWeights
    self.inputs = inputs
  }
}
