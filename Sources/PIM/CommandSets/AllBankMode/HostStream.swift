import DRAM

/// The same data over the interface instead: a host reads the operands of a kernel burst by burst, then writes its
/// results.
struct HostStream {
  let channels: Int64
  /// Bursts read, then bursts written, over all channels; they lie behind each other.
  let reads: Int64
  let writes: Int64

  /// A channel's bursts.
  struct Share: Hashable {
    let firstRead: Int64
    let reads: Int64
    let firstWrite: Int64
    let writes: Int64
  }

  func share(_ channel: Int64) -> Share {
    // Bursts of the channel below a place of the whole stream.
    func below(_ place: Int64) -> Int64 { max(0, (place - channel + channels - 1) / channels) }
    let end = below(reads + writes)
    return Share(firstRead: 0, reads: below(reads), firstWrite: below(reads), writes: end - below(reads))
  }

  func phases(_ share: Share) -> [[TransactionRun]] {
    [
      [TransactionRun(interleaved: share.firstRead, count: share.reads, isWrite: false)],
      [TransactionRun(interleaved: share.firstWrite, count: share.writes, isWrite: true)],
    ]
  }
}
