import Dataflow
import Files
import Foundation
import Testing

/// Networks over images in the YAML form, against counts that others made of the same networks.
@Suite struct ImageNetworkTests {
  struct Network: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let parameters: Int64
    let macs: Int64
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../models").standardizedFileURL.path

  private static func shipped(_ name: String) -> String {
    (try? String(contentsOfFile: "\(root)/\(name).yaml", encoding: .utf8)) ?? ""
  }

  private static let resNeXt: String = shipped("resnet50").split(separator: "\n").map { line -> String in
    // Twice the channels inside a block, in 32 groups.
    var line = String(line)
    guard line.contains("residual") else { return line }
    for (old, new) in [("64 }", "128 }"), ("128 }", "256 }"), ("256 }", "512 }"), ("512 }", "1024 }")].reversed() {
      line = line.replacing("[{ conv: \(old)", with: "[{ conv: \(new)")
    }
    for (old, new) in [(64, 128), (128, 256), (256, 512), (512, 1024)].reversed() {
      line = line.replacing("{ conv: \(old), window: 3", with: "{ groups: 32, conv: \(new), window: 3")
    }
    return line
  }.joined(separator: "\n")

  private static let mobileNet: String = {
    var layers = "  - { conv: 32, window: 3, stride: 2, padding: 1 }\n"
    var channels = 32
    // Table 2 of Sandler et al. 2018: expansion, channels, repetitions, stride of the first.
    for (expansion, outputs, count, stride) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ] {
      for turn in 0..<count {
        let inner = channels * expansion
        var items = expansion > 1 ? ["{ conv: \(inner) }"] : []
        let step = turn == 0 ? stride : 1
        items.append("{ conv: \(inner), window: 3, stride: \(step), padding: 1, groups: \(inner) }")
        items.append("{ conv: \(outputs), activation: none }")
        if step == 1 && channels == outputs {
          layers += "  - { residual: [\(items.joined(separator: ", "))], activation: none }\n"
        } else {
          for item in items { layers += "  - \(item)\n" }
        }
        channels = outputs
      }
    }
    layers += "  - { conv: 1280 }\n  - { pool: mean, window: all }\n  - { linear: 1000 }\n"
    return "network: m\ninput: [3, 224, 224]\nnorm: batch\nactivation: relu\nlayers:\n" + layers
  }()

  private static let alexNet = """
    network: alexnet
    input: [3, 224, 224]
    activation: relu
    layers:
      - { conv: 64, window: 11, stride: 4, padding: 2 }
      - { pool: max, window: 3, stride: 2 }
      - { conv: 192, window: 5, padding: 2 }
      - { pool: max, window: 3, stride: 2 }
      - { conv: 384, window: 3, padding: 1 }
      - { conv: 256, window: 3, padding: 1, repeat: 2 }
      - { pool: max, window: 3, stride: 2 }
      - { linear: 4096, activation: relu, repeat: 2 }
      - { linear: 1000 }
    """

  /// As torch 2.15.0 counts the models of torchvision 0.29.2 of these names: parameters, and
  /// `torch.utils.flop_counter` halved for one image of 3 x 224 x 224.
  static let counted: [Network] = [
    Network(
      testDescription: "resnet18", text: shipped("resnet18"), parameters: 11_689_512, macs: 1_814_073_344),
    Network(
      testDescription: "resnet50", text: shipped("resnet50"), parameters: 25_557_032, macs: 4_089_184_256),
    Network(testDescription: "vgg19", text: shipped("vgg19"), parameters: 143_667_240, macs: 19_632_062_464),
    Network(
      testDescription: "vgg19_bn",
      text: shipped("vgg19").replacing(", padding: 1", with: ", padding: 1, norm: batch, bias: true"),
      parameters: 143_678_248, macs: 19_632_062_464),
    Network(testDescription: "resnext50_32x4d", text: resNeXt, parameters: 25_028_904, macs: 4_230_479_872),
    Network(testDescription: "mobilenet_v2", text: mobileNet, parameters: 3_504_872, macs: 300_774_272),
    Network(testDescription: "alexnet", text: alexNet, parameters: 61_100_840, macs: 714_188_480),
  ]

  private static func read(_ text: String) -> (graph: OperatorGraph?, findings: Diagnostics) {
    var d = Diagnostics()
    let document = DocumentReader.yaml(text, file: "net.yaml", into: &d)
    return (document.flatMap { ModelFile.read($0, name: "net", into: &d) }, d)
  }

  private static func graph(_ text: String) throws -> OperatorGraph {
    let (graph, findings) = read(text)
    try findings.throwIfErrors()
    #expect(findings.items.isEmpty)
    return try #require(graph)
  }

  @Test(arguments: counted) func countsAreTorchs(_ network: Network) throws {
    let graph = try Self.graph(network.text)
    #expect(graph.parameters == network.parameters)
    #expect(graph.exportedMACs(positions: 1, past: 0) == network.macs)
    #expect(graph.fixedPositions == 1)
    #expect(graph.input == .image(channels: 3, height: 224, width: 224))
    for (index, op) in graph.operators.enumerated() { #expect(op.inputs.allSatisfy { $0.producer < index }) }
  }

  /// The products of ResNet-50 by the paper's table: stages of blocks 1 x 1, 3 x 3, 1 x 1 at halving sizes.
  @Test func resNetIsThatOfThePaper() throws {
    var macs = 64 * 3 * 7 * 7 * 112 * 112
    var parameters = 64 * 3 * 7 * 7 + 2 * 64
    var (channels, side) = (64, 56)
    for (stage, blocks) in [3, 4, 6, 3].enumerated() {
      let inner = 64 << stage
      for block in 0..<blocks {
        let old = side
        if stage > 0, block == 0 { side /= 2 }
        let (first, middle, last) = (channels * inner, inner * inner * 9, inner * 4 * inner)
        macs += first * old * old + (middle + last) * side * side
        parameters += first + middle + last + 2 * (inner + inner + 4 * inner)
        if block == 0 {
          macs += channels * 4 * inner * side * side
          parameters += channels * 4 * inner + 2 * 4 * inner
        }
        channels = 4 * inner
      }
    }
    macs += 2048 * 1000
    parameters += 2048 * 1000 + 1000
    let graph = try Self.graph(Self.shipped("resnet50"))
    #expect(graph.exportedMACs(positions: 1, past: 0) == Int64(macs))
    #expect(graph.parameters == Int64(parameters))
  }

  /// A convolution's own formula: out = (in + 2 p - k) / s + 1 of each side, one window for each result.
  @Test func aWindowMovesByItsStride() throws {
    let graph = try Self.graph(
      """
      network: n
      input: [4, 13, 10]
      layers:
        - { conv: 6, window: 3, stride: 2, padding: 1, groups: 2, bias: false }
        - { pool: mean, window: 2 }
        - { conv: 5, activation: tanh }
        - { pool: max, window: all }
        - { linear: 7, bias: false }
      """)
    #expect(
      graph.operators.map(\.name) == [
        "layers.0.conv", "layers.1.pool", "layers.2.conv", "layers.2.tanh", "layers.3.pool", "layers.4.linear",
      ])
    let results: [Int64] = [6 * 7 * 5, 6 * 3 * 2, 5 * 3 * 2, 5 * 3 * 2, 5, 7]
    #expect(graph.operators.map { $0.kind.resultElements(context: 0) } == results)
    let macs: [Int64] = [6 * 2 * 9 * 7 * 5, 0, 5 * 6 * 3 * 2, 0, 0, 35]
    #expect(graph.operators.map { $0.kind.macs(context: 0) } == macs)
    let parameters: [Int64] = [6 * 2 * 9, 0, 5 * 6 + 5, 0, 0, 35]
    #expect(graph.operators.map(\.kind.parameters) == parameters)
    #expect(graph.operators.map { $0.inputs.map(\.producer) } == [[], [0], [1], [2], [3], [4]])
  }

  /// What follows the last layer of a block follows the sum; a normed convolution has no bias unless it says so.
  @Test func aBlockIsASum() throws {
    let graph = try Self.graph(
      """
      network: n
      input: [4, 8, 8]
      norm: batch
      activation: relu
      layers:
        - conv: 4
        - { residual: [{ conv: 2 }, { conv: 4 }], repeat: 2 }
        - { residual: [{ conv: 8, stride: 2, activation: silu }], shortcut: [{ pool: mean, window: 2 }, { conv: 8, norm: none }] }
      """)
    #expect(
      graph.operators.map(\.name) == [
        "layers.0.conv", "layers.0.relu", "layers.1.0.residual.0.conv", "layers.1.0.residual.0.relu",
        "layers.1.0.residual.1.conv", "layers.1.0.add", "layers.1.0.relu", "layers.1.1.residual.0.conv",
        "layers.1.1.residual.0.relu", "layers.1.1.residual.1.conv", "layers.1.1.add", "layers.1.1.relu",
        "layers.2.residual.0.conv", "layers.2.residual.0.silu", "layers.2.shortcut.0.pool", "layers.2.shortcut.1.conv",
        "layers.2.add", "layers.2.relu",
      ])
    #expect(graph.operators[5].inputs.map(\.producer) == [4, 1])
    #expect(graph.operators[10].inputs.map(\.producer) == [9, 6])
    #expect(graph.operators[14].inputs.map(\.producer) == [11])
    #expect(graph.operators[16].inputs.map(\.producer) == [13, 15])
    // 4 x 4 and two norms of 4; twice (4 x 2 + 2 x 2, 2 x 4 + 2 x 4); 4 x 8 + 2 x 8; 4 x 8 + 8.
    #expect(graph.parameters == 24 + 2 * (12 + 16) + 48 + 40)
  }
}
