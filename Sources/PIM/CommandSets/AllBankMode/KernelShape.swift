import Files

/// A kernel's sizes, in bursts.
struct KernelShape {
  enum Kind { case matrixVector, binary, unary }

  let kind: Kind
  let outputs: Int64
  let batch: Int64
  /// Of one vector, or tensor; `batch` vectors go one after the other.
  let inputBursts: Int64
  let outputBursts: Int64
  /// Of the matrix; 0 for other kernels.
  let weightBursts: Int64

  /// Bursts of all operands and of all results, once each.
  var burstsRead: Int64 {
    switch kind {
    case .matrixVector: weightBursts + inputBursts * batch
    case .binary: 2 * inputBursts
    case .unary: inputBursts
    }
  }
  var burstsWritten: Int64 { outputBursts * batch }

  /// More than any device holds; sums and products of a few such sizes stay far from overflow.
  private static let most: Int64 = 1 << 44

  init(
    _ kernel: String, _ values: KernelValues, elementBytes: Int64, burstBytes: Int64, at place: Place
  ) throws(Refusal) {
    func bursts(_ elements: Int64...) throws(Refusal) -> Int64 {
      var size = elementBytes
      for count in elements {
        let (product, overflow) = size.multipliedReportingOverflow(by: count)
        guard !overflow, product <= Self.most else {
          throw Refusal(
            "the operands are larger than any device", at: place,
            value: elements.map(String.init).joined(separator: " × "), expected: "at most 2^44 bytes")
        }
        size = product
      }
      return (size + burstBytes - 1) / burstBytes
    }
    outputs = values.integer(.out)
    if kernel == "gemv" {
      kind = .matrixVector
      batch = values.integer(.batch)
      inputBursts = try bursts(values.integer(.in))
      weightBursts = try bursts(outputs, values.integer(.in))
      outputBursts = try bursts(outputs)
      _ = try bursts(max(outputs, values.integer(.in)), batch)
    } else {
      kind = kernel == "relu" ? .unary : .binary
      batch = 1
      let inputs = values.integer(.in)
      guard inputs == 0 || inputs == outputs else {
        throw Refusal(
          "the kernel has as many inputs as outputs", at: place, value: "--in \(inputs)", expected: "\(outputs)")
      }
      // Tensors one behind the other are as one.
      inputBursts = try bursts(outputs, values.integer(.batch))
      outputBursts = inputBursts
      weightBursts = 0
    }
  }
}
