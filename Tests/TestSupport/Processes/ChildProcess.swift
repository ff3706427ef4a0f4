public import Foundation

/// How a process ended.
public enum ExitStatus: Sendable, Equatable {
  /// It ended by itself with this exit code.
  case code(Int32)
  /// This signal ended it.
  case signal(Int32)

  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .code((waitStatus >> 8) & 0xff) : .signal(signal)
  }
}

/// A program that runs beside the test. Its output is read all the time, so it never blocks on a
/// full pipe.
///
/// Whoever starts one ends it: nothing stops a child when the last reference goes.
public final class ChildProcess: @unchecked Sendable {
  public let processID: pid_t
  /// Guards everything below and is signalled whenever something of it changes.
  private let condition = NSCondition()
  private var outputBytes: [UInt8] = []
  private var errorBytes: [UInt8] = []
  private var openPipes = 2
  private var exitStatus: ExitStatus?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: a path, or a name that is looked up in `PATH`.
  ///   - environment: added to this process's environment; an empty value removes the variable.
  ///   - inputFile: what its standard input reads; nothing by default.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    inputFile: String = "/dev/null"
  ) throws {
    let output = try Pipe.make()
    let errors = try Pipe.make()
    self.processID = try Spawn(
      program: program, arguments: arguments, environment: environment, inputFile: inputFile
    ).start(output: output.writeEnd, errors: errors.writeEnd)
    close(output.writeEnd)
    close(errors.writeEnd)
    Thread.detachNewThread { self.read(output.readEnd) { $0.outputBytes += $1 } }
    Thread.detachNewThread { self.read(errors.readEnd) { $0.errorBytes += $1 } }
    Thread.detachNewThread { self.reap() }
  }

  /// What it has written on standard output so far.
  public var output: [UInt8] { self.condition.withLock { self.outputBytes } }

  /// What it has written on standard error so far, as text.
  public var errorText: String {
    String(decoding: self.condition.withLock { self.errorBytes }, as: UTF8.self)
  }

  /// How it ended, `nil` while it runs.
  public var status: ExitStatus? { self.condition.withLock { self.exitStatus } }

  /// Sends a signal, unless the process has ended: its number then may belong to another one.
  public func send(signal: Int32) {
    self.condition.withLock { if self.exitStatus == nil { _ = kill(self.processID, signal) } }
  }

  /// Waits for its end and then, shortly, for the end of its output, which a child of its own can
  /// hold open. Blocks the thread.
  ///
  /// - Returns: `nil` where it still runs after that many seconds.
  public func waitForExit(seconds: Double) -> ExitStatus? {
    guard self.wait(seconds: seconds, until: { $0.exitStatus != nil }) else { return nil }
    _ = self.wait(seconds: 5) { $0.openPipes == 0 }
    return self.status
  }

  /// Waits until its standard output has a complete line that begins with `prefix`. Blocks the
  /// thread.
  ///
  /// - Returns: the rest of the line; `nil` where it ended or the time was over before.
  public func waitForLine(prefix: String, seconds: Double) -> String? {
    _ = self.wait(seconds: seconds) { $0.line(prefix) != nil || $0.openPipes == 0 }
    return self.condition.withLock { self.line(prefix) }
  }

  /// Waits until its standard error contains a text. Blocks the thread.
  public func waitForErrorText(containing text: String, seconds: Double) -> Bool {
    self.wait(seconds: seconds) {
      String(decoding: $0.errorBytes, as: UTF8.self).contains(text)
    }
  }

  /// Waits until a condition on the state holds, which is asked under the lock.
  private func wait(seconds: Double, until holds: (ChildProcess) -> Bool) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    return self.condition.withLock {
      while !holds(self) {
        guard self.condition.wait(until: limit) else { return holds(self) }
      }
      return true
    }
  }

  private func line(_ prefix: String) -> String? {
    let lines = String(decoding: self.outputBytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return lines.dropLast().first { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count))
    }
  }

  private func read(_ descriptor: Int32, append: (ChildProcess, ArraySlice<UInt8>) -> Void) {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      self.condition.withLock {
        append(self, buffer[..<count])
        self.condition.broadcast()
      }
    }
    close(descriptor)
    self.condition.withLock {
      self.openPipes -= 1
      self.condition.broadcast()
    }
  }

  /// Waits for the end without reaping first, so that ``send(signal:)`` never meets a number that
  /// has been given to another process.
  private func reap() {
    var information = siginfo_t()
    while waitid(P_PID, id_t(self.processID), &information, WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { break }
    }
    self.condition.withLock {
      var status: Int32 = 0
      waitpid(self.processID, &status, 0)
      self.exitStatus = ExitStatus(waitStatus: status)
      self.condition.broadcast()
    }
  }
}
