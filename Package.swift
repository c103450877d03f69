// swift-tools-version: 6.1
import PackageDescription

// The heart (Engine, Lab) is our own; the packages below serve what lies around it:
// - swift-argument-parser: the command tree, its help and its error messages.
// - Yams: profiles are YAML; a YAML parser is no place for our own bugs.
// - FlyingFox: HTTP/1.1 for the dashboard, which is served beside the load and must not be a server of our own making.
let package = Package(
    name: "simbench",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swhitty/FlyingFox.git", from: "0.27.1"),
    ],
    targets: [
        .systemLibrary(name: "CUring", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        .systemLibrary(name: "CNuma", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),
        .target(name: "CLab", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "Profiles", dependencies: [.product(name: "Yams", package: "Yams")]),
        .target(name: "Lab", dependencies: ["CLab", "CNuma", "Profiles"]),
        .target(name: "Engine", dependencies: ["CUring", "CLab"]),
        .target(name: "Conductor", dependencies: ["CLab", "Profiles", "Lab", "Engine"]),
        .target(name: "Views", dependencies: ["Profiles", "Conductor"]),
        .target(
            name: "Dashboard", dependencies: ["CLab", "Profiles", "Conductor", "Views", .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox")]),
        .target(name: "Import", dependencies: ["Profiles", .product(name: "Yams", package: "Yams")]),
        .executableTarget(
            name: "simbench",
            dependencies: [
                "Profiles", "Lab", "Engine", "Conductor", "Views", "Dashboard", "Import",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "ProfilesTests", dependencies: ["Profiles", "Engine"]),
        .testTarget(name: "LabTests", dependencies: ["Lab", "CLab", "Engine"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "CLab", "CUring"]),
        .testTarget(name: "ConductorTests", dependencies: ["Conductor", "Engine", "Lab", "Profiles"]),
        .testTarget(name: "ViewsTests", dependencies: ["Views", "Conductor", "Profiles"]),
        .testTarget(
            name: "DashboardTests",
            dependencies: ["Dashboard", "Conductor", "Engine", "Profiles", .product(name: "FlyingFox", package: "FlyingFox")]),
        .testTarget(name: "ImportTests", dependencies: ["Import", "Profiles", "Engine", .product(name: "Yams", package: "Yams")]),
    ]
)

// The fuzzers are libFuzzer's and are built by scripts/fuzz alone, with sanitizers that nothing else wants.
if Context.environment["SIMBENCH_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["Engine", "Import", "Profiles"], path: "Tests/Fuzz", swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
