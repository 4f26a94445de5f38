import Arch
import Files
import Foundation
import Testing

@Suite struct TensorWritingTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static func tensors() throws -> [StoredTensor] {
    var random = Seeded("tensors to write")
    return try TensorElement.allCases.enumerated().map { index, element in
      let shape: [Int64] = [[3, 5, 2], [], [0, 7], [11]][index % 4]
      let count = Int(shape.reduce(1, *)) * element.size
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      return try #require(
        StoredTensor(name: "/layer.\(index)/é:\(element)", element: element, shape: shape, bytes: bytes))
    }
  }

  private func read(_ path: String) throws -> [String: StoredTensor] {
    var d = Diagnostics()
    let read = TensorFile.read(path: path, displayName: "f", into: &d)
    try d.throwIfErrors()
    return Dictionary(uniqueKeysWithValues: try #require(read).map { ($0.name, $0) })
  }

  @Test(arguments: ["npz", "safetensors"]) func whatIsWrittenIsReadAgain(_ ending: String) throws {
    let tensors = try Self.tensors()
    let path = folder.path + "/f.\(ending)"
    try TensorFile.write(tensors, to: path)
    let again = try read(path)
    #expect(again.count == tensors.count)
    for tensor in tensors {
      let found = try #require(again[tensor.name])
      #expect(found.shape == tensor.shape && found.isMapped)
      guard ending == "safetensors" || tensor.element != .bfloat16 else {
        #expect(found.element == .float32)
        #expect(found.floats().map(\.bitPattern) == tensor.floats().map(\.bitPattern))
        continue
      }
      #expect(found.element == tensor.element)
      #expect(found.withBytes { Array($0) } == tensor.withBytes { Array($0) })
    }
    let other = folder.path + "/g.\(ending)"
    try TensorFile.write(tensors, to: other)
    #expect(try FileBytes.read(path: other) == FileBytes.read(path: path))
  }

  /// Half precision against the exact conversion, all encodings.
  @Test func halvesAreWidenedExactly() throws {
    let bytes = (0..<65536).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    let tensor = try #require(StoredTensor(name: "h", element: .float16, shape: [65536], bytes: bytes))
    #expect(tensor.floats().map(\.bitPattern) == (0..<65536).map { FloatFormat.fp16.decode($0).bitPattern })
  }

  /// A file of 5 GiB, almost all of it holes: offsets beyond 32 bits, and memory only for what is looked at.
  @Test func largeFilesCostWhatIsLookedAt() throws {
    let count = 5 << 30
    let header = "{\"big\":{\"dtype\":\"F32\",\"shape\":[\(count / 4)],\"data_offsets\":[0,\(count)]}}"
    let path = try folder.file("big.safetensors", ZipText.safetensors(header, []))
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    let size = try handle.seekToEnd()
    try handle.truncate(atOffset: size + UInt64(count))
    try handle.seek(toOffset: size + UInt64(count) - 4)
    try handle.write(contentsOf: Data([0, 0, 0xC0, 0x3F]))
    try handle.close()
    let before = try residentBytes()
    let tensor = try #require(try read(path)["big"])
    #expect(tensor.count == Int64(count / 4))
    #expect(tensor.floats(tensor.count - 3..<tensor.count) == [0, 0, 1.5])
    #expect(tensor.float(at: tensor.count / 2) == 0)
    // Other tests run at the same time; the file is ten times as large.
    #expect(try residentBytes() < before + (512 << 20))
  }

  /// The process's memory, file pages included (proc_pid_statm(5): the second field, in pages).
  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * Int(getpagesize())
  }

  @Test func whatCannotBeWritten() throws {
    let one = try #require(StoredTensor(name: "a", shape: [1], floats: [1]))
    func refusal(_ tensors: [StoredTensor], _ name: String) throws -> String {
      let path = "\(folder.path)/\(name)"
      let refusal = try #require(throws: Refusal.self) { try TensorFile.write(tensors, to: path) }
      return String(refusal.description.dropFirst(path.utf8.count))
    }
    #expect(try refusal([one], "a.csv").hasPrefix(": error: the format of the file is not known (got csv"))
    #expect(try refusal([one, one], "a.npz") == ": error: two tensors have the same name (got a)")
    #expect(try refusal([one.named("../a")], "a.npz").contains("cannot have this name"))
    #expect(try refusal([one.named("__metadata__")], "a.safetensors").contains("cannot have this name"))
    #expect(folder.contents.isEmpty)
    #expect(StoredTensor(name: "a", shape: [2], floats: [1]) == nil)
    #expect(StoredTensor(name: "a", element: .int8, shape: [-1, -1], bytes: [1]) == nil)
    #expect(StoredTensor(name: "a", element: .int8, shape: [1 << 62, 4], bytes: []) == nil)
  }
}
