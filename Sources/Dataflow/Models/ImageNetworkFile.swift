import Files

/// Reads networks over images from a short YAML file of layers; `docs/models.md` has the format.
enum ImageNetworkFile {
  private static let knownKeys = ["network", "source", "input", "norm", "activation", "layers"]
  private static let largestSide: Int64 = 1 << 14
  private static let mostChannels: Int64 = 1 << 20

  /// What a layer is when it does not say.
  private struct Defaults {
    var isNormed = false
    var activation: ActivationFunction?
  }

  static func read(_ fields: inout Fields, name: String, _ d: inout Diagnostics) -> OperatorGraph? {
    let before = d.errorCount
    let title = fields.requiredText("network", &d)
    _ = fields.source("source", &d)
    let input = readInput(&fields, &d)
    var defaults = Defaults()
    defaults.isNormed = norm(&fields, default: false, &d)
    defaults.activation = activation(&fields, default: nil, &d)
    let layers = fields.requiredList("layers", &d).map { read($0, "layers", in: fields, defaults, &d) }
    if let layers, layers.isEmpty {
      d.error("the network has no layers", at: fields.place("layers"), expected: "at least one")
    }
    fields.finish(&d, knownKeys: knownKeys)
    guard d.errorCount == before, let title, let input, let layers else { return nil }
    let network = ImageNetwork(input: input, layers: layers.compactMap(\.self))
    return network.graph(named: name.isEmpty ? title : name, &d)
  }

  private static func readInput(_ fields: inout Fields, _ d: inout Diagnostics) -> ImageNetwork.Shape? {
    guard let items = fields.requiredList("input", &d) else { return nil }
    guard items.count == 3 else {
      d.error(
        "'input' of the network has \(items.count) extents", at: fields.place("input"),
        expected: "channels, height and width, such as [3, 224, 224]")
      return nil
    }
    let extents = zip(items, [("channels", mostChannels), ("height", largestSide), ("width", largestSide)]).map {
      Scalars.integer(of: $0, in: 1...$1.1, "the \($1.0) of the input", file: fields.file, &d)
    }
    guard let channels = extents[0], let height = extents[1], let width = extents[2] else { return nil }
    return ImageNetwork.Shape(channels: channels, height: height, width: width)
  }

  private static func norm(_ fields: inout Fields, default fallback: Bool, _ d: inout Diagnostics) -> Bool {
    fields.choice("norm", of: ["batch", "none"], &d).map { $0 == "batch" } ?? fallback
  }

  private static func activation(
    _ fields: inout Fields, default fallback: ActivationFunction?, _ d: inout Diagnostics
  ) -> ActivationFunction? {
    let names = ActivationFunction.allCases.map(\.rawValue) + ["none"]
    guard let name = fields.choice("activation", of: names, &d) else { return fallback }
    return ActivationFunction(rawValue: name)
  }

  // MARK: Layers

  private static let kinds = ["conv", "pool", "linear", "residual"]

  /// - Parameter prefix: names the list, as the operators will be named.
  private static func read(
    _ items: [DocumentNode], _ prefix: String, in outer: Fields, _ defaults: Defaults, isInBlock: Bool = false,
    _ d: inout Diagnostics
  ) -> [ImageNetwork.Layer?] {
    items.enumerated().map { index, item in
      guard var fields = Fields(item, of: "\(prefix).\(index)", in: outer.file, &d) else { return nil }
      let written = kinds.filter(fields.contains)
      guard written.count == 1, let kind = written.first else {
        reportKind(written, fields, &d)
        return nil
      }
      var own = defaults
      // What follows the last layer of a block follows the sum instead.
      if isInBlock, index == items.count - 1 { own.activation = nil }
      let place = Place(file: outer.file, mark: item.mark)
      switch kind {
      case "conv": return convolution(&fields, own, place, &d)
      case "pool": return pool(&fields, place, &d)
      case "linear": return linear(&fields, place, &d)
      default:
        guard !isInBlock else {
          d.error(
            "\(prefix).\(index) is a residual block inside another", at: place, expected: "conv, pool or linear")
          return nil
        }
        return residual(&fields, "\(prefix).\(index)", own, place, &d)
      }
    }
  }

  private static func reportKind(_ written: [String], _ fields: Fields, _ d: inout Diagnostics) {
    let expected = "one of the keys \(kinds.joined(separator: ", "))"
    guard written.isEmpty else {
      d.error(
        "\(fields.what) is several layers", at: fields.place(), value: written.joined(separator: " and "),
        expected: expected)
      return
    }
    let meant = fields.keys.prefix(100).lazy.compactMap { key in nearMiss(of: key, among: kinds).map { (key, $0) } }
    d.error(
      "\(fields.what) does not say what layer it is", at: fields.place(), expected: expected,
      suggestion: meant.first.map { "is '\(clipped($0.0))' meant to be '\($0.1)'?" })
  }

  private static func repeats(_ fields: inout Fields, _ d: inout Diagnostics) -> Int64 {
    fields.integer("repeat", in: 1...10_000, &d) ?? 1
  }

