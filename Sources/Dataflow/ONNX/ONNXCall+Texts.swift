/// Strings: their lengths never matter to a shape, their number sometimes does.
extension ONNXCall {
  static let texts: Set<String> = [
    "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer",
  ]

  mutating func strings() -> [ONNXTensor] {
    let data = required(0)
    switch op {
    case "RegexFullMatch": return [ONNXTensor(.bool, data.shape)]
    case "StringConcat":
      guard let a = data.shape, let b = required(1).shape else { return [ONNXTensor(.string, nil)] }
      return [ONNXTensor(.string, broadcast(a, b, input: 1))]
    case "StringSplit":
      dependsOnData("the number of parts depends on the strings")
      return [ONNXTensor(.string, data.shape.map { $0 + [nil] }), ONNXTensor(.int64, data.shape)]
    case "TfIdfVectorizer":
      guard let most = integers("ngram_indexes")?.max(), most >= 0, most < ONNXTensor.elementLimit else {
        fault("TfIdfVectorizer lacks its indexes", expected: "ngram_indexes")
        return [ONNXTensor(.float32, nil)]
      }
      return [ONNXTensor(.float32, data.shape.map { Array($0.dropLast()) + [most + 1] })]
    default:
      guard case .texts(let dropped)? = attributes["stopwords"], !dropped.isEmpty else {
        return [ONNXTensor(.string, data.shape)]
      }
      dependsOnData("how many strings are stop words depends on the data")
      return [ONNXTensor(.string, data.shape.map { Array($0.dropLast()) + [nil] })]
    }
  }
}

/// Losses, which some exported models still hold.
extension ONNXCall {
  static let losses: Set<String> = ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]

  mutating func loss() -> [ONNXTensor] {
    let (scores, target) = (required(0), required(1))
    if let own = scores.shape, let labels = target.shape, own.count != labels.count + 1 {
      fault(
        "the scores do not fit the labels", input: 0, value: ONNXTensor.text(own),
        expected: "\(labels.count + 1) axes for labels \(ONNXTensor.text(labels))")
    }
    let each = text("reduction") == "none"
    return [ONNXTensor(scores.element, each ? target.shape : []), ONNXTensor(scores.element, scores.shape)]
  }
}
