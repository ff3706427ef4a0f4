/// Why there is no usable certificate authority in a directory.
public struct CertificateAuthorityError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Error, Sendable, Equatable {
    /// There is none yet.
    case missing
    /// There is a certificate, but not its key.
    case missingKey
    /// A system call failed; its words.
    case system(String)
    /// Other users may get at it; the permissions there are, in octal.
    case accessibleByOthers(permissions: String, wanted: String)
    /// It belongs to another user.
    case ownedByAnother
    /// It is no regular file, or no directory.
    case wrongType
    case damagedCertificate
    /// Not a private key in PEM form, or an encrypted one.
    case damagedKey
    /// The key is not the certificate's.
    case keyMismatch
    /// The certificate must not sign others.
    case notAnAuthority
    /// The date it was valid until.
    case expired(String)
    /// The date it is valid from.
    case notYetValid(String)
    /// OpenSSL could not make one; its words.
    case notMade(String)
  }

  /// The file or directory that the problem is about.
  public var path: String
  public var problem: Problem

  public init(path: String, problem: Problem) {
    self.path = path
    self.problem = problem
  }

  /// One line that says what is wrong and what to do.
  public var description: String { "\(self.path): \(self.explanation)" }

  private var explanation: String {
    switch self.problem {
    case .missing: "there is no certificate authority here; make one with: valor ca init"
    case .missingKey:
      "the key is missing though its certificate is there; restore it, or remove the certificate"
    case .system(let reason): reason
    case .accessibleByOthers(let permissions, let wanted):
      "other users may get at it (permissions \(permissions)); protect it with: "
        + "chmod \(wanted) '\(self.path)'"
    case .ownedByAnother: "it belongs to another user; use a directory of your own"
    case .wrongType: "it is not a regular file or directory"
    case .damagedCertificate: "it holds no readable certificate in PEM form"
    case .damagedKey: "it holds no readable private key in PEM form without a passphrase"
    case .keyMismatch:
      "the certificate and the key do not belong together; restore the right files or remove both"
    case .notAnAuthority: "the certificate is not one of a certificate authority"
    case .expired(let date):
      "the certificate has expired on \(date); remove it and its key, and trust the new one"
    case .notYetValid(let date):
      "the certificate is not valid before \(date); is the clock of this machine right?"
    case .notMade(let reason): "no certificate authority could be made: \(reason)"
    }
  }
}
