/// Images: sampling, cropping, decoding.
extension ONNXCall {
  static let images: Set<String> = [
    "AffineGrid", "CenterCropPad", "Col2Im", "DeformConv", "GridSample", "ImageDecoder", "MaxUnpool", "RoiAlign",
  ]

  mutating func image() -> ONNXTensor {
    let data = required(0)
    switch op {
    case "AffineGrid":
      guard let size = knownIntegers(required(1), 1) else { return ONNXTensor(data.element, nil) }
      guard size.count == 4 || size.count == 5 else {
        fault("AffineGrid makes grids of two or three dimensions", input: 1, value: "\(size)")
        return ONNXTensor(data.element, nil)
      }
      return ONNXTensor(data.element, [size[0]] + size[2...] + [Int64(size.count - 2)])
    case "CenterCropPad": return centerCropPad(data)
    case "Col2Im":
      guard let image = knownIntegers(required(1), 1), let block = knownIntegers(required(2), 2) else {
        return ONNXTensor(data.element, nil)
      }
      let filled = product(block.map { $0 })
      let channels = data.shape.flatMap { $0.count > 1 ? $0[1] : nil }
      if let channels, let filled, filled > 0, channels % filled != 0 {
        fault("the columns are no whole blocks", input: 0, value: "\(channels)", expected: "a multiple of \(filled)")
      }
      return ONNXTensor(
        data.element,
        [data.shape?.first ?? nil, channels.flatMap { channels in filled.flatMap { $0 > 0 ? channels / $0 : nil } }]
          + image)
    case "DeformConv": return conv()
    case "GridSample":
      guard let shape = data.shape, let grid = required(1).shape, shape.count > 2, grid.count == shape.count else {
        return ONNXTensor(data.element, nil)
      }
      return ONNXTensor(data.element, Array(shape[..<2]) + grid[1..<(grid.count - 1)])
    case "ImageDecoder":
      dependsOnData("the extents of the image are in the encoded stream")
      return ONNXTensor(.uint8, [nil, nil, text("pixel_format") == "Grayscale" ? 1 : 3])
    case "MaxUnpool": return maxUnpool(data)
    default:
      return ONNXTensor(
        data.element,
        [
          required(1).shape?.first ?? nil, data.shape.flatMap { $0.count > 1 ? $0[1] : nil },
          integer("output_height") ?? 1, integer("output_width") ?? 1,
        ])
    }
  }

  private mutating func centerCropPad(_ data: ONNXTensor) -> ONNXTensor {
    guard var shape = data.shape else { return ONNXTensor(data.element, nil) }
    guard let wanted = knownIntegers(required(1), 1) else {
      return ONNXTensor(data.element, shape.map { _ in nil })
    }
    let named = integers("axes") ?? Array(0..<Int64(shape.count))
    guard named.count == wanted.count else {
      fault("CenterCropPad needs one extent per axis", input: 1, value: "\(wanted)", expected: "\(named.count) extents")
      return ONNXTensor(data.element, nil)
    }
    for (value, extent) in zip(named, wanted) {
      guard let axis = axis(value, rank: shape.count) else { return ONNXTensor(data.element, nil) }
      shape[axis] = extent
    }
    return ONNXTensor(data.element, shape)
  }

  private mutating func maxUnpool(_ data: ONNXTensor) -> ONNXTensor {
    guard let shape = data.shape, shape.count > 2 else { return ONNXTensor(data.element, nil) }
    if let size = input(2) {
      guard let known = knownIntegers(size, 2) else { return ONNXTensor(data.element, shape.map { _ in nil }) }
      return ONNXTensor(data.element, known)
    }
    let count = shape.count - 2
    guard let kernel = spatial("kernel_shape", count: count, least: 1, default: 1),
      let strides = spatial("strides", count: count, least: 1, default: 1),
      let pads = spatial("pads", count: 2 * count, least: 0, default: 0)
    else { return ONNXTensor(data.element, nil) }
    let extents = (0..<count).map { axis in
      shape[axis + 2].flatMap { times($0 - 1, strides[axis]) }.map {
        $0 + kernel[axis] - pads[axis] - pads[axis + count]
      }
    }
    return ONNXTensor(data.element, Array(shape[..<2]) + extents)
  }

