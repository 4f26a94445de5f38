/// What a value of an ONNX graph was found to be.
enum Meaning {
  case numbers(Numbers)
  case expression(Expression)
  /// Rows that an input brings from earlier runs; which axis counts them is not known before they are joined.
  case past(Int)
  /// Something of a router's choice; the view says what its axes walk over.
  case choice(ChoicePart, ActivationView)
  case routing(RoutingMeaning)
  case members([Meaning])
  case unknown(Fault)

  static func view(_ view: ActivationView) -> Meaning { .expression(Expression(view)) }
}

/// Why a value is not understood: the first node that was not, and what it was.
struct Fault {
  let node: Int
  let message: String
  var value: String?
  var expected: String?
}

/// Something of every position's choice of experts.
enum ChoicePart: Hashable {
  /// A softmax over all experts' scores; the scores of the largest where it comes after.
  case probabilities, largestScores
  /// The largest probabilities, and their weights once they sum to one.
  case largest, weights
  /// The sum of the largest probabilities.
  case sum
  /// The numbers of the chosen experts.
  case numbers
  /// Ones where an expert is chosen.
  case oneHot
  /// The results of every slot times their weights: the view is of the results.
  case weightedResults
}

/// What the values of single experts mean, between a router and the sum of its experts' results.
enum RoutingMeaning {
  /// Ones where one expert is chosen, and what the axes walk over.
  case chosen(ActivationView.Routing, axes: [AxisRole])
  /// The slots and positions where an expert is chosen, in this order along an axis.
  case places(ActivationView.Routing, [AxisRole])
  /// position × slots, and slot + position × slots.
  case scaledPosition(ActivationView.Routing)
  case index(ActivationView.Routing)
  /// The weight of each of an expert's positions.
  case weight(ActivationView.Routing)
  /// The results of one expert times their weights.
  case weighted(ActivationView.Routing, ActivationView)
  /// The sum of some experts' weighted results.
  case sum(router: Int, results: [Int64: ActivationView])
  /// The matrices of the chosen experts, one for every slot of every position: [places, rows, columns].
  case matrices(Numbers, places: ActivationView)
}
