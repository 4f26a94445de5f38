/// Signal processing: transforms and windows.
extension ONNXCall {
  static let signals: Set<String> = ["BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "MelWeightMatrix", "STFT"]

  mutating func signal() -> ONNXTensor {
    switch op {
    case "DFT": return fourier()
    case "STFT": return shortTimeFourier()
    case "MelWeightMatrix":
      let element = typeAttribute("output_datatype") ?? .float32
      guard let bins = size(0), let length = size(1) else { return ONNXTensor(element, [nil, nil]) }
      return ONNXTensor(element, [length / 2 + 1, bins])
    default: return ONNXTensor(typeAttribute("output_datatype") ?? .float32, [size(0)])
    }
  }

  /// A count given as a value; nil when it is not known (then `ownDoubt` says so), or with a fault when it is none.
  private mutating func size(_ index: Int) -> Int64? {
    let tensor = required(index)
    guard let value = tensor.singleInteger else {
      unknownValues(tensor, index)
      return nil
    }
    guard (0...(1 << 40)).contains(value) else {
      fault("the length is out of range", input: index, value: "\(value)", expected: "0 to 2^40")
      return nil
    }
    return value
  }

  private mutating func fourier() -> ONNXTensor {
    let data = required(0)
    guard var shape = data.shape else { return ONNXTensor(data.element, nil) }
    var along = opset < 20 ? integer("axis") ?? 1 : -2
    if opset >= 20, let given = input(2) {
      guard let value = given.singleInteger else {
        unknownValues(given, 2)
        return ONNXTensor(data.element, shape.map { _ in nil })
      }
      along = value
    }
    guard let axis = axis(along, rank: shape.count, input: opset < 20 ? nil : 2), axis < shape.count - 1 else {
      if faults.isEmpty {
        fault("DFT along the axis of the complex parts", value: "\(along)", expected: "another than the last axis")
      }
      return ONNXTensor(data.element, nil)
    }
    if input(1) != nil { shape[axis] = size(1) }
    if isSet("onesided") { shape[axis] = shape[axis].map { $0 / 2 + 1 } }
    shape[shape.count - 1] = 2
    return ONNXTensor(data.element, shape)
  }

  private mutating func shortTimeFourier() -> ONNXTensor {
    let data = required(0)
    let step = size(1)
    let frame: Int64? = input(3) != nil ? size(3) : (input(2)?.shape?.first ?? nil)
    if input(2) == nil, input(3) == nil { fault("STFT needs a window or a frame length", input: 2) }
    var frames: Int64?
    if let step, let frame, let length = data.shape.flatMap({ $0.count > 1 ? $0[1] : nil }) {
      guard step > 0, frame <= length else {
        fault("the frames do not fit the signal", value: "\(frame) by \(step) in \(length)")
        return ONNXTensor(data.element, nil)
      }
      frames = (length - frame) / step + 1
    }
    let bins = frame.map { isSet("onesided", default: true) ? $0 / 2 + 1 : $0 }
    return ONNXTensor(data.element, [data.shape?.first ?? nil, frames, bins, 2])
  }
}
