import COpenSSL

/// OpenSSL's queue of errors, of which each thread has its own.
///
/// It is emptied before a call whose failure is to be explained and read right after, on the same
/// thread.
enum OpenSSLErrorQueue {
  /// Empties the queue, which mostly is empty: looking is cheaper than clearing.
  @inline(__always)
  static func clear() {
    if ERR_peek_error() != 0 { ERR_clear_error() }
  }

  /// Takes the oldest error, the one nearest to the cause, and empties the queue.
  static func take() -> OpenSSLError? {
    let code = ERR_get_error()
    ERR_clear_error()
    return code == 0 ? nil : OpenSSLError(code: code)
  }

  /// The oldest error as text, for messages where the cause is not looked at further.
  static func takeText() -> String { Self.take()?.text ?? "no further details" }
}

/// One entry of the error queue.
struct OpenSSLError: Error, Sendable, Equatable {
  /// The packed code, as `ERR_get_error()` gives it.
  var code: UInt

  /// Whether the error was found by the TLS code itself, and not by a library below it.
  var isFromTLS: Bool { ERR_GET_LIB(self.code) == ERR_LIB_SSL }

  /// What went wrong (`SSL_R_…`), meaningful together with the library.
  var reason: Int32 { ERR_GET_REASON(self.code) }

  /// OpenSSL's words for the reason, such as "wrong version number".
  var text: String {
    ERR_reason_error_string(self.code).map { String(cString: $0) } ?? "error \(self.code)"
  }
}
