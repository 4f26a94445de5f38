import Foundation

/// The number vectors of `../shared/reference/rtl/float` beside the package, where that folder is present.
enum FloatReference {
  static let folder: URL = {
    var package = URL(fileURLWithPath: #filePath)
    while package.path != "/" && !FileManager.default.fileExists(atPath: package.path + "/Package.swift") {
      package.deleteLastPathComponent()
    }
    return package.appendingPathComponent("../shared/reference/rtl/float").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder.path)
  static let absence = "skipped: no folder ../shared/reference/rtl/float beside the package"

  /// The files whose names start with `prefix`, in order; none when the folder is absent.
  static func files(_ prefix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.sorted()
  }

  struct Failure: Error { let reason: String }

  /// The fields of every row of a gzip CSV, without comment lines and without the header, which must be `header`.
  static func rows(_ file: String, header: String) throws -> [[Substring]] {
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", folder.appendingPathComponent(file).path]
    let output = Pipe()
    gzip.standardOutput = output
    try gzip.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    gzip.waitUntilExit()
    guard gzip.terminationStatus == 0 else { throw Failure(reason: "gzip cannot read \(file)") }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").drop { $0.hasPrefix("#") }
    guard let first = lines.first, first.hasPrefix(header) else {
      throw Failure(reason: "\(file) has another header than \(header)")
    }
    return lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }

  static func hexadecimal(_ field: Substring) throws -> UInt32 {
    guard let value = UInt32(field, radix: 16) else { throw Failure(reason: "\(field) is not hexadecimal") }
    return value
  }
}

/// Counts compared rows and keeps the first few that differ.
struct Comparison {
  private(set) var rows = 0
  private(set) var mismatches = 0
  private(set) var examples: [String] = []

  mutating func expect(_ holds: Bool, _ description: @autoclosure () -> String) {
    rows += 1
    if holds { return }
    mismatches += 1
    if examples.count < 5 { examples.append(description()) }
  }
}
