/// What a channel's commands do to its numbers, when they flow.
extension MemoryChannel {
  /// Multiply commands that were just issued on neighbouring columns, in the banks of the present pass.
  mutating func compute(_ m: MemoryStep.Multiply, row: Int64, column: Int64, bursts: Int64) {
    let burst = model.geometry.burstElements
    for (bank, vector) in banks(ofPass: m) {
      for index in 0..<bursts {
        numbers?.multiply(
          bank: bank, row: row, column: (column + index) * burst, vector: vector, length: m.segment,
          position: cursor.position + index * burst)
      }
    }
  }

  /// A result of every bank of the present pass is complete.
  mutating func emitResults(_ m: MemoryStep.Multiply) {
    let segment = (cursor.position - 1) / m.segment
    for (bank, _) in banks(ofPass: m) {
      let spread = m.placement.index(channel: Int64(number), bank: bank, slot: cursor.slot, model.geometry)
      numbers?.emit(bank: bank, as: (cursor.vector * m.used + spread) * m.segments + segment)
    }
    numbers?.clearSums()
  }

  /// The banks whose result counts in the present pass, and the vector that each is multiplied with where they differ.
  private func banks(ofPass m: MemoryStep.Multiply) -> [(bank: Int64, vector: Int64?)] {
    let g = model.geometry
    let used = m.placement.usedBanks(channel: Int64(number), slot: cursor.slot, below: m.used, g)
    guard m.vectorSpan > 0 else { return (0..<used).map { ($0, m.held > 1 ? cursor.vector : nil) } }
    let vectors = (0..<used).map {
      m.placement.index(channel: Int64(number), bank: $0, slot: cursor.slot, g) / m.vectorSpan
    }
    var distinct: [Int64] = []
    for vector in vectors where distinct.last != vector { distinct.append(vector) }
    let position = Int(m.vectors.lowerBound) + cursor.pass
    guard position < distinct.count else { return [] }
    return (0..<used).filter { vectors[Int($0)] == distinct[position] }.map { ($0, distinct[position]) }
  }

  /// One access of a rectangle: the elements of a burst that belong to it are written or read.
  mutating func transfer(_ visit: BankVisit, row: Int64, column: Int64, isWrite: Bool) {
    guard let r = rectangle else { return }
    let g = model.geometry
    for lane in 0..<g.burstElements {
      let element = column * g.burstElements + lane
      guard
        let (spread, stream) = r.placement.element(
          channel: Int64(number), bank: visit.bank, row: row, column: element, chunk: visit.chunk, g),
        r.spread.contains(spread), r.stream.contains(stream)
      else { continue }
      let number = (spread - r.spread.lowerBound) * Int64(r.stream.count) + stream - r.stream.lowerBound
      if isWrite {
        if number < written.count { numbers?[visit.bank, row, element] = written[Int(number)] }
      } else if let value = numbers?[visit.bank, row, element] {
        numbers?.results.append((number, MemoryNumbers.isBlank(value) ? 0 : value))
      }
    }
  }
}

extension Placement {
  /// The element that lies at a column of a row of a bank, for a row of chunk `chunk`; nil for padding.
  func element(
    channel: Int64, bank: Int64, row: Int64, column: Int64, chunk: Int64, _ g: MemoryGeometry
  ) -> (spread: Int64, stream: Int64)? {
    let flat = (row - firstRow(ofChunk: chunk, g)) * g.rowElements + column
    let pitch = pitch(chunk, g)
    let (slot, position) = (flat / pitch, flat % pitch)
    let spread = index(channel: channel, bank: bank, slot: slot, g)
    guard slot < slots(g), spread < self.spread, position < chunkLength(chunk) else { return nil }
    return (spread, chunk * self.chunk + position)
  }

  /// Where element `stream` of spread index `spread` lies.
  func cell(
    _ spread: Int64, _ stream: Int64, _ g: MemoryGeometry
  ) -> (channel: Int64, bank: Int64, row: Int64, column: Int64) {
    let (channel, bank, slot) = location(spread, g)
    let chunk = stream / self.chunk
    let flat = slot * pitch(chunk, g) + stream % self.chunk
    return (channel, bank, firstRow(ofChunk: chunk, g) + flat / g.rowElements, flat % g.rowElements)
  }
}
