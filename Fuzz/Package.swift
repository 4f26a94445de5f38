// swift-tools-version: 6.2
import PackageDescription

// Apart from the package it tests: a fuzzer links only with the sanitizers that scripts/fuzz asks for.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "accsim", path: "..")],
  targets: [
    .executableTarget(
      name: "Fuzz",
      // Each module that is imported, or it would not be built anew when that one changes.
      dependencies: ["Explore", "Files", "Dataflow"].map { .product(name: $0, package: "accsim") },
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
