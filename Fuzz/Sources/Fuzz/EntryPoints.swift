import Foundation

/// The reader that `FUZZ_TARGET` names.
private let target = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap(Target.init)

/// A folder for readers that want a path; `FUZZ_SCRATCH`.
enum Scratch {
  static let path = ProcessInfo.processInfo.environment["FUZZ_SCRATCH"] ?? NSTemporaryDirectory()
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let target else { fatalError("FUZZ_TARGET names no target") }
  target.run(Data(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
