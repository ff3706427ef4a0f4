public import Foundation

/// A folder of one test, removed with everything in it when the last reference goes.
public final class TemporaryFolder: Sendable {
  public let url: URL

  /// The folder's path.
  public var path: String { self.url.path }

  /// Makes a new folder that only this user can enter.
  public init() throws {
    var template = Array((NSTemporaryDirectory() + "/valor-test-XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer {
      $0.baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else { throw SystemCallError("mkdtemp") }
    let path = template.withUnsafeBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
    self.url = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
  }

  deinit { try? FileManager.default.removeItem(at: self.url) }

  /// The path of a file in the folder, which need not exist.
  public func file(_ name: String) -> String { self.url.appendingPathComponent(name).path }

  /// Writes a file into the folder and returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let path = self.file(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Writes a text file into the folder and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try self.write(text.utf8, to: name)
  }
}

/// A system call that failed.
public struct SystemCallError: Error, CustomStringConvertible {
  public let call: String
  public let code: Int32

  /// Takes the code from `errno`.
  init(_ call: String) { self.init(call, code: errno) }

  init(_ call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  public var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}

/// Runs something that blocks on a thread of its own, so that it takes none of the few threads that
/// run every test.
public func blocking<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}
