import CProcess
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Starts workers as processes of the operating system.
///
/// A worker inherits its end of the socket pair as descriptor 3 and standard error, nothing else:
/// no other descriptor, no signal mask or handlers, and of the environment only what the libraries
/// need. It is in a process group of its own, so that a ^C in the terminal reaches only the host.
struct ProcessLauncher: WorkerLauncher {
  let command: WorkerCommandLine
  /// Where processes wait to be used.
  let spares: SpareWorkers?

  func launch(_ notify: @escaping @Sendable (WorkerProcessEvent) -> Void) {
    if self.spares?.take(self.command, notify) != true { startWorkerProcess(self.command, notify) }
    self.spares?.prepare(self.command)
  }
}

/// What a worker process is started with.
struct WorkerCommandLine: Sendable, Hashable {
  /// The path of the executable.
  var executable: String
  /// Its arguments, without its own name.
  var arguments: [String]
}

/// Starts a process; `notify` is told of it as ``WorkerLauncher/launch(_:)`` says.
func startWorkerProcess(
  _ command: WorkerCommandLine, _ notify: @escaping @Sendable (WorkerProcessEvent) -> Void
) {
  // Its own thread: `posix_spawn` and the wait for the end both block.
  WorkerProcesses.count.add(1, ordering: .relaxed)
  let isStarted = startThread {
    defer { WorkerProcesses.count.subtract(1, ordering: .releasing) }
    guard let sockets = WorkerSocketPair() else {
      return notify(.failed("socketpair: \(errorText(errno))"))
    }
    let spawned = sockets.withWorkerEnd { command.spawn(workerEnd: $0) }
    guard case .success(let pid) = spawned else {
      if case .failure(let error) = spawned {
        notify(.failed("\(command.executable): \(error.text)"))
      }
      return
    }
    let process = UnixProcess(pid: pid, sockets: sockets)
    notify(.launched(process))
    let status = process.waitForExit()
    notify(.exited(text(ofStatus: status), outOfMemory: isOutOfMemory(status)))
  }
  if isStarted { return }
  WorkerProcesses.count.subtract(1, ordering: .relaxed)
  notify(.failed("no thread could be started"))
}

/// A status of `waitpid` in words; `nil` where there was none.
private func text(ofStatus status: CInt?) -> String {
  guard let status else { return "it is gone" }
  let signal = status & 0x7F
  return signal == 0 ? "it exited with status \(status >> 8 & 0xFF)" : "signal \(signal)"
}

private func isOutOfMemory(_ status: CInt?) -> Bool {
  status.map { $0 & 0x7F == 0 && $0 >> 8 & 0xFF == CInt(VALOR_EXIT_MEMORY) } ?? false
}

#if os(Linux)
  typealias SpawnFileActions = posix_spawn_file_actions_t
#else
  typealias SpawnFileActions = posix_spawn_file_actions_t?
#endif

/// Why a process could not be started.
struct SpawnError: Error { var text: String }

/// Starts a program in a process group of its own, so that a ^C in the terminal does not reach it, with
/// the default handlers of signals, none of them blocked, and with no descriptors but those below `end`.
///
/// - Parameter prepare: says what those descriptors are.
func spawnProcess(
  _ path: String, _ arguments: [String], environment: [String], descriptorsBelow end: CInt,
  prepare: (inout SpawnFileActions) -> Void
) -> Result<pid_t, SpawnError> {
  #if os(Linux)
    var actions = SpawnFileActions()
    var attributes = posix_spawnattr_t()
  #else
    var actions: SpawnFileActions
    var attributes: posix_spawnattr_t?
  #endif
  posix_spawn_file_actions_init(&actions)
  posix_spawnattr_init(&attributes)
  defer {
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }
  prepare(&actions)
  var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  #if os(Linux)
    posix_spawn_file_actions_addclosefrom_np(&actions, end)
  #else
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
  #endif
  var none = sigset_t()
  sigemptyset(&none)
  var handled = sigset_t()
  sigemptyset(&handled)
  for signal in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM] {
    sigaddset(&handled, signal)
  }
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &handled)
  posix_spawnattr_setpgroup(&attributes, 0)
  posix_spawnattr_setflags(&attributes, Int16(flags))
  var pid = pid_t()
  let error = withCStrings([path] + arguments) { arguments in
    withCStrings(environment) { environment in
      posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
    }
  }
  return error == 0 ? .success(pid) : .failure(SpawnError(text: errorText(error)))
}