  mutating func resize() -> ONNXTensor {
    let data = required(0)
    guard let shape = data.shape else { return ONNXTensor(data.element, nil) }
    let unknown = ONNXTensor(data.element, shape.map { _ in nil })
    var along = Array(0..<shape.count)
    if let named = integers("axes") {
      along = []
      for value in named {
        guard let axis = axis(value, rank: shape.count) else { return unknown }
        along.append(axis)
      }
    }
    if let sizes = input(3), sizes.shape != [0] {
      guard let known = knownIntegers(sizes, 3) else { return unknown }
      guard known.allSatisfy({ (0...ONNXTensor.elementLimit).contains($0) }) else {
        fault("a size is out of range", input: 3, value: "\(known)", expected: "0 to 2^56")
        return unknown
      }
      guard known.count == along.count else {
        fault("Resize needs one size per axis", input: 3, value: "\(known)", expected: "\(along.count) sizes")
        return unknown
      }
      return resized(data, shape, along, sizes: known)
    }
    guard let scales = scales(count: along.count) else { return unknown }
    // Cropping comes before scaling.
    var region: [Double]?
    if text("coordinate_transformation_mode") == "tf_crop_and_resize" {
      guard let values = input(1)?.values, values.count == 2 * along.count else {
        unknownValues(input(1) ?? .unknown, 1)
        return unknown
      }
      region = values.compactMap { $0?.real }
      guard region?.count == values.count else { return unknown }
    }
    var result = shape
    for (index, axis) in along.enumerated() {
      guard let extent = result[axis] else { continue }
      let part = region.map { $0[index + along.count] - $0[index] } ?? 1
      guard let scaled = Int64(exactly: (Double(extent) * part * scales[index]).rounded(.down)), scaled >= 0 else {
        fault("a scale is out of range", value: "\(scales[index])")
        return unknown
      }
      result[axis] = scaled
    }
    return ONNXTensor(data.element, result)
  }

  /// One scale per resized axis: an attribute at first, then the second input, from version 11 the third.
  private mutating func scales(count: Int) -> [Double]? {
    var scales = reals("scales")
    if scales == nil, case .real(let height)? = attributes["height_scale"],
      case .real(let width)? = attributes["width_scale"]
    {
      scales = [1, 1, height, width]
    }
    if scales == nil {
      let index = op == "Upsample" || opset < 11 ? 1 : 2
      guard let values = input(index)?.values, !values.contains(nil) else {
        unknownValues(input(index) ?? .unknown, index)
        return nil
      }
      scales = values.compactMap { $0?.real }
    }
    guard let scales, scales.count == count else {
      fault("Resize needs one scale per axis", value: "\(scales?.count ?? 0)", expected: "\(count)")
      return nil
    }
    return scales
  }

  private func resized(_ data: ONNXTensor, _ shape: [Int64?], _ along: [Int], sizes: [Int64]) -> ONNXTensor {
    var result = shape
    let policy = text("keep_aspect_ratio_policy") ?? "stretch"
    guard policy != "stretch" else {
      for (axis, size) in zip(along, sizes) { result[axis] = size }
      return ONNXTensor(data.element, result)
    }
    var ratios: [Double] = []
    for (axis, size) in zip(along, sizes) {
      guard let extent = shape[axis], extent > 0 else { continue }
      ratios.append(Double(size) / Double(extent))
    }
    let scale = ratios.count == along.count ? (policy == "not_larger" ? ratios.min() : ratios.max()) : nil
    for axis in along {
      result[axis] = shape[axis].flatMap { extent in
        scale.flatMap { Int64(exactly: (Double(extent) * $0 + 0.5).rounded(.down)) }
      }
    }
    return ONNXTensor(data.element, result)
  }
}
