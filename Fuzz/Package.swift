// swift-tools-version: 6.2
import PackageDescription

// Apart from the package it tests: a fuzzer links only with the sanitizers that scripts/fuzz asks for.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "accsim", path: "..")],
  targets: [
    .executableTarget(
      name: "Fuzz", dependencies: [.product(name: "Explore", package: "accsim")],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
