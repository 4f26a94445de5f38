import Arch
import DRAM
import Files

/// A matrix times a vector on all-bank multiplies: which instructions it is made of, from the device file.
///
/// Each bank of each channel has whole rows of the matrix, one output after the other, in slices as long as the buffer. A
/// slice of the vector is loaded; then, for as many outputs at a time as the order says, sums are begun, multiplied and
/// read. What does not fill a bank or a burst is padding.
struct GEMVKernel: Sendable {
  let load: Int
  let begin: Int
  let multiply: Int
  let finish: Int
  let elementBytes: Int64
  let bufferBytes: Int64
  /// Outputs whose sums are under way at a time, by the name of the order.
  let orders: [(name: String, outputs: Int64)]

  init?(_ fields: inout Fields, _ set: InstructionSet, _ device: DeviceDescription, _ d: inout Diagnostics) {
    let errors = d.errorCount
    func instruction(_ key: String, needing wanted: [InstructionSet.Field]) -> Int? {
      guard let name = fields.requiredChoice(key, of: set.instructions.map(\.name), &d) else { return nil }
      guard let index = set.index(of: name) else { return nil }
      for field in wanted where !set.instructions[index].fields.contains(field) {
        d.error(
          "instruction '\(name)' carries no \(field.rawValue), which a gemv needs to \(key)", at: fields.place(key),
          value: name)
      }
      if set.instructions[index].command < 0 {
        d.error("instruction '\(name)' does nothing to the memory", at: fields.place(key), value: name)
      } else if device.commands[set.instructions[index].command].scope != 0 {
        d.error(
          "a gemv works in all banks at once, and instruction '\(name)' does not", at: fields.place(key), value: name,
          expected: "an instruction whose command has scope '\(device.levels[0])'")
      }
      return index
    }
    let load = instruction("load", needing: [.count])
    let begin = instruction("begin", needing: [])
    let multiply = instruction("multiply", needing: [.count, .row])
    let finish = instruction("finish", needing: [])
    let range = QuantityRange.positiveUpTo(Rational(1 << 20))
    let element = fields.requiredQuantity("element", .size, in: range, &d)?.value.int64
    let buffer = fields.requiredQuantity("buffer", .size, in: range, &d)?.value.int64
    var orders: [(name: String, outputs: Int64)] = []
    if var list = fields.requiredFields("orders", of: "the orders", &d) {
      for name in list.keys {
        if let outputs = list.integer(name, in: 1...(1 << 20), &d) { orders.append((name, outputs)) }
      }
      if list.keys.isEmpty { d.error("a gemv has no order", at: fields.place("orders")) }
    }
    if let element, let buffer, buffer % element != 0 || buffer > device.rowBytes {
      d.error(
        "a row does not hold what the buffer holds", at: fields.place("buffer"), value: "\(buffer) B",
        expected: "whole elements, at most \(device.rowBytes) B")
    }
    fields.finish(&d, knownKeys: ["load", "begin", "multiply", "finish", "element", "buffer", "orders"])
    guard d.errorCount == errors, let load, let begin, let multiply, let finish, let element, let buffer else {
      return nil
    }
    self.load = load
    self.begin = begin
    self.multiply = multiply
    self.finish = finish
    elementBytes = element
    bufferBytes = buffer
    self.orders = orders
  }

  var schema: KernelSchema {
    KernelSchema(
      name: "gemv",
      options: [
        .init(.out, .integer(1...(1 << 40))), .init(.in, .integer(1...(1 << 40))),
        .init(.order, .choice(orders.map(\.name)), standard: orders[0].name),
      ])
  }

  /// The instructions of a product.
  ///
  /// - Parameters:
  ///   - end: the instruction that ends a program.
  ///   - place: where the extents were given.
  /// - Throws: where the matrix has more rows of a bank than there are.
  func program(
    _ values: KernelValues, _ device: DeviceDescription, channels: Int, end: Int, at place: Place
  ) throws(Refusal) -> [InstructionPart] {
    let banks = Int64(channels * device.banksPerChannel)
    let width = bufferBytes / elementBytes
    // At most 2^40 each; a product of both stays below 2^63 only after division.
    let outputs = (values.integer(.out) + banks - 1) / banks
    let slices = (values.integer(.in) + width - 1) / width
    let (rows, overflow) = outputs.multipliedReportingOverflow(by: slices)
    guard !overflow, rows <= device.rows else {
      throw Refusal(
        "the matrix does not fit the device", at: place,
        value: "\(outputs) outputs of \(slices) rows in each of \(banks) banks",
        expected: "at most \(device.rows) rows of a bank",
        suggestion: channels < device.levelSizes[0] ? "more --channels" : nil)
    }
    let order = values.choice(.order)
    let atOnce = min(orders.first { $0.name == order }?.outputs ?? 1, outputs)
    let whole = values.integer(.in) / width
    var parts: [InstructionPart] = []
    if whole > 0 {
      let slice = slice(elements: width, outputs, slices, atOnce, row: 0)
      parts.append(.repeated(slice, times: whole, rowStep: 1))
    }
    let rest = values.integer(.in) - whole * width
    if rest > 0 { parts += slice(elements: rest, outputs, slices, atOnce, row: whole) }
    return parts + [.one(Instruction(end))]

    func slice(
      elements: Int64, _ outputs: Int64, _ slices: Int64, _ atOnce: Int64, row: Int64
    ) -> [InstructionPart] {
      let bursts = (elements * elementBytes + device.accessBytes - 1) / device.accessBytes
      var parts: [InstructionPart] = [.one(Instruction(load, count: bursts))]
      func group(_ count: Int64, row: Int64) -> [InstructionPart] {
        [
          .repeated([.one(Instruction(begin))], times: count, rowStep: 0),
          .repeated([.one(Instruction(multiply, row: row, count: bursts))], times: count, rowStep: slices),
          .repeated([.one(Instruction(finish))], times: count, rowStep: 0),
        ]
      }
      let groups = outputs / atOnce
      parts.append(.repeated(group(atOnce, row: row), times: groups, rowStep: atOnce * slices))
      let rest = outputs - groups * atOnce
      if rest > 0 { parts += group(rest, row: row + groups * atOnce * slices) }
      return parts
    }
  }
}
