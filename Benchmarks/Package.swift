// swift-tools-version: 6.2
import PackageDescription

// Apart from the package it measures: nobody who builds accsim has to build this.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "accsim", path: "..")],
  targets: [
    .executableTarget(
      name: "Benchmarks",
      // Each module that is imported, or it would not be built anew when that one changes.
      dependencies: ["Systems", "Explore", "DRAM", "Files", "Dataflow"].map { .product(name: $0, package: "accsim") },
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
