import Synchronization

/// Worker processes that are started before anybody needs them: they have made their engine and its
/// global, and wait for the script of a plugin. So the first event of a plugin whose worker has ended
/// waits for the script alone.
///
/// A spare becomes the worker of one plugin and never goes back. A new one is started only when one
/// is taken, so spares that die at their start are not started again and again.
public final class SpareWorkers: Sendable {
  private struct Spare {
    let command: WorkerCommandLine
    let place: SparePlace
  }
  private struct State {
    var spares: [Spare] = []
    var isOver = false
  }
  typealias Start =
    @Sendable (
      WorkerCommandLine, @escaping @Sendable (WorkerProcessEvent) -> Void
    ) -> Void

  private let count: Int
  private let start: Start
  private let state = Mutex(State())

  /// - Parameter count: how many processes wait; 0 for none.
  public convenience init(count: Int) { self.init(count: count, start: startWorkerProcess) }

  /// - Parameter start: starts a process, as ``startWorkerProcess(_:_:)`` does.
  init(count: Int, start: @escaping Start) {
    self.count = max(0, count)
    self.start = start
  }

  /// Gives a waiting process away. From then on `notify` is told of it as of one that was launched.
  ///
  /// - Returns: whether there was one that was started by this command line.
  func take(
    _ command: WorkerCommandLine, _ notify: @escaping @Sendable (WorkerProcessEvent) -> Void
  ) -> Bool {
    while let place = self.remove(command) {
      if place.occupy(notify) { return true }
    }
    return false
  }

  private func remove(_ command: WorkerCommandLine) -> SparePlace? {
    self.state.withLock { state in
      guard let index = state.spares.firstIndex(where: { $0.command == command }) else {
        return nil
      }
      return state.spares.remove(at: index).place
    }
  }

  /// Starts a process, unless enough of them wait. Those that wait for other plugins than the last
  /// one that asked make room.
  func prepare(_ command: WorkerCommandLine) {
    guard self.count > 0 else { return }
    let place = SparePlace()
    let (isWanted, old) = self.state.withLock { state -> (Bool, SparePlace?) in
      let waiting = state.spares.count { $0.command == command }
      guard !state.isOver, waiting < self.count else { return (false, nil) }
      var old: SparePlace?
      if state.spares.count >= self.count {
        guard let index = state.spares.firstIndex(where: { $0.command != command }) else {
          return (false, nil)
        }
        old = state.spares.remove(at: index).place
      }
      state.spares.append(Spare(command: command, place: place))
      return (true, old)
    }
    old?.vacate()
    guard isWanted else { return }
    self.start(command) { event in
      place.happened(event)
      if case .launched = event { return }
      self.state.withLock { state in state.spares.removeAll { $0.place === place } }
    }
  }

  /// Ends the processes that wait, and starts no more.
  public func end() {
    let places = self.state.withLock { state in
      state.isOver = true
      defer { state.spares = [] }
      return state.spares.map(\.place)
    }
    for place in places { place.vacate() }
  }
}

/// A process that waits, or whoever it has been given to.
private final class SparePlace: Sendable {
  private enum State {
    case starting
    case waiting(any WorkerProcess)
    case taken(@Sendable (WorkerProcessEvent) -> Void)
    /// It has ended, or it ends as soon as it is there.
    case over
  }
  private let state = Mutex(State.starting)

  /// What has become of the process. Told under the lock, so in its order.
  func happened(_ event: WorkerProcessEvent) {
    let unwanted = self.state.withLock { state -> (any WorkerProcess)? in
      switch (state, event) {
      case (.taken(let notify), _): notify(event)
      case (.starting, .launched(let process)): state = .waiting(process)
      case (.over, .launched(let process)): return process
      default: state = .over
      }
      return nil
    }
    unwanted?.kill()
  }

  /// Returns `false` where the process has ended.
  func occupy(_ notify: @escaping @Sendable (WorkerProcessEvent) -> Void) -> Bool {
    self.state.withLock { state in
      switch state {
      case .taken, .over: return false
      case .starting: break
      case .waiting(let process): notify(.launched(process))
      }
      state = .taken(notify)
      return true
    }
  }

  /// Nobody wants the process.
  func vacate() {
    let unwanted = self.state.withLock { state -> (any WorkerProcess)? in
      switch state {
      case .taken: return nil
      case .waiting(let process):
        state = .over
        return process
      case .starting, .over:
        state = .over
        return nil
      }
    }
    unwanted?.kill()
  }
}
