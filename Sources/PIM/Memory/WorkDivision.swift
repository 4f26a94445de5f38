import Dataflow

/// What one channel does in a step; rows count from where the matrix begins.
enum ChannelShare: Hashable {
  /// So many bursts into the vector buffer.
  case fill(Int64)
  case multiply([SlotRun])
  case access([BankVisit])
}

/// Neighbouring slots in which the same banks take part.
struct SlotRun: Hashable {
  let slots: Range<Int64>
  /// For each pass over a slot, the banks whose results count.
  let banks: [Int64]
  /// A number for what a slot of the run is like; equal in all steps whose slots are alike.
  let shape: Int
  /// Slots after which the next begins at the same column as the first.
  let period: Int64
}

/// A stretch of one row of one bank that a rectangle touches.
struct BankVisit: Hashable {
  let bank: Int64
  let row: Int64
  /// The chunk of the placement that the row belongs to.
  let chunk: Int64
  let bursts: Range<Int64>
  /// Whether other banks have a stretch in the same row, so that all are opened at once.
  let sharesRow: Bool
}

/// How a step falls to the channels.
struct WorkDivision {
  /// Equal for steps that differ in nothing but the row where their matrix begins.
  let number: Int
  let shares: [ChannelShare]
  /// By channel.
  let shareOf: [Int]
}

/// The divisions of a program's steps, each worked out once: layers and tokens do the same in other rows.
struct WorkDivisions {
  private struct SlotShape: Hashable {
    let pitch: Int64
    let length: Int64
    let segment: Int64
    let useful: Int64
    let held: Int64
    let banks: [Int64]
  }

  private let geometry: MemoryGeometry
  private var known: [MemoryStep: Int] = [:]
  private var divisions: [WorkDivision] = []
  private var slotShapes: [SlotShape: Int] = [:]

  init(_ geometry: MemoryGeometry) { self.geometry = geometry }

  subscript(number: Int) -> WorkDivision { divisions[number] }

  mutating func division(of step: MemoryStep) -> WorkDivision {
    let normal = step.fromRowZero
    if let number = known[normal] { return divisions[number] }
    var shares: [ChannelShare] = []
    let shareOf = (0..<geometry.channels).map { channel in
      let share = share(of: normal, channel)
      if let position = shares.firstIndex(of: share) { return position }
      shares.append(share)
      return shares.count - 1
    }
    let division = WorkDivision(number: divisions.count, shares: shares, shareOf: shareOf)
    known[normal] = division.number
    divisions.append(division)
    return division
  }

  private mutating func share(of step: MemoryStep, _ channel: Int64) -> ChannelShare {
    switch step {
    case .writeVector(let bursts, let vectors): .fill(bursts * Int64(vectors.list(channel).count))
    case .multiply(let m): .multiply(runs(of: m, channel))
    case .write(let r), .read(let r): .access(visits(of: r, channel))
    }
  }

  private mutating func runs(of m: MemoryStep.Multiply, _ channel: Int64) -> [SlotRun] {
    var runs: [SlotRun] = []
    for slot in m.slots(of: channel, geometry) {
      let banks = m.banksByPass(channel: channel, slot: slot, geometry)
      guard !banks.isEmpty else { continue }
      if let last = runs.last, last.slots.upperBound == slot, last.banks == banks {
        runs[runs.count - 1] = SlotRun(
          slots: last.slots.lowerBound..<(slot + 1), banks: banks, shape: last.shape, period: last.period)
      } else {
        let pitch = m.placement.pitch(m.chunk, geometry)
        let shape = SlotShape(
          pitch: pitch, length: m.length, segment: m.segment, useful: m.useful,
          held: m.held, banks: banks)
        let number = slotShapes[shape] ?? slotShapes.count
        slotShapes[shape] = number
        runs.append(SlotRun(slots: slot..<(slot + 1), banks: banks, shape: number, period: period(of: pitch)))
      }
    }
    return runs
  }

  private func period(of pitch: Int64) -> Int64 {
    var (a, b) = (geometry.rowElements, pitch)
    while b > 0 { (a, b) = (b, a % b) }
    return geometry.rowElements / a
  }

  /// The stretches of rows that a rectangle touches in a channel: chunk by chunk, slot by slot, row by row, bank by bank.
  private func visits(of r: MemoryStep.Rectangle, _ channel: Int64) -> [BankVisit] {
    let g = geometry
    let placement = r.placement
    var result: [BankVisit] = []
    var slots = 0..<placement.usedSlots(channel: channel, below: r.spread.upperBound, g)
    if r.spread.count == 1 {
      let home = placement.location(r.spread.lowerBound, g)
      guard home.channel == channel else { return [] }
      slots = home.slot..<(home.slot + 1)
    }
    for chunk in (r.stream.lowerBound / placement.chunk)...((r.stream.upperBound - 1) / placement.chunk) {
      let pitch = placement.pitch(chunk, g)
      let origin = chunk * placement.chunk
      let from = max(r.stream.lowerBound, origin) - origin
      let to = min(r.stream.upperBound, origin + placement.chunk) - origin
      for slot in slots {
        let banks = (0..<g.banks).filter {
          r.spread.contains(placement.index(channel: channel, bank: $0, slot: slot, g))
        }
        guard !banks.isEmpty else { continue }
        let firstBurst = (slot * pitch + from) / g.burstElements
        let lastBurst = (slot * pitch + to - 1) / g.burstElements
        var burst = firstBurst
        while burst <= lastBurst {
          let row = burst / g.burstsPerRow
          let end = min(lastBurst + 1, (row + 1) * g.burstsPerRow)
          let columns = (burst - row * g.burstsPerRow)..<(end - row * g.burstsPerRow)
          for bank in banks {
            result.append(
              BankVisit(
                bank: bank, row: placement.firstRow(ofChunk: chunk, g) + row, chunk: chunk, bursts: columns,
                sharesRow: banks.count > 1))
          }
          burst = end
        }
      }
    }
    return result
  }
}

extension MemoryStep {
  /// The step with its matrix at the first row.
  fileprivate var fromRowZero: MemoryStep {
    switch self {
    case .writeVector: return self
    case .multiply(var m):
      m.placement.baseRow = 0
      m.choice = nil
      return .multiply(m)
    case .write(var r):
      r.placement.baseRow = 0
      return .write(r)
    case .read(var r):
      r.placement.baseRow = 0
      return .read(r)
    }
  }

  /// The row where the step's matrix begins.
  var baseRow: Int64 {
    switch self {
    case .writeVector: 0
    case .multiply(let m): m.placement.baseRow
    case .write(let r), .read(let r): r.placement.baseRow
    }
  }
}
