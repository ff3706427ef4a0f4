import Foundation

/// The two ends of a stream that no other child inherits. A socket pair, since it gets its
/// close-on-exec flag in one step with its making, which Swift cannot ask of a pipe.
struct Pipe {
  let readEnd: Int32
  let writeEnd: Int32

  static func make() throws -> Pipe {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemCallError("socketpair") }
    return Pipe(readEnd: ends[0], writeEnd: ends[1])
  }
}

/// A program to start.
struct Spawn {
  let program: String
  let arguments: [String]
  let environment: [String: String]
  let inputFile: String

  /// Starts the program with these as its standard output and error, and with
  /// every signal as a program expects it (the test process ignores SIGPIPE).
  func start(output: Int32, errors: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, self.inputFile, O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var processID: pid_t = 0
    let code = Self.withCStrings([self.program] + self.arguments) { arguments in
      Self.withCStrings(self.environmentStrings) { environment in
        Loopback.inheritance.withLock {
          posix_spawnp(&processID, self.program, &actions, &attributes, arguments, environment)
        }
      }
    }
    guard code == 0 else { throw SystemCallError("starting \(self.program)", code: code) }
    return processID
  }

  private var environmentStrings: [String] {
    ProcessInfo.processInfo.environment
      .merging(self.environment) { $1 }
      .filter { !$0.value.isEmpty }
      .map { "\($0.key)=\($0.value)" }
  }

  /// Lends a null-terminated array of C strings, as `exec` takes it.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}
