import Files
import Foundation
import Testing

@Suite struct DataDirectoryTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path + "/data"
    for file in [
      "designs/small.yaml", "designs/large.yaml", "designs/.hidden.yaml", "designs/notes.txt", "models/m.config.json",
      "models/n.yaml", "devices/d.json", "devices/d.yaml", "secret.yaml",
    ] { _ = try folder.file("data/" + file, "a: 1\n") }
  }

  @Test(arguments: ["../secret", "..", "", "smal", "designs", "small\0", "notes", ".hidden", "Small"])
  func namesThatAreNotShipped(_ name: String) throws {
    let refusal = try #require(throws: Refusal.self) {
      _ = try DataDirectory.find(kind: .designs, name: name, in: data)
    }
    let isNear = name.lowercased().hasPrefix("smal")
    #expect(refusal.description.contains("did you mean 'small'?") == isNear)
  }

  @Test func pathsThatDoNotExist() throws {
    for name in ["none.yaml", "./none", folder.path + "/none"] {
      let refusal = try #require(throws: Refusal.self) {
        _ = try DataDirectory.find(kind: .designs, name: name, in: data)
      }
      #expect(refusal.description.hasSuffix("no such file"))
    }
  }

  @Test func anUnknownNameListsTheKnown() throws {
    let refusal = try #require(throws: Refusal.self) {
      _ = try DataDirectory.find(kind: .designs, name: "zzz", in: data)
    }
    #expect(
      refusal.description
        == "zzz: error: no design of this name is shipped (expected one of large, small, or a path)")
  }

  @Test func findsNamesAndPaths() throws {
    #expect(try DataDirectory.find(kind: .designs, name: "small", in: data) == data + "/designs/small.yaml")
    #expect(try DataDirectory.find(kind: .models, name: "m", in: data) == data + "/models/m.config.json")
    #expect(try DataDirectory.find(kind: .models, name: "n", in: data) == data + "/models/n.yaml")
    #expect(try DataDirectory.find(kind: .devices, name: "d", in: data) == data + "/devices/d.yaml")
    #expect(try DataDirectory.find(kind: .devices, name: data + "/secret.yaml", in: data) == data + "/secret.yaml")
    #expect(try DataDirectory.list(.designs, in: data) == ["large", "small"])
    #expect(try DataDirectory.list(.devices, in: data) == ["d"])
    #expect(try DataDirectory.list(.baselines, in: data) == [])
  }

  @Test func locatesByEnvironmentThenShareThenCheckout() throws {
    let root = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path
    let checkout = try folder.file("checkout/.build/debug/accsim", "")
    #expect(throws: Refusal.self) { try DataDirectory.locate(environment: [:], executable: checkout) }
    _ = try folder.file("checkout/Package.swift", "")
    _ = try folder.file("checkout/designs/a.yaml", "")
    #expect(try DataDirectory.locate(environment: [:], executable: checkout) == root + "/checkout")
    let installed = try folder.file("usr/bin/accsim", "")
    _ = try folder.file("usr/share/accsim/designs/a.yaml", "")
    #expect(try DataDirectory.locate(environment: [:], executable: installed) == root + "/usr/share/accsim")
    #expect(try DataDirectory.locate(environment: ["ACCSIM_DATA": data], executable: installed) == data)
    #expect(
      try DataDirectory.locate(environment: ["ACCSIM_DATA": ""], executable: installed) == root + "/usr/share/accsim")
    #expect(throws: Refusal.self) {
      try DataDirectory.locate(environment: ["ACCSIM_DATA": data + "/none"], executable: installed)
    }
  }
}
