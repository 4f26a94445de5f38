import Arch

/// A kernel that begins when the arithmetic is as it was once before does what it did then.
struct KernelRun: Foldable {
  var pipeline: VectorPipeline
  var account: CycleAccount

  func isAlike(_ other: KernelRun, at cycle: Int64, later cycles: Int64) -> Bool {
    account.frontier == other.account.frontier + cycles
      && pipeline.isAlike(other.pipeline, at: cycle, later: cycles)
  }

  mutating func count(_ done: CycleAccount, times: Int64, first: FoldShift, step: FoldShift) {
    account.add(done, times: times)
  }

  mutating func adopt(_ stretch: FoldedStretch<KernelRun>, _ shift: FoldShift) {
    pipeline.adopt(from: stretch.before.pipeline, to: stretch.after.pipeline, later: shift.cycles)
  }
}

/// A kernel that is being simulated, to be kept.
struct KernelRecording {
  let kernel: VectorKernel
  let start: Int64
  let before: KernelRun
}

extension VectorUnit {
  /// Starts a kernel: takes it over if it is known.
  mutating func start(
    _ kernel: VectorKernel, _ from: [BufferSlice], at start: Int64, _ ports: inout Ports, _ limit: Int64
  ) {
    if ports.folds, pipeline.values == nil {
      var run = KernelRun(pipeline: pipeline, account: account)
      let done = memo.pass(&run, through: kernel, at: start, address: 0, due: .max, horizon: limit, atMost: 1)
      if done > 0 {
        (pipeline, account) = (run.pipeline, run.account)
        ports.noteFolded(Cycles(start)..<Cycles(account.frontier))
        state = .completing(account.frontier)
        return
      }
      recording = KernelRecording(kernel: kernel, start: start, before: run)
      account = account.cleared
    }
    pipeline.values?.begin(kernel, from)
    pipeline.begin(kernel.sweeps(functions))
  }

  /// Keeps the kernel that was simulated.
  mutating func learn() {
    guard let recording else { return }
    self.recording = nil
    let done = account
    account = recording.before.account
    account.add(done)
    memo.learn(
      recording.kernel, before: recording.before, after: KernelRun(pipeline: pipeline, account: account), tally: done,
      window: PhaseWindow(), start: FoldShift(cycles: recording.start, addresses: 0),
      step: FoldShift(cycles: account.frontier - recording.start, addresses: 0), followsItself: false)
  }
}

extension VectorPipeline {
  /// Whether a kernel that begins at `cycle` goes as one did that began when `other` was as it is, `cycles` earlier.
  func isAlike(_ other: VectorPipeline, at cycle: Int64, later cycles: Int64) -> Bool {
    (word - other.word) % Int64(sram.spec.banks) == 0
      && max(drainUntil, cycle) == max(other.drainUntil + cycles, cycle)
      && sram.isAlike(other.sram, at: cycle, later: cycles)
  }

  /// Takes over what a kernel came to that was simulated before, `cycles` later.
  mutating func adopt(from before: VectorPipeline, to after: VectorPipeline, later cycles: Int64) {
    word += after.word - before.word
    if after.drainUntil != before.drainUntil { drainUntil = after.drainUntil + cycles }
    adds += after.adds - before.adds
    multiplies += after.multiplies - before.multiplies
    sram.adopt(from: before.sram, to: after.sram, later: cycles)
  }
}
