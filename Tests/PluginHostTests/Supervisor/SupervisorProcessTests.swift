import Foundation
import NIOCore
import Synchronization
import Testing

@testable import PluginHost

/// Real processes, with a shell as the worker.
@Suite struct SupervisorProcessTests {
  private final class Events: Sendable {
    private let state = Mutex<(process: (any WorkerProcess)?, end: String?)>((nil, nil))

    func note(_ event: WorkerProcessEvent) {
      self.state.withLock { state in
        switch event {
        case .launched(let process): state.process = process
        case .failed(let reason): state.end = "failed \(reason)"
        case .exited(let how, _): state.end = how
        }
      }
    }

    var process: (any WorkerProcess)? { self.state.withLock { $0.process } }
    var end: String? { self.state.withLock { $0.end } }
  }

  private func launch(_ arguments: String...) -> Events {
    let events = Events()
    startWorkerProcess(
      WorkerCommandLine(executable: "/bin/sh", arguments: ["-c"] + arguments)
    ) { events.note($0) }
    return events
  }

  /// Everything that the process sends until its end.
  private func output(_ events: Events) async throws -> String {
    try await eventually { events.end != nil }
    guard let process = events.process, let socket = process.takeSocket() else { return "" }
    defer { close(socket) }
    _ = process.drainUnread()
    var text = ""
    var block = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = recv(socket, &block, block.count, CInt(MSG_DONTWAIT))
      guard count > 0 else { return text }
      text += String(decoding: block[..<count], as: UTF8.self)
    }
  }

  @Test func exitStatusAndSignal() async throws {
    let exit = self.launch("exit 7")
    let signal = self.launch("kill -9 $$")
    try await eventually { exit.end != nil && signal.end != nil }
    #expect(exit.end == "it exited with status 7")
    #expect(signal.end == "signal 9")
    #expect(signal.process?.takeSocket().map { close($0) } == 0)
    #expect(exit.process?.takeSocket().map { close($0) } == 0)
    #expect(exit.process?.takeSocket() == nil)
  }

  @Test func inheritsOnlyItsSocketAndStandardError() async throws {
    // A descriptor of this process that an exec would keep.
    let kept = Glibc.open("/dev/null", O_RDONLY)
    defer { close(kept) }
    #expect(kept > 3)
    // 4 is the directory that ls reads.
    let open = try await self.output(self.launch("exec ls /proc/self/fd >&3"))
    #expect(open == "0\n1\n2\n3\n4\n")
    let input = try await self.output(self.launch("exec readlink /proc/self/fd/0 >&3"))
    #expect(input == "/dev/null\n")
  }

  @Test func environmentHasNoSecrets() async throws {
    setenv("VALOR_TEST_SECRET", "hidden", 1)
    let text = try await self.output(self.launch("env >&3"))
    #expect(text.contains("PATH="))
    #expect(!text.contains("VALOR_TEST_SECRET"))
  }

  /// Signals are neither blocked nor ignored, and the terminal's do not reach it.
  @Test func signalsAndGroup() async throws {
    let signals = try await self.output(
      self.launch("exec grep -E '^Sig(Blk|Ign)' /proc/self/status >&3"))
    // The upper half of the ignored ones has two that the C library keeps for its threads.
    #expect(signals.contains("SigBlk:\t0000000000000000\n"))
    let ignored = signals.split(separator: "\t").last.flatMap { UInt64($0.dropLast(), radix: 16) }
    #expect(ignored.map { $0 & 0x7FFF_FFFF } == 0)
    let group = try await self.output(self.launch("cut -d' ' -f5 /proc/$$/stat >&3; echo $$ >&3"))
    let lines = group.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first == lines.last)
  }

  @Test func killEndsItAndItIsReaped() async throws {
    let events = self.launch("while :; do :; done")
    try await eventually { events.process != nil }
    let process = try #require(events.process)
    #expect((process.residentBytes() ?? 0) > 0)
    process.kill()
    try await eventually { events.end != nil }
    #expect(events.end == "signal 9")
    // Reaped: the number is nobody's.
    #expect(kill(process.pid, 0) == -1)
    process.kill()
    #expect(process.residentBytes() == nil)
    #expect(process.takeSocket().map { close($0) } == 0)
  }

  @Test func missingExecutable() async throws {
    let events = Events()
    ProcessLauncher(
      command: WorkerCommandLine(executable: "/nonexistent/valor", arguments: []), spares: nil
    ).launch { events.note($0) }
    try await eventually { events.end != nil }
    #expect(events.end?.hasPrefix("failed /nonexistent/valor: ") == true)
  }

  @Test func unreadBytesAreCounted() throws {
    let sockets = try #require(WorkerSocketPair())
    let host = try #require(sockets.takeHostEnd())
    defer { close(host) }
    #expect(send(host, [1, 2, 3, 4, 5] as [UInt8], 5, 0) == 5)
    var two: [UInt8] = [0, 0]
    #expect(sockets.withWorkerEnd { recv($0, &two, 2, 0) } == 2)
    #expect(sockets.drainWorkerEnd() == 3)
    // The host reads the end, and its writes still go somewhere.
    #expect(recv(host, &two, 2, CInt(MSG_DONTWAIT)) == 0)
    #expect(send(host, [6] as [UInt8], 1, 0) == 1)
    #expect(sockets.drainWorkerEnd() == 1)
  }
}
