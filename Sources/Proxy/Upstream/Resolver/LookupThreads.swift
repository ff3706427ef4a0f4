import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs calls that wait, each on a thread that lives only as long as there are such calls: at most
/// so many at a time, the others in a queue behind them.
final class LookupThreads: Sendable {
  /// The job is told whether it has a thread to wait on; where the system gives none, it must only
  /// say so.
  typealias Job = @Sendable (_ hasThread: Bool) -> Void

  private struct State {
    var queue: [Job] = []
    var next = 0
    var running = 0

    mutating func take() -> Job? {
      guard self.next < self.queue.count else {
        self.queue.removeAll()
        self.next = 0
        return nil
      }
      defer { self.next += 1 }
      return self.queue[self.next]
    }
  }

  /// What a thread starts with.
  private final class Start {
    let threads: LookupThreads
    init(_ threads: LookupThreads) { self.threads = threads }
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: how many threads there may be.
  init(limit: Int) { self.limit = max(limit, 1) }

  /// Runs a job as soon as a thread is free. Whoever gives jobs bounds their number.
  func run(_ job: @escaping Job) {
    let needsThread = self.state.withLock { state -> Bool in
      state.queue.append(job)
      guard state.running < self.limit else { return false }
      state.running += 1
      return true
    }
    if needsThread, !self.startThread() { self.refuseAll() }
  }

  private func startThread() -> Bool {
    let start = Unmanaged.passRetained(Start(self))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    guard pthread_create(&thread, nil, runLookupThread, start.toOpaque()) == 0 else {
      start.release()
      return false
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
    return true
  }

  /// The body of a thread, which ends when there is nothing left to do.
  private func work() {
    while true {
      let job = self.state.withLock { state -> Job? in
        let job = state.take()
        if job == nil { state.running -= 1 }
        return job
      }
      guard let job else { return }
      job(true)
    }
  }

  /// There is no thread for what is queued, unless one of those that run gets to it.
  private func refuseAll() {
    let jobs = self.state.withLock { state -> [Job] in
      state.running -= 1
      var jobs: [Job] = []
      while state.running == 0, let job = state.take() { jobs.append(job) }
      return jobs
    }
    for job in jobs { job(false) }
  }

  fileprivate static func run(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().threads.work()
  }
}

#if canImport(Darwin)
  private func runLookupThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    LookupThreads.run(argument)
    return nil
  }
#else
  private func runLookupThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    LookupThreads.run(argument)
    return nil
  }
#endif
