#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A failure that ends the program: one line that says what happened and what to do, and a code of
/// `sysexits.h`.
struct ExitFailure: Error {
  enum Code: Int32 {
    case failure = 1
    /// The command line is wrong (`EX_USAGE`).
    case usage = 64
    /// An input file cannot be read (`EX_NOINPUT`).
    case noInput = 66
    /// An address cannot be listened on (`EX_UNAVAILABLE`).
    case unavailable = 69
    /// A file that was read says something wrong (`EX_CONFIG`).
    case configuration = 78
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Writes the message to standard error.
  func report() {
    var text = "valor: \(self.message)\n"
    text.withUTF8 { bytes in
      _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
  }

  /// Ends the program with the failure's code.
  func exit() -> Never { terminate(self.code.rawValue) }
}

/// `exit()` of the C library, whose name commands have taken.
private func terminate(_ code: Int32) -> Never { exit(code) }
