/// The elements of a tensor that the importer read already.
private struct KnownNumbers: WeightSource {
  let values: [Float]
  func float(at index: Int64) -> Float { values[Int(index)] }
}

extension ONNXGraph {
  /// The numbers of a value that the file holds; nil for weights that are inputs, for results, and for what cannot be
  /// read (a missing file of external data, integers).
  func numbers(of value: Int) -> (any WeightSource)? {
    if let tensor = try? values[value].storage?.tensor(), tensor.element.isFloat { return tensor }
    guard let known = values[value].tensor.values else { return nil }
    var numbers: [Float] = []
    for scalar in known {
      guard let scalar else { return nil }
      numbers.append(Float(scalar.real))
    }
    return KnownNumbers(values: numbers)
  }
}
