/// Why something could not be stored, or what is stored not be read.
public struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable {
    /// Another proxy uses the folder.
    case inUse
    /// The database, or a file beside it, is not what was written.
    case damaged
    /// The disk has no room.
    case diskFull
    /// An origin has used up what it may store.
    case quotaExceeded
    /// The body that was to be stored broke off.
    case bodyFailed
    /// Anything else that the system or the database says.
    case failed
  }

  public var code: Code
  /// What happened and, for a person, what to do.
  public var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static func quotaExceeded(_ quota: Int) -> StorageError {
    StorageError(.quotaExceeded, "The origin would store more than its \(quota >> 20) MiB.")
  }

  public var description: String { self.message }

  /// The name of the exception that a script gets.
  var exceptionName: String {
    switch self.code {
    case .diskFull, .quotaExceeded: "QuotaExceededError"
    case .bodyFailed: "TypeError"
    case .inUse, .damaged, .failed: "UnknownError"
    }
  }
}
