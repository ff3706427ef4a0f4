import FetchModel
import Interceptor
import Synchronization

/// Several workers of one version of a plugin, for scripts that keep nothing in their variables:
/// each event goes to the worker that has the fewest, and of those to the first, so that a further
/// process starts only where events come at the same time, and ends when it is not needed. One that
/// waits to be started again after a crash gets events only where all do.
///
/// `install` and `activate` are fired in the first worker only, as for any version of a script; the
/// others evaluate what it was installed with.
final class WorkerPool: PluginWorker {
  private let workers: [WorkerSupervisor]
  /// How many fetch events each of them has.
  private let loads: Mutex<[Int]>

  /// - Parameter workers: at least one.
  init(_ workers: [WorkerSupervisor]) {
    self.workers = workers
    self.loads = Mutex(Array(repeating: 0, count: workers.count))
  }

  func run() async throws(PluginError) -> Set<String> { try await self.workers[0].run() }

  func install() async throws(PluginError) { try await self.workers[0].install() }

  func activate() async throws(PluginError) { try await self.workers[0].activate() }

  func dispatchFetch(
    _ event: FetchEventInit, completion: @escaping @Sendable (FetchDispatchResult) -> Void
  ) {
    let index = self.loads.withLock { loads in
      let index = leastBusy(loads) { self.workers[$0].isBackingOff }
      loads[index] += 1
      return index
    }
    self.workers[index].dispatchFetch(event) { result in
      self.loads.withLock { $0[index] -= 1 }
      completion(result)
    }
  }

  var isRunning: Bool { self.workers.contains { $0.isRunning } }

  /// Asked for once the first worker is installed, before any fetch event comes.
  func scriptResources() async -> ScriptResources {
    let resources = await self.workers[0].scriptResources()
    for worker in self.workers.dropFirst() { worker.adopt(resources) }
    return resources
  }

  func registrationChanged(_ snapshot: RegistrationSnapshot) {
    for worker in self.workers { worker.registrationChanged(snapshot) }
  }

  func setDelegate(_ delegate: any PluginWorkerDelegate) {
    for worker in self.workers { worker.setDelegate(delegate) }
  }

  /// The sums of all; state and process are those of the first one that runs.
  func status() async -> WorkerStatus {
    var all: [WorkerStatus] = []
    for worker in self.workers { all.append(await worker.status()) }
    let shown = all.first { $0.pid != nil } ?? all[0]
    var status = WorkerStatus(
      state: shown.state, pid: shown.pid, restarts: all.reduce(0) { $0 + $1.restarts },
      events: all.reduce(0) { $0 + $1.events }, errors: all.reduce(0) { $0 + $1.errors })
    status.instances = all
    return status
  }

  func retire() { for worker in self.workers { worker.retire() } }

  func terminate() { for worker in self.workers { worker.terminate() } }
}

/// The first of the smallest numbers' places, of those that are not avoided where there are any; 0
/// where there is none.
func leastBusy(_ loads: [Int], avoiding: (Int) -> Bool = { _ in false }) -> Int {
  func rank(_ index: Int) -> (Int, Int, Int) { (avoiding(index) ? 1 : 0, loads[index], index) }
  return loads.indices.min { rank($0) < rank($1) } ?? 0
}
