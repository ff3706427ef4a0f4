import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func keepsOutputErrorsAndExitCode() async throws {
    let result = try await run("sh", ["-c", "echo out; echo err >&2; exit 3"])
    #expect(result.status == .code(3))
    #expect(result.text == "out\n")
    #expect(result.errorText == "err\n")
  }

  @Test func neverBlocksOnAFullPipe() async throws {
    let result = try await run(
      "sh", ["-c", "head -c 3000000 /dev/zero >&2; head -c 2000000 /dev/zero"])
    #expect(result.status == .code(0))
    #expect(result.output.count == 2_000_000)
    #expect(result.errorText.utf8.count == 3_000_000)
  }

  @Test func killsWhatDoesNotEnd() async throws {
    await #expect(throws: CommandFailure.self) { _ = try await run("sleep", ["600"], seconds: 0.2) }
  }

  @Test func saysWhichProgramIsMissing() async throws {
    await #expect(throws: SystemCallError.self) {
      _ = try await run("/nonexistent/program", [])
    }
  }

  @Test func seesTheSignalThatEndedIt() async throws {
    let child = try ChildProcess("sleep", ["600"])
    #expect(ProcessTable.isRunning(child.processID))
    child.send(signal: SIGTERM)
    let status = try await blocking { child.waitForExit(seconds: 60) }
    #expect(status == .signal(SIGTERM))
    #expect(!ProcessTable.isRunning(child.processID))
    child.send(signal: SIGKILL)
  }

  @Test func findsALineAsSoonAsItIsComplete() async throws {
    let child = try ChildProcess("sh", ["-c", "printf 'listening on '; echo 1; exec sleep 600"])
    let line = try await blocking { child.waitForLine(prefix: "listening on ", seconds: 60) }
    #expect(line == "1")
    child.send(signal: SIGKILL)
    #expect(try await blocking { child.waitForExit(seconds: 60) } == .signal(SIGKILL))
  }

  @Test func aLineThatNeverComesEndsWithTheProcess() async throws {
    let child = try ChildProcess("sh", ["-c", "printf listening"])
    #expect(try await blocking { child.waitForLine(prefix: "listening", seconds: 60) } == nil)
    #expect(try await blocking { child.waitForExit(seconds: 60) } == .code(0))
  }

  @Test func parallelChildrenDoNotHoldEachOthersPipes() async throws {
    try await withThrowingTaskGroup(of: ExitStatus.self) { group in
      for number in 0..<20 {
        group.addTask { try await run("sh", ["-c", "exit \(number)"]).status }
      }
      var codes: Set<Int32> = []
      for try await status in group { if case .code(let code) = status { codes.insert(code) } }
      #expect(codes == Set(0..<20))
    }
  }
}
