/// Numbers of a vector unit's SRAM: a buffer of the program, from an element on.
package struct BufferSlice: Hashable, Sendable {
  package let buffer: Int64
  package let offset: Int64

  package init(_ buffer: Int64, offset: Int64 = 0) {
    self.buffer = buffer
    self.offset = offset
  }
}

/// Which numbers of a buffer a transfer to a memory carries: pieces of equal length, each padded with zeros.
///
/// Piece `id` begins at `source` + id · `stride`, in the buffer `bufferStride` · id behind that of `source`. With one list every channel gets the same pieces, or the pieces are the
/// data of one rectangle; otherwise there is a list for each channel.
package struct ValuePacking: Hashable, Sendable {
  package let source: BufferSlice
  package let piece: Int64
  /// Elements from one piece to the next on the way.
  package let padded: Int64
  package let stride: Int64
  package let bufferStride: Int64
  package let lists: [[Int64]]

  package init(
    _ source: BufferSlice, piece: Int64, padded: Int64, stride: Int64 = 0, bufferStride: Int64 = 0,
    lists: [[Int64]] = [[0]]
  ) {
    self.source = source
    self.piece = piece
    self.padded = padded
    self.stride = stride
    self.bufferStride = bufferStride
    self.lists = lists
  }

  static let operandNames = ["from", "offset", "piece", "padded-piece", "stride", "buffer-stride"]

  /// As the last operands of a step; the lists follow, each after its length.
  var operands: [Int64] {
    [source.buffer, source.offset, piece, padded, stride, bufferStride] + lists.flatMap { [Int64($0.count)] + $0 }
  }

  init?(operands o: ArraySlice<Int64>) {
    let head = Array(o.prefix(6))
    guard head.count == 6, head[0] >= 0, head[1] >= 0, head[2] > 0, head[3] >= head[2], head[4] >= 0, head[5] >= 0
    else { return nil }
    var lists: [[Int64]] = []
    var rest = o.dropFirst(6)
    while let count = rest.popFirst() {
      guard count >= 0, count <= rest.count else { return nil }
      let list = Array(rest.prefix(Int(count)))
      guard list.allSatisfy({ $0 >= 0 }) else { return nil }
      lists.append(list)
      rest = rest.dropFirst(Int(count))
    }
    guard !lists.isEmpty else { return nil }
    self.init(
      BufferSlice(head[0], offset: head[1]), piece: head[2], padded: head[3], stride: head[4], bufferStride: head[5],
      lists: lists)
  }
}

/// Where in a buffer the results of a memory's step go.
///
/// A memory numbers its results: a product's by spread index and segment (index · segments + segment), a rectangle's row
/// by row. Number n belongs to index i = n / `segments` and goes to element `offset` + (i / `span`) · `spanStride` +
/// i mod `span` + (n mod `segments`) · `segmentStride`. `offset` is negative where the buffer is for a part of them.
/// With `perVector` > 0, so many numbers belong to each vector of a product, and the next vector's go to the buffer
/// `bufferStride` behind.
package struct ValueUnpacking: Hashable, Sendable {
  package let buffer: Int64
  /// Elements of the whole buffer.
  package let elements: Int64
  package let offset: Int64
  package let segments: Int64
  package let segmentStride: Int64
  package let span: Int64
  package let spanStride: Int64
  package let perVector: Int64
  package let bufferStride: Int64

  package init(
    _ buffer: Int64, elements: Int64, offset: Int64 = 0, segments: Int64 = 1, segmentStride: Int64 = 0,
    span: Int64 = 1, spanStride: Int64 = 1, perVector: Int64 = 0, bufferStride: Int64 = 0
  ) {
    self.buffer = buffer
    self.elements = elements
    self.offset = offset
    self.segments = segments
    self.segmentStride = segmentStride
    self.span = span
    self.spanStride = spanStride
    self.perVector = perVector
    self.bufferStride = bufferStride
  }

  static let operandNames = [
    "to", "elements", "offset", "segments", "segment-stride", "span", "span-stride", "per-vector", "buffer-stride",
  ]

  var operands: [Int64] {
    [buffer, elements, offset, segments, segmentStride, span, spanStride, perVector, bufferStride]
  }

  init?(operands o: ArraySlice<Int64>) {
    let o = Array(o)
    guard o.count == 9, o.enumerated().allSatisfy({ $1 >= ($0 == 2 ? -(1 << 31) : 0) }), o[1] > 0, o[3] > 0, o[5] > 0
    else { return nil }
    self.init(
      o[0], elements: o[1], offset: o[2], segments: o[3], segmentStride: o[4], span: o[5], spanStride: o[6],
      perVector: o[7], bufferStride: o[8])
  }

  /// The results of each buffer, under the numbers that they have among those of their vector.
  func byBuffer(_ numbers: [(at: Int64, value: Float)]) -> [(buffer: Int64, numbers: [(at: Int64, value: Float)])] {
    guard perVector > 0 else { return [(buffer, numbers)] }
    var order: [Int64] = []
    var parts: [Int64: [(at: Int64, value: Float)]] = [:]
    for (number, value) in numbers {
      let vector = number / perVector
      if parts[vector] == nil { order.append(vector) }
      parts[vector, default: []].append((number % perVector, value))
    }
    return order.map { (buffer + $0 * bufferStride, parts[$0] ?? []) }
  }

  func element(of number: Int64) -> Int64 {
    let (index, segment) = (number / segments, number % segments)
    return offset + index / span * spanStride + index % span + segment * segmentStride
  }
}
