import CProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Another program that turns bytes into bytes, within bounds: it gets its input, next to nothing of
/// the environment and the root as its directory, and is killed when it takes too long or says too much.
struct BoundedProgram: Sendable {
  struct Output: Sendable {
    /// What `waitpid` said.
    var status: CInt
    var output: [UInt8] = []
    var errors: [UInt8] = []
  }

  struct Failure: Error { var message: String }

  var path: String
  var arguments: [String]
  /// How many bytes it may write to either of its outputs.
  var outputLimit: Int
  /// In seconds.
  var patience: Int

  /// The path of a program: the first one of that name in the directories of `PATH`. Those that are
  /// not absolute are left out, since what lies in a working directory is not for running.
  static func find(_ name: String) -> String? {
    let directories = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return directories.split(separator: ":").lazy.filter { $0.hasPrefix("/") }
      .map { "\($0)/\(name)" }
      .first { path in
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
          && access(path, X_OK) == 0
      }
  }

  /// Runs the program to its end. Waits for it.
  func run(input: [UInt8]) throws(Failure) -> Output {
    guard let main = WorkerSocketPair(), let errors = WorkerSocketPair(),
      let mainEnd = main.takeHostEnd()
    else { throw Failure(message: "there are no descriptors left") }
    defer { close(mainEnd) }
    guard let errorsEnd = errors.takeHostEnd() else {
      throw Failure(message: "there are no descriptors left")
    }
    defer { close(errorsEnd) }
    let end = ContinuousClock.now + .seconds(self.patience)
    let pid = try self.spawn(main, errors)
    var exchange = ProgramExchange(
      input: input, main: mainEnd, errors: errorsEnd, limit: self.outputLimit)
    let outcome = exchange.run(until: end)
    let status = outcome == .finished ? Self.status(of: pid, until: end) : nil
    guard let status else {
      kill(-pid, SIGKILL)
      var status: CInt = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      throw Failure(
        message: outcome == .long
          ? "its output is longer than \(self.outputLimit) bytes"
          : "it took more than \(self.patience) s")
    }
    return Output(status: status, output: exchange.output, errors: exchange.errorOutput)
  }

  /// The status of a child that has closed its outputs; `nil` where it does not end in time.
  private static func status(of pid: pid_t, until end: ContinuousClock.Instant) -> CInt? {
    var status: CInt = 0
    while true {
      let found = waitpid(pid, &status, WNOHANG)
      if found == pid { return status }
      if found < 0, errno != EINTR { return -1 }
      guard ContinuousClock.now < end else { return nil }
      usleep(500)
    }
  }

  /// Starts the program in a process group of its own. The children's ends are closed here then, so
  /// that its end is seen.
  private func spawn(
    _ main: WorkerSocketPair, _ errors: WorkerSocketPair
  ) throws(Failure) -> pid_t {
    let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
    let spawned = spawnProcess(
      self.path, self.arguments, environment: environment, descriptorsBelow: 3
    ) { actions in
      main.withWorkerEnd { end in
        _ = posix_spawn_file_actions_adddup2(&actions, end, 0)
        _ = posix_spawn_file_actions_adddup2(&actions, end, 1)
      }
      errors.withWorkerEnd { _ = posix_spawn_file_actions_adddup2(&actions, $0, 2) }
      posix_spawn_file_actions_addchdir_np(&actions, "/")
    }
    main.closeWorkerEnd()
    errors.closeWorkerEnd()
    switch spawned {
    case .success(let pid): return pid
    case .failure(let error): throw Failure(message: error.text)
    }
  }
}

/// What goes in and comes out of a program, both at the same time.
private struct ProgramExchange {
  enum Outcome { case finished, late, long }

  private let main: CInt
  private let errors: CInt
  private let limit: Int
  private var input: ArraySlice<UInt8>
  private(set) var output: [UInt8] = []
  private(set) var errorOutput: [UInt8] = []
  private var isOpen = (main: true, errors: true)
  private var block = [UInt8](repeating: 0, count: 65_536)

  init(input: [UInt8], main: CInt, errors: CInt, limit: Int) {
    self.input = input[...]
    self.main = main
    self.errors = errors
    self.limit = limit
    for descriptor in [main, errors] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
      #if canImport(Darwin)
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<CInt>.size))
      #endif
    }
    if input.isEmpty { shutdown(main, CInt(SHUT_WR)) }
  }

  mutating func run(until end: ContinuousClock.Instant) -> Outcome {
    while self.isOpen.main || self.isOpen.errors {
      let left = end - .now
      guard left > .zero else { return .late }
      var polled: [pollfd] = []
      if self.isOpen.main {
        let events = self.input.isEmpty ? POLLIN : POLLIN | POLLOUT
        polled.append(pollfd(fd: self.main, events: Int16(events), revents: 0))
      }
      if self.isOpen.errors {
        polled.append(pollfd(fd: self.errors, events: Int16(POLLIN), revents: 0))
      }
      _ = poll(&polled, nfds_t(polled.count), CInt(min(left.components.seconds + 1, 60) * 1_000))
      self.write()
      if self.isOpen.main { self.isOpen.main = self.read(self.main, into: \.output) }
      if self.isOpen.errors { self.isOpen.errors = self.read(self.errors, into: \.errorOutput) }
      guard self.output.count <= self.limit, self.errorOutput.count <= self.limit else {
        return .long
      }
    }
    return .finished
  }

  private mutating func write() {
    guard !self.input.isEmpty else { return }
    let count = self.input.withUnsafeBytes {
      send(self.main, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
    }
    if count > 0 {
      self.input = self.input.dropFirst(count)
    } else if count < 0, errno != EAGAIN, errno != EINTR {
      // It does not want the rest.
      self.input = []
    }
    if self.input.isEmpty { shutdown(self.main, CInt(SHUT_WR)) }
  }

  /// Reads what there is. Returns whether there may be more.
  private mutating func read(
    _ descriptor: CInt, into bytes: WritableKeyPath<Self, [UInt8]>
  ) -> Bool {
    while true {
      let count = recv(descriptor, &self.block, self.block.count, 0)
      if count > 0 {
        self[keyPath: bytes] += self.block[..<count]
        if self[keyPath: bytes].count > self.limit { return true }
      } else if count == 0 {
        return false
      } else if errno != EINTR {
        return errno == EAGAIN
      }
    }
  }
}
