// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: imports are internal unless said otherwise and members need their module
/// imported; release builds drop the dynamic exclusivity checks, which dominated a profile of the
/// relay path. Bounds checks stay on everywhere.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// The JavaScript halves of the Web APIs, embedded by `CWebAPIScripts` and so no sources of
/// `PluginHost` itself. A new script is named here and in `CWebAPIScripts/scripts.c`.
let webAPIScripts = [
  "WebIDL/WebIDL", "DOMException/DOMException", "Events/Events", "HostCalls/HostCalls",
  "StructuredClone/Serialize", "StructuredClone/Deserialize", "Messaging/Tasks",
  "Messaging/MessageEvent", "Messaging/MessageChannel", "Messaging/BroadcastChannel",
  "Abort/Abort", "Encoding/Labels", "Encoding/Encoding", "Timers/Timers",
  "Operations/Operations", "URL/URL",
  "URLPattern/URLPattern",
  "Streams/Queues", "Streams/Readable", "Streams/DefaultController", "Streams/Buffers",
  "Streams/ByteController", "Streams/BYOB", "Streams/Tee", "Streams/Pipe", "Streams/Iterate",
  "Streams/Writable", "Streams/WritableController", "Streams/Transform", "Streams/Interface",
  "Streams/Transfer",
  "Encoding/EncodingStreams", "Compression/Compression",
  "Files/Blob", "Files/File", "Files/FileReader", "FormData/FormData", "FormData/Multipart",
  "Fetch/Headers", "Fetch/Body", "Fetch/Request", "Fetch/Response", "Fetch/Fetch",
  "Cache/CacheCalls", "Cache/Cache", "Cache/CacheStorage",
  "Console/Table", "Console/Console", "Crypto/Crypto", "Performance/Performance",
  "Performance/PerformanceObserver", "WebAssembly/Streaming", "Scripts/ImportScripts",
  "Scripts/Modules",
  "Crypto/Algorithms", "Crypto/JSONWebKeys", "Crypto/CurveKeys", "Crypto/RSAKeys",
  "Crypto/SymmetricKeys", "Crypto/DerivationKeys", "Crypto/StoredKeys",
  "Crypto/SubtleCrypto",
  "ServiceWorker/ServiceWorkerEvents", "ServiceWorker/Routes", "ServiceWorker/Registration",
  "ServiceWorker/Clients", "ServiceWorker/ServiceWorkerGlobalScope", "Valor/Valor",
].map { "WebAPIs/\($0).js" }

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
  name: "valor",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "valor", targets: ["Valor"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CJavaScriptCore", pkgConfig: "javascriptcoregtk-4.1",
      providers: [.apt(["libjavascriptcoregtk-4.1-dev"])]),
    // No system library target: the header says why. Debian's package is libicu-dev.
    .target(name: "CICU", linkerSettings: [.linkedLibrary("icuuc")]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CBrotli", pkgConfig: "libbrotlienc", providers: [.apt(["libbrotli-dev"])]),
    .target(name: "CProcess"),
    .target(name: "CWebAPIScripts"),
    .target(name: "FetchModel", dependencies: ["CICU", nio], swiftSettings: settings),
    .target(name: "Interceptor", dependencies: ["FetchModel", nio], swiftSettings: settings),
    .target(
      name: "Proxy", dependencies: ["FetchModel", "COpenSSL", nio, nioPosix, logging],
      swiftSettings: settings),
    .target(
      name: "PluginHost",
      dependencies: [
        "FetchModel", "Interceptor", "CJavaScriptCore", "COpenSSL", "CProcess", "CWebAPIScripts",
        "CICU", "CZlib", "CBrotli", grdb, nio, nioPosix, logging,
      ],
      exclude: webAPIScripts, swiftSettings: settings),
    .executableTarget(
      name: "Valor",
      dependencies: [
        "Proxy", "Interceptor", "PluginHost", "FetchModel", nio, nioPosix, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(
      name: "TestSupport", dependencies: ["COpenSSL"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .testTarget(
      name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests", dependencies: ["TestSupport"], path: "Tests/EndToEnd",
      exclude: ["Clients", "Plugins"], swiftSettings: settings),
    .testTarget(
      name: "InterceptorTests", dependencies: ["Interceptor", "FetchModel", nio],
      swiftSettings: settings),
    .testTarget(
      name: "PluginHostTests",
      dependencies: ["PluginHost", "Interceptor", "FetchModel", grdb, nio, nioPosix, logging],
      exclude: ["Conformance/Plugins"], swiftSettings: settings),
    .testTarget(
      name: "FetchModelTests", dependencies: ["FetchModel", "CICU", nio],
      resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "ValorTests",
      dependencies: [
        "Valor", "Proxy", "Interceptor", "FetchModel", nio,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ProxyTests",
      dependencies: ["Proxy", "FetchModel", "TestSupport", "COpenSSL", nio, nioPosix, logging],
      resources: [.copy("Fixtures")], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
