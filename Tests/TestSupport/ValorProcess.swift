public import Foundation

/// A running `valor run` on ports that the system chose, with a CA and data of its own.
///
/// Use it through ``withValor(_:in:body:)``, which also ends it.
public final class ValorProcess: Sendable {
  public let child: ChildProcess
  /// The address of the listener, as a client's proxy setting.
  public let proxyURL: String
  /// The address of the administration listener.
  public let adminURL: String
  /// The certificate that a client has to trust, as a PEM file.
  public let authorityFile: String
  private let folder: TemporaryFolder

  /// The program under test: `VALOR_BINARY`, or the release build of this checkout.
  public static let program: String =
    ProcessInfo.processInfo.environment["VALOR_BINARY"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(".build/release/valor").path

  /// The options that keep a run away from the user's files.
  public static func directories(in folder: TemporaryFolder) -> [String] {
    ["--ca-dir", folder.file("ca"), "--data-dir", folder.file("data")]
  }

  /// Starts it and waits, at most a minute, until it says where it listens. Blocks the thread.
  ///
  /// - Throws: ``CommandFailure`` with its log where it does not.
  init(
    _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:]
  ) throws {
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    self.child = try ChildProcess(
      Self.program, ["run"] + ports + Self.directories(in: folder) + arguments,
      environment: environment)
    guard let proxy = self.child.waitForLine(prefix: "listening ", seconds: 60),
      let admin = self.child.waitForLine(prefix: "admin ", seconds: 60)
    else {
      self.child.send(signal: SIGKILL)
      _ = self.child.waitForExit(seconds: 10)
      throw CommandFailure(description: "valor run \(arguments) failed:\n\(self.child.errorText)")
    }
    (self.proxyURL, self.adminURL) = (proxy, admin)
    self.folder = folder
    self.authorityFile = folder.file("ca/ca.pem")
  }

  /// Runs curl for one URL through this proxy.
  ///
  /// - Parameter trust: the PEM file of the CA that curl trusts; the proxy's by default.
  public func curl(
    _ arguments: [String], trust: String? = nil, inputFile: String = "/dev/null",
    seconds: Double = 120
  ) async throws -> CurlResult {
    try await TestSupport.curl(
      ["--cacert", trust ?? self.authorityFile] + arguments, proxy: self.proxyURL,
      inputFile: inputFile, seconds: seconds)
  }

  /// The worker processes that run plugins now.
  public var workers: [pid_t] { self.children.filter { !Self.isSpare($0) } }

  /// The worker processes that wait for a plugin.
  public var spareWorkers: [pid_t] { self.children.filter(Self.isSpare) }

  private var children: [pid_t] { ProcessTable.children(of: self.child.processID) }

  /// Before it has named itself, a worker has the name of the link by which it was started.
  private static func isSpare(_ process: pid_t) -> Bool {
    ["valor:spare", "exe"].contains(ProcessTable.name(of: process) ?? "exe")
  }

  /// Waits until the log contains a text. Returns whether it does.
  public func waitForLog(_ text: String, seconds: Double = 60) async throws -> Bool {
    try await blocking { self.child.waitForErrorText(containing: text, seconds: seconds) }
  }

  /// Waits for its end by itself; `nil` where it still runs.
  public func waitForExit(seconds: Double = 60) async throws -> ExitStatus? {
    try await blocking { self.child.waitForExit(seconds: seconds) }
  }

  /// Ends it with SIGTERM, and with SIGKILL where that does not help. Blocks the thread.
  ///
  /// - Returns: what went wrong, in words; `nil` where it ended in order, or had been killed before,
  ///   and left nothing behind.
  func stop() -> String? {
    if self.child.status == .signal(SIGKILL) { return nil }
    let workers = self.children
    self.child.send(signal: SIGTERM)
    let status = self.child.waitForExit(seconds: 30)
    if status == nil {
      self.child.send(signal: SIGKILL)
      _ = self.child.waitForExit(seconds: 10)
    }
    let leftovers = workers.filter { !Self.ends($0) }
    for worker in leftovers { kill(worker, SIGKILL) }
    guard let status else { return "it did not end within 30 s after SIGTERM" }
    guard leftovers.isEmpty else { return "workers \(leftovers) outlived it" }
    guard !self.child.errorText.contains("cut off") else { return "it cut exchanges off" }
    return status == .code(0) ? nil : "it ended with \(status)"
  }

  /// Whether a worker is gone within five seconds. Its number counts only as long as it executes the
  /// program under test.
  private static func ends(_ worker: pid_t) -> Bool {
    for _ in 0..<100 {
      let program = ProcessTable.executable(of: worker) ?? ""
      guard ProcessTable.isRunning(worker), program.hasSuffix("/valor") else { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return false
  }
}

/// Runs `valor run` with these further arguments during `body` and ends it after it.
///
/// - Parameters:
///   - folder: where its CA (`ca`) and data (`data`) are; a new one by default.
///   - environment: variables in place of those of the tests.
/// - Throws: what `body` throws, and ``CommandFailure`` where the program does not start, does not end
///   with exit code 0 on SIGTERM, or leaves workers behind. A test may kill it with SIGKILL itself.
public func withValor<Value: Sendable>(
  _ arguments: [String] = [], in folder: TemporaryFolder? = nil,
  environment: [String: String] = [:], body: (ValorProcess) async throws -> Value
) async throws -> Value {
  try await Gate.running.whileInside {
    let folder = try folder ?? TemporaryFolder()
    let valor = try await blocking {
      try ValorProcess(arguments, in: folder, environment: environment)
    }
    let result: Result<Value, any Error>
    do { result = .success(try await body(valor)) } catch { result = .failure(error) }
    let problem = try await blocking { valor.stop() }
    let value = try result.get()
    if let problem { throw CommandFailure(description: "\(problem)\n\(valor.child.errorText)") }
    return value
  }
}

/// Runs a valor command that ends by itself.
public func valor(_ arguments: [String], seconds: Double = 60) async throws -> CommandResult {
  try await run(ValorProcess.program, arguments, seconds: seconds)
}

/// Lets some through at a time: every end-to-end test runs at the same time as all others, and a
/// small machine should not start fifty proxies at once.
actor Gate {
  static let running = Gate(places: 4)
  /// Whether this task has a place: what it starts inside needs none of its own, or tests that each
  /// have one place would wait for one another's second.
  @TaskLocal private static var isInside = false

  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(places: Int) { self.places = places }

  /// Runs `body` as soon as there is a place for it.
  nonisolated func whileInside<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws -> Value {
    if Self.isInside { return try await body() }
    await self.enter()
    let result: Result<Value, any Error>
    do {
      result = .success(try await Self.$isInside.withValue(true) { try await body() })
    } catch { result = .failure(error) }
    await self.leave()
    return try result.get()
  }

  private func enter() async {
    if self.places > 0 {
      self.places -= 1
    } else {
      await withCheckedContinuation { self.waiting.append($0) }
    }
  }

  private func leave() {
    if self.waiting.isEmpty { self.places += 1 } else { self.waiting.removeFirst().resume() }
  }
}
