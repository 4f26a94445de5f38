import Files

/// A network over images as a list of layers, each of which reads the result of the one before.
struct ImageNetwork {
  /// The elements of an image, of a layer's result or of the network's input.
  struct Shape: Hashable, CustomStringConvertible {
    var channels: Int64
    var height: Int64
    var width: Int64

    var description: String { "\(channels) x \(height) x \(width)" }
  }

  /// One entry of the file.
  struct Layer {
    enum Kind {
      case convolution(Window, outputs: Int64, groups: Int64, bias: Bool, isNormed: Bool)
      case pool(Window, isMean: Bool)
      case linear(outputs: Int64, bias: Bool)
      /// The sum of two ways from the same image; a shortcut without layers hands the image on.
      case residual([Layer], shortcut: [Layer])
    }

    let kind: Kind
    /// What follows the layer.
    let activation: ActivationFunction?
    /// How often it stands there, one after the other.
    let repeats: Int64
    let place: Place
  }

  struct Window {
    /// The whole image when nil.
    let side: Int64?
    let stride: Int64
    let padding: Int64
  }

  let input: Shape
  let layers: [Layer]

  /// The most operators of a network; far more than any has.
  static let maximumOperators = 1 << 16
  /// The most elements, parameters and multiply-accumulates of one layer: sums over all layers stay in 64 bits.
  static let maximumOfLayer: Int64 = 1 << 44

  /// The network's operators; nil after recording where shapes do not fit together.
  func graph(named name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    var builder = Builder(state: Builder.State(shape: input, producer: nil))
    guard builder.append(layers, "layers", &d) else { return nil }
    return OperatorGraph(
      name: name, operators: builder.list.operators, contextLimit: 1, vocabulary: 1, isCausal: false,
      input: .image(channels: input.channels, height: input.height, width: input.width))
  }
}

/// Puts layers one after the other and keeps the shape that the next one reads.
private struct Builder {
  typealias Layer = ImageNetwork.Layer
  typealias Shape = ImageNetwork.Shape

  /// What the next layer reads; of the network's input nobody is the producer.
  struct State {
    var shape: Shape
    var producer: Int?
  }

  var list = OperatorList()
  var state: State

  init(state: State) { self.state = state }

  /// The depth is the file's: residual blocks hold no residual blocks.
  mutating func append(_ layers: [Layer], _ prefix: String, _ d: inout Diagnostics) -> Bool {
    for (index, layer) in layers.enumerated() {
      for turn in 0..<layer.repeats {
        let name = "\(prefix).\(index)" + (layer.repeats > 1 ? ".\(turn)" : "")
        guard append(layer, name, &d) else { return false }
        guard list.count <= ImageNetwork.maximumOperators else {
          d.error(
            "the network has too many operators", at: layer.place, value: "more than \(list.count - 1)",
            expected: "at most \(ImageNetwork.maximumOperators)")
          return false
        }
      }
    }
    return true
  }

  private mutating func append(_ layer: Layer, _ name: String, _ d: inout Diagnostics) -> Bool {
    switch layer.kind {
    case .convolution(let window, let outputs, let groups, let bias, let isNormed):
      guard state.shape.channels % groups == 0, outputs % groups == 0 else {
        d.error(
          "\(name): channels do not divide into the groups", at: layer.place,
          value: "\(state.shape.channels) to \(outputs) channels in \(groups) groups",
          expected: "numbers of channels that are multiples of the groups")
        return false
      }
      guard let c = slide(window, outputs: outputs, groups, bias, isNormed, name, layer.place, &d) else { return false }
      add(name + ".conv", .convolution(c), Shape(channels: outputs, height: c.outputHeight, width: c.outputWidth))
    case .pool(let window, let isMean):
      let channels = state.shape.channels
      guard let c = slide(window, outputs: channels, channels, false, false, name, layer.place, &d) else {
        return false
      }
      add(
        name + ".pool", .pool(c, isMean: isMean),
        Shape(channels: channels, height: c.outputHeight, width: c.outputWidth))
    case .linear(let outputs, let bias):
      let inputs = state.shape.channels * state.shape.height * state.shape.width
      guard isSmall([inputs, outputs], name, layer.place, &d) else { return false }
      add(
        name + ".linear", .linear(inputs: inputs, outputs: outputs, bias: bias),
        Shape(channels: outputs, height: 1, width: 1))
    case .residual(let main, let shortcut):
      guard appendBlock(main, shortcut, name, layer.place, &d) else { return false }
    }
    if let activation = layer.activation {
      let width = state.shape.channels * state.shape.height * state.shape.width
      add("\(name).\(activation.rawValue)", .activation(activation, width: width), state.shape)
    }
    return true
  }

