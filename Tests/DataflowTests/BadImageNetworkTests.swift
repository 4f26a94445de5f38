import Dataflow
import Files
import Foundation
import Testing

/// Faults put into a small network, each with the place and the words of its message.
@Suite struct BadImageNetworkTests {
  static let good = """
    network: small
    source: "publication: nobody 1999"
    input: [3, 32, 32]
    norm: batch
    activation: relu
    layers:
      - { conv: 8, window: 3, padding: 1 }
      - { pool: max, window: 2 }
      - residual: [{ conv: 4 }, { conv: 8 }]
        repeat: 2
      - { linear: 10 }
    """

  struct Case: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    /// The text at whose first occurrence the first error is.
    let place: String
    let message: String
    var testDescription: String { "\(old) -> \(new)" }

    init(_ old: String, _ new: String, at place: String, _ message: String) {
      (self.old, self.new, self.place, self.message) = (old, new, place, message)
    }
  }

  static let cases: [Case] = [
    Case("network: small", "netwrok: small", at: "netwrok", "is 'netwrok' meant to be 'network'?"),
    Case("source:", "sources:", at: "sources:", "unknown key 'sources' in the network (did you mean 'source'?)"),
    Case("publication: nobody", "rumour: nobody", at: "\"rumour", "begins with an unknown mark"),
    Case("input: [3, 32, 32]\n", "", at: "network", "missing key 'input' in the network"),
    Case("[3, 32, 32]", "[32, 32]", at: "[32, 32]", "has 2 extents (expected channels, height and width"),
    Case("[3, 32, 32]", "[3, 32, -32]", at: "-32", "the width of the input is out of range"),
    Case("[3, 32, 32]", "[3, 3e1, 32]", at: "3e1", "the height of the input is not a decimal integer"),
    Case("[3, 32, 32]", "3", at: "3\nnorm", "'input' of the network is not a list"),
    Case("norm: batch", "norm: bacth", at: "bacth", "did you mean 'batch'?"),
    Case("activation: relu", "activation: rlu", at: "rlu", "did you mean 'relu'?"),
    Case("layers:", "layer:", at: "network", "is 'layer' meant to be 'layers'?"),
    Case("{ linear: 10 }", "10", at: "10\n", "layers.3 is not a mapping"),
    Case("{ linear: 10 }", "{ liner: 10 }", at: "{ liner", "is 'liner' meant to be 'linear'?"),
    Case(
      "{ linear: 10 }", "{ linear: 10, conv: 3 }", at: "{ linear", "layers.3 is several layers (got conv and linear"),
    Case("{ linear: 10 }", "{ linear: 10, widow: 3 }", at: "widow", "unknown key 'widow' in layers.3"),
    Case("{ linear: 10 }", "{ linear: 0 }", at: "0 }\n", "'linear' of layers.3 is out of range"),
    Case("{ linear: 10 }", "{ linear: 10, repeat: 0 }", at: "0 }\n", "'repeat' of layers.3 is out of range"),
    Case("window: 3", "widnow: 3", at: "widnow", "unknown key 'widnow' in layers.0 (did you mean 'window'?)"),
    Case("window: 3", "window: 0", at: "0, padding", "'window' of layers.0 is out of range"),
    Case("window: 3", "window: \"3\"", at: "\"3\"", "'window' of layers.0 is a text in quotes"),
    Case("window: 3", "window: 3, stride: 0", at: "0, padding", "'stride' of layers.0 is out of range"),
    Case("window: 3", "window: 3, bias: yes", at: "yes", "write true"),
    Case(
      "padding: 1", "padding: 3", at: "3 }\n", "'padding' of layers.0 is not smaller than the window (got 3; expected"),
    Case("padding: 1", "padding: -1", at: "-1", "'padding' of layers.0 is out of range"),
    Case(
      "padding: 1", "groups: 2", at: "{ conv: 8, w", "channels do not divide into the groups (got 3 to 8 channels in 2"),
    Case("window: 3, padding: 1", "window: 33", at: "{ conv: 8, w", "the window is larger than the image (got 33 x 33"),
    Case("pool: max", "pool: mox", at: "mox", "did you mean 'max'?"),
    Case("pool: max, window: 2", "pool: max", at: "{ pool", "missing key 'window' in layers.1"),
    Case("pool: max, window: 2", "pool: max, window: all, stride: 2", at: "stride", "unknown key 'stride' in layers.1"),
    Case("pool: max, window: 2", "pool: max, window: al", at: "al }", "'window' of layers.1 is not a decimal integer"),
    Case("[{ conv: 4 }, { conv: 8 }]", "[]", at: "[]", "layers.2 has no layers"),
    Case(
      "[{ conv: 4 }, { conv: 8 }]", "[{ conv: 4 }, { cov: 8 }]", at: "{ cov", "layers.2.residual.1 does not say what"),
    Case(
      "[{ conv: 4 }, { conv: 8 }]", "[{ residual: [{ conv: 8 }] }]", at: "{ residual",
      "layers.2.residual.0 is a residual block inside another"),
    Case(
      "[{ conv: 4 }, { conv: 8 }]", "[{ conv: 4 }, { conv: 9 }]", at: "residual:",
      "layers.2.0: the two sides of the residual block differ in shape (got 9 x 16 x 16, and 8 x 16 x 16"),
    Case(
      "    repeat: 2", "    shortcut: [{ conv: 8, stride: 2 }]", at: "residual:",
      "(got 8 x 16 x 16, and 8 x 8 x 8 by the shortcut"),
    Case("    repeat: 2", "    repaet: 2", at: "repaet", "did you mean 'repeat'?"),
    Case(
      "  - { conv: 8, window: 3, padding: 1 }\n  - { pool: max, window: 2 }\n", "", at: "residual:",
      "cannot begin with a residual block that adds the image itself"),
    Case("    repeat: 2", "    repeat: 10001", at: "10001", "out of range"),
    Case(
      "{ linear: 10 }", Array(repeating: "{ conv: 8, repeat: 10000 }", count: 4).joined(separator: "\n  - "), at: "",
      "too many operators (got more than 65536;"),
    Case(
      "[3, 32, 32]", "[1048576, 16384, 16384]", at: "{ conv: 8, w", "the layer is too large (got 1048576 x 3 x 3 x 8"),
  ]

  @Test(arguments: cases) func aFaultIsRefusedAtItsPlace(_ fault: Case) throws {
    let range = try #require(Self.good.range(of: fault.old))
    var text = Self.good
    text.replaceSubrange(range, with: fault.new)
    text += "\n"
    var d = Diagnostics()
    let document = DocumentReader.yaml(text, file: "net.yaml", into: &d)
    let graph = document.flatMap { ModelFile.read($0, name: "net", into: &d) }
    #expect(graph == nil)
    let error = try #require(d.items.first { $0.severity == .error }, "accepted: \(text)").description
    #expect(error.contains(fault.message), "\(error)")
    guard !fault.place.isEmpty else { return }
    let place = try #require(text.range(of: fault.place))
    let line = text[..<place.lowerBound].count { $0 == "\n" } + 1
    #expect(error.hasPrefix("net.yaml:\(line):"), "\(error)")
  }

  /// The faults of all layers at once, each with its line.
  @Test func allFaultsAreReported() throws {
    let text = Self.good.replacing("window", with: "widnow").replacing("linear", with: "liner")
    var d = Diagnostics()
    let document = DocumentReader.yaml(text, file: "net.yaml", into: &d)
    #expect(document.flatMap { ModelFile.read($0, name: "net", into: &d) } == nil)
    let lines = d.items.map { $0.description.split(separator: ":")[1] }
    #expect(Set(lines) == ["7", "8", "11"], "\(d.items)")
  }

  @Test func anEmptyNetworkIsRefused() throws {
    var d = Diagnostics()
    let document = DocumentReader.yaml("network: n\ninput: [3, 8, 8]\nlayers: []\n", file: "net.yaml", into: &d)
    #expect(document.flatMap { ModelFile.read($0, name: "net", into: &d) } == nil)
    #expect(d.items.first?.description.contains("the network has no layers") == true)
  }
}
