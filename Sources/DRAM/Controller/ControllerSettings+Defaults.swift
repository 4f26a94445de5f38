import Files

extension ControllerSettings {
  /// What of a controller of our own rests on no publication: settings that are as the preset `default` has them. The
  /// presets named after simulators have those simulators' values.
  public var unsourcedDefaults: [Assumption] {
    guard scheduler == .standard else { return [] }
    let own = ControllerSettings()
    let queues = Source(mark: .substitute, text: "the buffers and marks of Ramulator 2.1")
    let parameters: [(name: String, value: String, isDefault: Bool, source: Source)] = [
      ("read-queue", "\(readBuffer)", readBuffer == own.readBuffer, queues),
      ("write-queue", "\(writeBuffer)", writeBuffer == own.writeBuffer, queues),
      ("high-watermark", "\(highWatermark)", highWatermark == own.highWatermark, queues),
      ("low-watermark", "\(lowWatermark)", lowWatermark == own.lowWatermark, queues),
      (
        "postponed-refreshes", "\(postponedRefreshes)", postponedRefreshes == own.postponedRefreshes,
        Source(mark: .recalled, text: "JESD79-4, 8 refreshes may be put off; other standards have numbers of their own")
      ),
      (
        "row-hit-cap", "\(rowHitCap)", rowHitCap == own.rowHitCap,
        Source(mark: .assumption, text: "a round number; what keeps older requests from waiting for ever")
      ),
    ]
    return parameters.filter(\.isDefault).map { parameter in
      Assumption(parameter: "controller.\(parameter.name)", value: parameter.value, source: parameter.source)
    }
  }
}
