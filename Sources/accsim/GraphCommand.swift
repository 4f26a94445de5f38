import ArgumentParser
import Explore
import Files

struct Graph: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "The operators of a model: shapes, multiply-accumulates, bytes, intensity.",
    discussion: """
      Example: accsim graph model.onnx --prompt 128 --json

      MODEL is a shipped name (see 'accsim list models'), a Hugging Face config.json, an ONNX file, or a YAML file of
      layers over images. Counts are those of the graph as exported: full scores, logits at every position. Symbolic
      extents of an ONNX file are bound by their names: batch, sequence, past, total. A model of images counts one image
      unless --batch says more.
      """)

  @Argument(help: ArgumentHelp("The model.", valueName: "model")) var model: String
  @Option(help: ArgumentHelp("New positions (default: \(GraphStudy.defaultPrompt)).", valueName: "n"))
  var prompt: Int64?
  @Option(help: ArgumentHelp("Positions cached before (default: 0).", valueName: "n")) var past: Int64?
  @Option(help: ArgumentHelp("Independent sequences (default: 1).", valueName: "n")) var batch: Int64?
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Recognise the operators of an ONNX file; print how its counts become theirs.") var reconcile = false
  @Flag(help: "Draw the graph in the language of Graphviz.") var dot = false

  func validate() throws {
    if json && dot { throw ValidationError("--json and --dot exclude each other") }
    if reconcile && dot { throw ValidationError("--reconcile and --dot exclude each other") }
  }

  func run() throws {
    var study = GraphStudy(model: model, prompt: prompt, past: past, batch: batch)
    study.drawsDot = dot
    study.reconciles = reconcile
    try Terminal.print(try study.run(), asJSON: json)
  }
}
