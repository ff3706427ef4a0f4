import Foundation

/// What a program that ran to its end has said.
public struct CommandResult: Sendable {
  public let status: ExitStatus
  public let output: [UInt8]
  public let errorText: String

  /// Standard output as text.
  public var text: String { String(decoding: self.output, as: UTF8.self) }
}

/// A program that did not end in its time, or that failed where it must not.
public struct CommandFailure: Error, CustomStringConvertible {
  public let description: String
}

/// Runs a program to its end.
///
/// - Parameters:
///   - inputFile: what its standard input reads.
///   - seconds: after this time it is killed.
/// - Throws: ``CommandFailure`` where it was killed so, ``SystemCallError`` where it could not be
///   started. An exit code other than 0 is no error.
public func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  inputFile: String = "/dev/null", seconds: Double = 120
) async throws -> CommandResult {
  try await blocking {
    try runBlocking(
      program, arguments, environment: environment, inputFile: inputFile, seconds: seconds)
  }
}

/// ``run(_:_:environment:inputFile:seconds:)`` on the calling thread.
func runBlocking(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  inputFile: String = "/dev/null", seconds: Double = 120
) throws -> CommandResult {
  let child = try ChildProcess(
    program, arguments, environment: environment, inputFile: inputFile)
  guard let status = child.waitForExit(seconds: seconds) else {
    child.send(signal: SIGKILL)
    _ = child.waitForExit(seconds: 10)
    throw CommandFailure(
      description: "\(program) \(arguments) did not end within \(seconds) s\n\(child.errorText)")
  }
  return CommandResult(status: status, output: child.output, errorText: child.errorText)
}
