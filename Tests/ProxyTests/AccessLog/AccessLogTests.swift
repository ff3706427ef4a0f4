import Foundation
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Proxy

/// The log's queue, its thread and its file.
@Suite struct AccessLogTests {
  @Test func linesAreAppendedInOrder() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("old\n".utf8), to: "log")
    #expect(chmod(path, 0o640) == 0)
    let log = try AccessLog(.file(path), format: .json, logger: .silent)
    let lines = (0..<5000).map { "line \($0)\n" }
    for line in lines { log.append(ByteBuffer(string: line)) }
    await log.close()
    #expect(try Self.text(path) == "old\n" + lines.joined())
    #expect(try Self.permissions(path) == 0o640, "the permissions of a file that was there stay")
  }

  @Test func aNewFileIsForItsOwnerAlone() async throws {
    let folder = try TemporaryFolder()
    let log = try AccessLog(.file(folder.file("log")), format: .json, logger: .silent)
    await log.close()
    #expect(try Self.permissions(folder.file("log")) == 0o600)
  }

  @Test func reopeningFollowsTheName() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("log")
    let log = try AccessLog(.file(path), format: .json, logger: .silent)
    log.append(ByteBuffer(string: "first\n"))
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    log.append(ByteBuffer(string: "second\n"))
    log.reopen()
    // Lines that are queued while the file is changed may go to either; these wait.
    for _ in 0..<200 where !FileManager.default.fileExists(atPath: path) {
      try await Task.sleep(for: .milliseconds(20))
    }
    log.append(ByteBuffer(string: "third\n"))
    await log.close()
    #expect(try Self.text(path + ".1") == "first\nsecond\n")
    #expect(try Self.text(path) == "third\n")
    #expect(try Self.permissions(path) == 0o600)
  }

  @Test func whatDoesNotFitIsDroppedAndCounted() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("log")
    let messages = Messages()
    let log = try AccessLog(.file(path), format: .json, capacity: 100, logger: messages.logger)
    let line = String(repeating: "x", count: 39) + "\n"
    // A batch is not written before all of these have come, or at worst one is.
    for _ in 0..<10_000 { log.append(ByteBuffer(string: line)) }
    await log.close()
    let written = try Self.text(path).split(separator: "\n").count
    #expect(written >= 2)
    #expect(try Self.text(path) == String(repeating: line, count: written))
    #expect(messages.dropped == 10_000 - written)
  }

  @Test func aClosedLogTakesNothing() async throws {
    let folder = try TemporaryFolder()
    let log = try AccessLog(.file(folder.file("log")), format: .json, logger: .silent)
    await log.close()
    log.append(ByteBuffer(string: "late\n"))
    log.reopen()
    #expect(try Self.text(folder.file("log")) == "")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func anErrorIsReportedOnce() async throws {
    let messages = Messages()
    let log = try AccessLog(.file("/dev/full"), format: .json, logger: messages.logger)
    for _ in 0..<3 {
      log.append(ByteBuffer(string: "lost\n"))
      // Long enough for a batch of its own, mostly; one batch is reported once as well.
      try await Task.sleep(for: .milliseconds(120))
    }
    await log.close()
    #expect(messages.errors.count == 1, "\(messages.errors)")
    #expect(messages.errors.first?.contains("No space left on device") == true)
  }

  @Test func aPipeThatNobodyReadsHoldsNothingUp() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: AccessLog.OpenError.self) {
      try AccessLog(.file(path), format: .json, logger: .silent)
    }
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let messages = Messages()
    let log = try AccessLog(.file(path), format: .json, logger: messages.logger)
    let line = ByteBuffer(string: String(repeating: "y", count: 999) + "\n")
    for _ in 0..<1000 { log.append(line) }
    await log.close()
    #expect(messages.errors.count == 1, "more than a pipe holds was queued")
  }

  @Test(arguments: ["", "/missing/log"])
  func whatCannotBeOpened(suffix: String) throws {
    let folder = try TemporaryFolder()
    #expect(throws: AccessLog.OpenError.self) {
      try AccessLog(.file(folder.path + suffix), format: .json, logger: .silent)
    }
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private static func permissions(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }
}

/// Keeps what a logger is told.
private final class Messages: Sendable {
  private let entries = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])

  var logger: Logger { Logger(label: "test") { _ in Handler(messages: self) } }

  /// What the errors' causes are.
  var errors: [String] {
    self.entries.withLock { $0 }.filter { $0.level == .error }
      .map { "\($0.metadata["cause"] ?? "")" }
  }

  /// How many lines were dropped, by all warnings together.
  var dropped: Int {
    self.entries.withLock { $0 }.reduce(0) { $0 + (Int("\($1.metadata["lines"] ?? "0")") ?? 0) }
  }

  private struct Handler: LogHandler {
    let messages: Messages
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { self.metadata[key] }
      set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      self.messages.entries.withLock { $0.append((event.level, event.metadata ?? [:])) }
    }
  }
}

extension Logger {
  fileprivate static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
