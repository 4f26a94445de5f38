// swift-tools-version: 6.2
import PackageDescription

// The import column of docs/ARCHITECTURE.md: who may import whom. `scripts/check-imports` holds the sources to it.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "accsim",
  products: [
    .executable(name: "accsim", targets: ["accsim"]),
    .library(name: "Systems", targets: ["Systems"]),
    .library(name: "Explore", targets: ["Explore"]),
    .library(name: "DRAM", targets: ["DRAM"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Dataflow", targets: ["Dataflow"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    room("Arch", ["CGMP"]),
    room("Files", ["Arch", "CZlib", .product(name: "Yams", package: "Yams")]),
    room("DRAM", ["Arch", "Files"]),
    // Generated code: its warnings are its generator's.
    .target(name: "OnnxProto", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    room("Dataflow", ["Arch", "Files", "OnnxProto", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    room("PIM", ["Arch", "Files", "DRAM", "Dataflow"]),
    room("Systems", ["Arch", "Files", "DRAM", "Dataflow", "PIM"]),
    room("Report", ["Arch", "Files", "Dataflow"]),
    room("Baselines", ["Arch", "Files", "Dataflow"]),
    room("Explore", ["Arch", "Files", "DRAM", "Dataflow", "Systems", "Baselines", "Report"]),
    .executableTarget(
      name: "accsim",
      dependencies: ["Explore", "Files", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    // What tests of several rooms hold a run against.
    .target(name: "Reference", dependencies: ["Dataflow", "DRAM"], path: "Tests/Reference", swiftSettings: strict),
    tests("ArchTests", ["Arch"], resources: [.copy("Fixtures")]),
    tests("FilesTests", ["Files", "Arch"], resources: [.copy("Fixtures")]),
    tests("DRAMTests", ["Reference", "DRAM", "Files", "Arch"], resources: [.copy("Fixtures")]),
    tests("DataflowTests", ["Dataflow", "OnnxProto", "Files", "Arch"]),
    tests("PIMTests", ["PIM", "DRAM", "Dataflow", "Files", "Arch"], resources: [.copy("Fixtures")]),
    tests("SystemsTests", ["Reference", "Systems", "Report", "PIM", "DRAM", "Dataflow", "Files", "Arch"]),
    tests("BaselinesTests", ["Baselines", "Dataflow", "Files", "Arch"]),
    tests("ReportTests", ["Report", "Dataflow", "Files", "Arch"]),
    tests(
      "ExploreTests", ["Explore", "Systems", "Baselines", "Report", "Dataflow", "Files", "Arch"],
      resources: [.copy("Fixtures")]),
    tests(
      "GoldenTests",
      ["Reference", "Explore", "Systems", "Baselines", "Report", "DRAM", "Dataflow", "OnnxProto", "Files", "Arch"]),
  ],
  swiftLanguageModes: [.v6]
)