  private static func convolution(
    _ fields: inout Fields, _ defaults: Defaults, _ place: Place, _ d: inout Diagnostics
  ) -> ImageNetwork.Layer? {
    let before = d.errorCount
    let outputs = fields.requiredInteger("conv", in: 1...mostChannels, &d)
    let side = fields.integer("window", in: 1...largestSide, &d) ?? 1
    let stride = fields.integer("stride", in: 1...largestSide, &d) ?? 1
    let padding = fields.integer("padding", in: 0...largestSide, &d) ?? 0
    let groups = fields.integer("groups", in: 1...mostChannels, &d) ?? 1
    let isNormed = norm(&fields, default: defaults.isNormed, &d)
    // The shift of the norm is a bias already.
    let bias = fields.boolean("bias", &d) ?? !isNormed
    let function = activation(&fields, default: defaults.activation, &d)
    let count = repeats(&fields, &d)
    fields.finish(
      &d, knownKeys: ["conv", "window", "stride", "padding", "groups", "bias", "norm", "activation", "repeat"])
    guard d.errorCount == before, isPadding(padding, below: side, fields, &d), let outputs else { return nil }
    let window = ImageNetwork.Window(side: side, stride: stride, padding: padding)
    return ImageNetwork.Layer(
      kind: .convolution(window, outputs: outputs, groups: groups, bias: bias, isNormed: isNormed),
      activation: function, repeats: count, place: place)
  }

  private static func pool(_ fields: inout Fields, _ place: Place, _ d: inout Diagnostics) -> ImageNetwork.Layer? {
    let kind = fields.requiredChoice("pool", of: ["max", "mean"], &d)
    // All of the image is one window.
    if let scalar = fields.node("window")?.scalar, scalar.text == "all" {
      fields.finish(&d, knownKeys: ["pool", "window"])
      let window = ImageNetwork.Window(side: nil, stride: 1, padding: 0)
      return kind.map {
        ImageNetwork.Layer(kind: .pool(window, isMean: $0 == "mean"), activation: nil, repeats: 1, place: place)
      }
    }
    let before = d.errorCount
    let side = fields.requiredInteger("window", in: 1...largestSide, &d)
    let stride = fields.integer("stride", in: 1...largestSide, &d) ?? side
    let padding = fields.integer("padding", in: 0...largestSide, &d) ?? 0
    let count = repeats(&fields, &d)
    fields.finish(&d, knownKeys: ["pool", "window", "stride", "padding", "repeat"])
    guard let kind, let side, let stride, d.errorCount == before, isPadding(padding, below: side, fields, &d) else {
      return nil
    }
    let window = ImageNetwork.Window(side: side, stride: stride, padding: padding)
    return ImageNetwork.Layer(
      kind: .pool(window, isMean: kind == "mean"), activation: nil, repeats: count, place: place)
  }

  private static func linear(_ fields: inout Fields, _ place: Place, _ d: inout Diagnostics) -> ImageNetwork.Layer? {
    let outputs = fields.requiredInteger("linear", in: 1...mostChannels, &d)
    let bias = fields.boolean("bias", &d) ?? true
    let function = activation(&fields, default: nil, &d)
    let count = repeats(&fields, &d)
    fields.finish(&d, knownKeys: ["linear", "bias", "activation", "repeat"])
    return outputs.map {
      ImageNetwork.Layer(kind: .linear(outputs: $0, bias: bias), activation: function, repeats: count, place: place)
    }
  }

  private static func residual(
    _ fields: inout Fields, _ name: String, _ defaults: Defaults, _ place: Place, _ d: inout Diagnostics
  ) -> ImageNetwork.Layer? {
    let items = fields.requiredList("residual", &d)
    let main = items.map { read($0, name + ".residual", in: fields, defaults, isInBlock: true, &d) }
    if let items, items.isEmpty {
      d.error("\(name) has no layers", at: fields.place("residual"), expected: "at least one")
    }
    let shortcut = fields.list("shortcut", &d).map {
      read($0, name + ".shortcut", in: fields, defaults, isInBlock: true, &d)
    }
    let function = activation(&fields, default: defaults.activation, &d)
    let count = repeats(&fields, &d)
    fields.finish(&d, knownKeys: ["residual", "shortcut", "activation", "repeat"])
    guard let main else { return nil }
    return ImageNetwork.Layer(
      kind: .residual(main.compactMap(\.self), shortcut: (shortcut ?? []).compactMap(\.self)), activation: function,
      repeats: count, place: place)
  }

  /// A window that can lie beside the image alone makes no sense.
  private static func isPadding(_ padding: Int64, below side: Int64, _ fields: Fields, _ d: inout Diagnostics) -> Bool {
    if padding < side { return true }
    d.error(
      "'padding' of \(fields.what) is not smaller than the window", at: fields.place("padding"), value: "\(padding)",
      expected: "less than \(side)")
    return false
  }
}
