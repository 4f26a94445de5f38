import Arch
import Dataflow
import Files

extension VectorUnit {
  public static let schema = UnitKindSchema(
    kind: "vector-unit",
    summary: "Adders, multipliers and an SRAM that do softmax, normalisation and activations beside a memory.",
    parameters: [
      ParameterSchema("adders", .integer(1...65536), .required, "Floating-point adders."),
      ParameterSchema("multipliers", .integer(1...65536), .required, "Floating-point multipliers."),
      ParameterSchema("adder-latency", .integer(1...64), .required, "Cycles from an adder's inputs to its result."),
      ParameterSchema(
        "multiplier-latency", .integer(1...64), .required, "Cycles from a multiplier's inputs to its result."),
      ParameterSchema("format", .choice(ElementFormat.names), .required, "Number format of the elements."),
      ParameterSchema(
        "groups-in-flight", .integer(1...256), .required, "Groups of elements that are between read and write at once."),
      ParameterSchema(
        "sram",
        .group([
          ParameterSchema("size", .quantity(.size, .positiveUpTo(Rational(1 << 36))), .required, "Capacity."),
          ParameterSchema("banks", .integer(1...1024), .required, "Banks, interleaved word by word."),
          ParameterSchema("read-ports", .integer(1...16), .required, "Reads that a bank serves per cycle."),
          ParameterSchema("write-ports", .integer(1...16), .required, "Writes that a bank serves per cycle."),
          ParameterSchema(
            "width", .quantity(.size, .positiveUpTo(Rational(1 << 20))), .required, "Bytes of one access."),
        ]), .required, "The buffer that operands come from and results go to."),
      ParameterSchema(
        "functions",
        .group([
          ParameterSchema("exp-taylor-terms", .integer(1...64), .required, "Terms of the series for exp."),
          ParameterSchema(
            "exp-range-reduction", .choice(["none", "power-of-two"]), .required,
            "What brings the argument of exp near zero before the series."),
          ParameterSchema(
            "reciprocal-newton-steps", .integer(0...16), .required, "Newton-Raphson steps of the reciprocal."),
          ParameterSchema(
            "rsqrt-newton-steps", .integer(0...16), .required, "Newton steps of the inverse square root."),
        ]), .required, "How the special functions are made of additions and multiplications."),
      ParameterSchema(
        "energy",
        .group([
          ParameterSchema(
            "busy-cycle", .quantity(.energy, .nonNegative), .optional(default: nil),
            "One cycle with a step in progress; covers the operations below that state no energy."),
          ParameterSchema(
            "idle-cycle", .quantity(.energy, .nonNegative), .optional(default: nil), "One cycle without a step."),
          ParameterSchema("add", .quantity(.energy, .nonNegative), .optional(default: nil), "One addition."),
          ParameterSchema(
            "multiply", .quantity(.energy, .nonNegative), .optional(default: nil), "One multiplication."),
          ParameterSchema("sram-read", .quantity(.energy, .nonNegative), .optional(default: nil), "One SRAM read."),
          ParameterSchema("sram-write", .quantity(.energy, .nonNegative), .optional(default: nil), "One SRAM write."),
        ]), .optional(default: nil), "What the unit's events cost."),
    ])

  /// A vector unit as a design describes it, before a program is known.
  public struct Plan: Sendable {
    let pipeline: VectorPipeline.Spec
    let sram: SRAM.Spec
    let functions: SpecialFunctions
    public let elementBytes: Int64
    /// Bytes of the SRAM.
    public var capacity: Int64 { sram.capacity.rawValue }
    public let ledger: EnergyLedger

    public init?(_ values: ParameterValues, unit: String, _ d: inout Diagnostics) {
      let bytes = ElementFormat.bytes[values.text("format")] ?? 2
      guard let size = values.quantity("sram.size").value.int64, let width = values.quantity("sram.width").value.int64,
        width <= size
      else {
        d.error(
          "unit '\(unit)': the SRAM is smaller than one access, or no whole number of bytes",
          at: values["sram.size"]?.place ?? Place(file: unit), value: values.quantity("sram.size").text,
          expected: "at least \(values.quantity("sram.width").text)")
        return nil
      }
      elementBytes = bytes
      pipeline = VectorPipeline.Spec(
        adders: values.integer("adders"), multipliers: values.integer("multipliers"),
        adderLatency: values.integer("adder-latency"), multiplierLatency: values.integer("multiplier-latency"),
        window: Int(values.integer("groups-in-flight")), elementBytes: bytes)
      sram = SRAM.Spec(
        capacity: Bytes(size), banks: Int(values.integer("sram.banks")),
        readPorts: Int(values.integer("sram.read-ports")), writePorts: Int(values.integer("sram.write-ports")),
        width: Bytes(width))
      functions = SpecialFunctions(
        format: LaneFormat(ElementFormat.formats[values.text("format")] ?? .bf16),
        expTerms: Int(values.integer("functions.exp-taylor-terms")),
        expReducesRange: values.text("functions.exp-range-reduction") == "power-of-two",
        reciprocalSteps: Int(values.integer("functions.reciprocal-newton-steps")),
        rsqrtSteps: Int(values.integer("functions.rsqrt-newton-steps")))
      ledger = Self.ledger(values, unit)
    }

    private static func ledger(_ values: ParameterValues, _ unit: String) -> EnergyLedger {
      var prices: [String: Price] = [:]
      let coversOperations = values.contains("energy.busy-cycle")
      for event in ["busy-cycle", "idle-cycle", "add", "multiply", "sram-read", "sram-write"] {
        if let price = values.optionalQuantity("energy.\(event)") {
          prices[event] = .joules(price.value)
        } else if coversOperations && event != "idle-cycle" {
          prices[event] = .included(in: "busy-cycle")
        } else {
          prices[event] = .unknown(reason: "unit '\(unit)' states no energy for '\(event)'")
        }
      }
      return EnergyLedger(prices: prices)
    }
  }

  /// Builds the unit for a program: decodes its steps.
  ///
  /// - Throws: when a step of the program is none of this kind, which only a damaged program has.
  ///
  /// - Parameters:
  ///   - arithmetic: how numbers are computed; nil when none flow.
  ///   - seed: chooses experts when none flow.
  public init(
    plan: Plan, wiring: Wiring, program: Program, unit: UnitIndex, name: String, exchange: ValueExchange,
    arithmetic: ValueArithmetic?, seed: UInt64
  ) throws(Refusal) {
    let steps = try DecodedSteps(
      program, unit: unit, name: name, kind: Self.schema.kind, decode: VectorStep.init(opcode:operands:))
    for step in steps.all {
      switch step {
      case .send(let peer, _, _, _, _) where peer >= wiring.peers.count,
        .receive(let peer, _, _) where peer >= wiring.peers.count:
        throw Refusal(
          "a step of the program uses a link that is not there",
          at: Place(file: "program", detail: "unit '\(name)'"), value: "link \(peer)",
          expected: "one of \(wiring.peers.count)")
      default: continue
      }
    }
    var pipeline = VectorPipeline(plan.pipeline, sram: plan.sram)
    if let arithmetic {
      pipeline.values = VectorValues(format: plan.functions.format, isExact: arithmetic == .exact)
    }
    self.init(
      wiring: wiring, functions: plan.functions, pipeline: pipeline, program: steps,
      outputs: program.outputs.enumerated().filter { program.steps[$1.step].unit == unit }.map { ($0, $1) },
      rowCount: program.rows.count,
      exchange: exchange, seed: seed)
  }
}
