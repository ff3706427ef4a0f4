/// Something that starts worker processes: the operating system, or a test.
protocol WorkerLauncher: Sendable {
  /// Starts one and returns at once. `notify` is called on any thread: once with `launched` or
  /// `failed`; after `launched` also once with `exited`.
  func launch(_ notify: @escaping @Sendable (WorkerProcessEvent) -> Void)
}

enum WorkerProcessEvent: Sendable {
  case launched(any WorkerProcess)
  /// It could not be started, and why.
  case failed(String)
  /// It is gone and has been reaped: how it ended, for a person, and whether it ended itself because
  /// it had used more memory than it may.
  case exited(String, outOfMemory: Bool = false)
}

/// A worker process and both ends of the socket pair to it.
///
/// The host keeps the worker's end open too. So what the worker had not read when it died is not
/// lost with it: the host reads it back and knows exactly which events had not reached the worker.
protocol WorkerProcess: AnyObject, Sendable {
  var pid: Int32 { get }

  /// Gives the host's end of the socket away, once. The caller closes it.
  func takeSocket() -> CInt?

  /// Kills it, if it still lives.
  func kill()

  /// Its resident memory in bytes; `nil` where that cannot be known.
  func residentBytes() -> Int?

  /// After the process has ended: takes what it has not read out of the socket and ends its side, so
  /// that the host reads what it has sent and then the end.
  ///
  /// - Returns: the number of bytes that it had not read.
  func drainUnread() -> Int
}
