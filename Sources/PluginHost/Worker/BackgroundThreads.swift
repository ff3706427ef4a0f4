#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A few threads of a worker for work that would keep its script waiting. They start with the first
/// job, wait for more, and end when their owner is gone: then jobs that have not begun are dropped.
final class BackgroundThreads: Sendable {
  typealias Job = @Sendable () -> Void

  private let queue: JobQueue
  private let limit: Int

  /// - Parameter limit: how many threads there may be.
  init(limit: Int) {
    self.queue = JobQueue()
    self.limit = max(limit, 1)
  }

  deinit { self.queue.close() }

  /// Runs a job as soon as a thread is free. Whoever gives jobs bounds their number.
  ///
  /// - Returns: `false` where the system gives no thread.
  func run(_ job: @escaping Job) -> Bool {
    guard self.queue.add(job, mayStartThread: self.limit) else { return true }
    if startThread(with: self.queue) { return true }
    return self.queue.threadFailed()
  }
}

/// What the threads share with their owner. Owner of a mutex and a condition.
private final class JobQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Only under the mutex.
  private var jobs: [BackgroundThreads.Job] = []
  private var next = 0
  private var threads = 0
  private var waiting = 0
  private var isClosed = false

  init() {
    pthread_mutex_init(self.mutex, nil)
    pthread_cond_init(self.condition, nil)
  }

  deinit {
    pthread_cond_destroy(self.condition)
    pthread_mutex_destroy(self.mutex)
    self.condition.deallocate()
    self.mutex.deallocate()
  }

  /// Returns whether the caller has to start a thread, which is counted already.
  func add(_ job: @escaping BackgroundThreads.Job, mayStartThread limit: Int) -> Bool {
    pthread_mutex_lock(self.mutex)
    defer { pthread_mutex_unlock(self.mutex) }
    self.jobs.append(job)
    if self.waiting >= self.jobs.count - self.next {
      pthread_cond_signal(self.condition)
      return false
    }
    guard self.threads < limit else { return false }
    self.threads += 1
    return true
  }

  /// There is no thread for the last job. Returns whether another thread gets to it.
  func threadFailed() -> Bool {
    pthread_mutex_lock(self.mutex)
    defer { pthread_mutex_unlock(self.mutex) }
    self.threads -= 1
    if self.threads > 0 { return true }
    self.jobs = []
    self.next = 0
    return false
  }

  func close() {
    pthread_mutex_lock(self.mutex)
    defer { pthread_mutex_unlock(self.mutex) }
    self.isClosed = true
    self.jobs = []
    self.next = 0
    pthread_cond_broadcast(self.condition)
  }

  /// Waits for a job; `nil` where there will be none any more.
  func take() -> BackgroundThreads.Job? {
    pthread_mutex_lock(self.mutex)
    defer { pthread_mutex_unlock(self.mutex) }
    while self.next == self.jobs.count, !self.isClosed {
      self.waiting += 1
      pthread_cond_wait(self.condition, self.mutex)
      self.waiting -= 1
    }
    guard !self.isClosed else { return nil }
    let job = self.jobs[self.next]
    self.next += 1
    if self.next == self.jobs.count {
      self.jobs.removeAll(keepingCapacity: true)
      self.next = 0
    }
    return job
  }

  func work() {
    while let job = self.take() { job() }
  }
}

private func startThread(with queue: JobQueue) -> Bool {
  let argument = Unmanaged.passRetained(queue)
  #if canImport(Darwin)
    var thread: pthread_t?
  #else
    var thread = pthread_t()
  #endif
  guard pthread_create(&thread, nil, runBackgroundThread, argument.toOpaque()) == 0 else {
    argument.release()
    return false
  }
  #if canImport(Darwin)
    if let thread { pthread_detach(thread) }
  #else
    pthread_detach(thread)
  #endif
  return true
}

#if canImport(Darwin)
  private func runBackgroundThread(
    _ argument: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer? {
    Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().work()
    return nil
  }
#else
  private func runBackgroundThread(
    _ argument: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().work()
    return nil
  }
#endif
