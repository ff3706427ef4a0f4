import Synchronization
import Testing

@testable import PluginHost

@Suite struct SpareWorkersTests {
  static let command = WorkerCommandLine(executable: "/bin/valor", arguments: ["worker"])
  static let other = WorkerCommandLine(executable: "/bin/valor", arguments: ["worker", "big"])

  /// Starts nothing by itself: what becomes of each start is said by the test.
  final class Starts: Sendable {
    typealias Notify = @Sendable (WorkerProcessEvent) -> Void
    private let all = Mutex<[(WorkerCommandLine, Notify)]>([])
    var count: Int { self.all.withLock { $0.count } }
    var commands: [WorkerCommandLine] { self.all.withLock { $0.map(\.0) } }

    func start(_ command: WorkerCommandLine, _ notify: @escaping Notify) {
      self.all.withLock { $0.append((command, notify)) }
    }

    func happens(_ number: Int, _ event: WorkerProcessEvent) {
      self.all.withLock { $0[number].1 }(event)
    }

    func launch(_ number: Int) throws -> FakeWorker {
      let notify = self.all.withLock { $0[number].1 }
      let worker = FakeWorker(sockets: try #require(WorkerSocketPair()), notify: notify)
      notify(.launched(worker))
      return worker
    }
  }

  /// What the one who took a process was told.
  final class Told: Sendable {
    private let events = Mutex<[String]>([])
    var list: [String] { self.events.withLock { $0 } }
    func notify(_ event: WorkerProcessEvent) {
      let text =
        switch event {
        case .launched: "launched"
        case .failed(let reason): "failed: \(reason)"
        case .exited(let how, _): "exited: \(how)"
        }
      self.events.withLock { $0.append(text) }
    }
  }

  let starts = Starts()
  let told = Told()

  func spares(_ count: Int = 1) -> SpareWorkers {
    SpareWorkers(count: count) { [starts] in starts.start($0, $1) }
  }

  func take(_ spares: SpareWorkers, _ command: WorkerCommandLine = Self.command) -> Bool {
    spares.take(command) { [told] in told.notify($0) }
  }

  @Test func aWaitingProcessIsGivenAway() throws {
    let spares = self.spares()
    spares.prepare(Self.command)
    spares.prepare(Self.command)
    #expect(self.starts.count == 1, "no more than wanted")
    let worker = try self.starts.launch(0)
    #expect(self.take(spares))
    #expect(!self.take(spares), "once")
    #expect(self.told.list == ["launched"])
    worker.die()
    #expect(self.told.list == ["launched", "exited: signal 9"])
    spares.end()
    #expect(!worker.wasKilled, "it is not a spare any more")
  }

  @Test func aProcessThatStartsIsGivenAway() throws {
    let spares = self.spares()
    spares.prepare(Self.command)
    #expect(self.take(spares))
    #expect(self.told.list == [])
    _ = try self.starts.launch(0)
    #expect(self.told.list == ["launched"])
  }

  @Test func aStartThatFailsAfterItWasGivenAway() {
    let spares = self.spares()
    spares.prepare(Self.command)
    #expect(self.take(spares))
    self.starts.happens(0, .failed("no memory"))
    #expect(self.told.list == ["failed: no memory"])
  }

  @Test func whatHasEndedIsNotGivenAwayAndNotReplacedByItself() throws {
    let spares = self.spares(2)
    spares.prepare(Self.command)
    spares.prepare(Self.command)
    try self.starts.launch(0).die()
    self.starts.happens(1, .failed("no memory"))
    #expect(!self.take(spares))
    #expect(self.starts.count == 2)
    spares.prepare(Self.command)
    #expect(self.starts.count == 3)
    #expect(self.told.list == [])
  }

  @Test func onlyTheSameCommandLineWillDo() throws {
    let spares = self.spares()
    spares.prepare(Self.command)
    let first = try self.starts.launch(0)
    #expect(!self.take(spares, Self.other))
    // The last that asked is likely to ask again.
    spares.prepare(Self.other)
    #expect(self.starts.commands == [Self.command, Self.other])
    #expect(first.wasKilled)
    #expect(self.take(spares, Self.other))
  }

  @Test func theEnd() throws {
    let spares = self.spares(2)
    spares.prepare(Self.command)
    spares.prepare(Self.command)
    let first = try self.starts.launch(0)
    spares.end()
    #expect(first.wasKilled)
    #expect(try self.starts.launch(1).wasKilled, "it was on its way")
    spares.prepare(Self.command)
    #expect(self.starts.count == 2)
    #expect(!self.take(spares))
  }

  @Test func none() {
    let spares = self.spares(0)
    spares.prepare(Self.command)
    #expect(self.starts.count == 0)
    #expect(!self.take(spares))
  }
}