  private mutating func appendBlock(
    _ main: [Layer], _ shortcut: [Layer], _ name: String, _ place: Place, _ d: inout Diagnostics
  ) -> Bool {
    let start = state
    guard append(main, name + ".residual", &d) else { return false }
    let end = state
    state = start
    guard append(shortcut, name + ".shortcut", &d) else { return false }
    guard let other = state.producer else {
      d.error(
        "\(name): a network cannot begin with a residual block that adds the image itself", at: place,
        expected: "another layer before it, or a shortcut")
      return false
    }
    guard end.shape == state.shape, let producer = end.producer else {
      d.error(
        "\(name): the two sides of the residual block differ in shape", at: place,
        value: "\(end.shape), and \(state.shape) by the shortcut", expected: "equal shapes",
        suggestion: shortcut.isEmpty ? "shortcut: [{ conv: \(end.shape.channels), stride: … }]" : nil)
      return false
    }
    let width = end.shape.channels * end.shape.height * end.shape.width
    let sum = list.append(name + ".add", .add(width: width), [producer, other], positions: .whole)
    state = State(shape: end.shape, producer: sum)
    return true
  }

  private mutating func add(_ name: String, _ kind: OperatorKind, _ shape: Shape) {
    let inputs = state.producer.map { [$0] } ?? []
    state = State(shape: shape, producer: list.append(name, kind, inputs, positions: .whole))
  }

  /// A window over the present image; nil after recording that it does not fit, or that there is too much of it.
  private func slide(
    _ window: ImageNetwork.Window, outputs: Int64, _ groups: Int64, _ bias: Bool, _ isNormed: Bool, _ name: String,
    _ place: Place, _ d: inout Diagnostics
  ) -> OperatorKind.Convolution? {
    let image = state.shape
    let c = OperatorKind.Convolution(
      channels: image.channels, height: image.height, width: image.width, outputs: outputs,
      windowHeight: window.side ?? image.height, windowWidth: window.side ?? image.width, stride: window.stride,
      padding: window.padding, groups: groups, bias: bias, isNormed: isNormed)
    guard c.windowHeight <= c.height + 2 * c.padding, c.windowWidth <= c.width + 2 * c.padding else {
      d.error(
        "\(name): the window is larger than the image", at: place,
        value: "\(c.windowHeight) x \(c.windowWidth) over \(image) with a padding of \(c.padding)",
        expected: "a window that fits")
      return nil
    }
    let perResult = [image.channels / groups, c.windowHeight, c.windowWidth]
    guard isSmall(perResult + [outputs, c.outputHeight, c.outputWidth], name, place, &d) else { return nil }
    return c
  }

  /// Whether the product is a number of multiply-accumulates, and so of parameters and results, that can be counted.
  private func isSmall(_ factors: [Int64], _ name: String, _ place: Place, _ d: inout Diagnostics) -> Bool {
    var product: Int64 = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow, next <= ImageNetwork.maximumOfLayer else {
        d.error(
          "\(name): the layer is too large", at: place,
          value: factors.map(String.init).joined(separator: " x ") + " multiply-accumulates",
          expected: "at most \(ImageNetwork.maximumOfLayer)")
        return false
      }
      product = next
    }
    return true
  }
}