extension WorkerCommandLine {
  fileprivate func spawn(workerEnd: CInt) -> Result<pid_t, SpawnError> {
    spawnProcess(
      self.executable, self.arguments, environment: workerEnvironment(), descriptorsBelow: 4
    ) { actions in
      posix_spawn_file_actions_adddup2(&actions, workerEnd, 3)
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      #if !os(Linux)
        posix_spawn_file_actions_addinherit_np(&actions, 2)
      #endif
    }
  }
}

/// The workers of this program that have not ended, or whose end was not told yet.
public enum WorkerProcesses {
  fileprivate static let count = Atomic(0)

  /// Waits, but not for long, until there are none. Event loops may go then: nobody tells them of a
  /// worker's end any more.
  public static func allEnded() async {
    for _ in 0..<400 where self.count.load(ordering: .acquiring) > 0 {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// A child process of this one.
final class UnixProcess: WorkerProcess {
  let pid: Int32
  private let sockets: WorkerSocketPair
  /// Whether the number still belongs to the child. It is reaped under the same lock under which it
  /// is killed, so that no other process is hit that got its number.
  private let isAlive = Mutex(true)

  init(pid: pid_t, sockets: WorkerSocketPair) {
    self.pid = pid
    self.sockets = sockets
  }

  func takeSocket() -> CInt? { self.sockets.takeHostEnd() }

  func kill() {
    self.isAlive.withLock { isAlive in
      #if canImport(Glibc)
        if isAlive { _ = Glibc.kill(self.pid, SIGKILL) }
      #else
        if isAlive { _ = Darwin.kill(self.pid, SIGKILL) }
      #endif
    }
  }

  func drainUnread() -> Int { self.sockets.drainWorkerEnd() }

  func residentBytes() -> Int? {
    // The second number of statm is the resident set in pages (proc(5)).
    guard let statm = readFile("/proc/\(self.pid)/statm", limit: 256) else { return nil }
    let fields = String(decoding: statm, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * sysconf(CInt(_SC_PAGESIZE))
  }

  /// Waits for the end and reaps it.
  ///
  /// - Returns: its status; `nil` where it has been reaped by another.
  fileprivate func waitForExit() -> CInt? {
    var info = siginfo_t()
    // Leaves the zombie, which keeps the number taken, until the lock is held.
    while waitid(P_PID, id_t(self.pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return self.isAlive.withLock { isAlive in
      isAlive = false
      var status: CInt = 0
      return waitpid(self.pid, &status, WNOHANG) == self.pid ? status : nil
    }
  }
}

/// The part of the environment that a worker gets: a plugin has no business with the rest, which may
/// hold secrets.
private func workerEnvironment() -> [String] {
  let names = [
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "JSC_useJIT",
  ]
  let inherited = names.compactMap { name in
    getenv(name).map { "\(name)=\(String(cString: $0))" }
  }
  // A crashed worker is to be gone and replaced at once. Writing its backtrace takes seconds, and
  // says nothing of the engine, where plugins crash.
  let backtrace = getenv("SWIFT_BACKTRACE").map { String(cString: $0) } ?? "enable=no"
  return inherited + ["SWIFT_BACKTRACE=\(backtrace)"]
}

private func errorText(_ number: CInt) -> String { String(cString: strerror(number)) }

/// Calls `body` with an array of C strings that ends with a null pointer.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return body(&pointers)
}

/// Runs `body` on a new thread. Returns whether there is one.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let box = Unmanaged.passRetained(Box(body))
  #if os(Linux)
    var thread = pthread_t()
  #else
    var thread: pthread_t?
  #endif
  let error = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, box.toOpaque())
  guard error == 0 else {
    box.release()
    return false
  }
  #if os(Linux)
    pthread_detach(thread)
  #else
    if let thread { pthread_detach(thread) }
  #endif
  return true
}
