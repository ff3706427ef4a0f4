import Foundation

/// A certificate chain and its key, as PEM files.
public struct TestCertificate: Sendable {
  /// The chain, leaf first.
  public let chainFile: String
  public let keyFile: String
  /// Keeps the files where they are.
  private let folder: TemporaryFolder?

  /// - Parameter folder: a folder of the files that has to stay as long as they are used.
  public init(chainFile: String, keyFile: String, folder: TemporaryFolder? = nil) {
    self.chainFile = chainFile
    self.keyFile = keyFile
    self.folder = folder
  }
}

/// A throw-away certificate authority with an intermediate, made with the openssl command in a
/// temporary folder. A second one is an unknown issuer.
public final class TestAuthority: Sendable {
  /// The root certificate as a PEM file: what a client has to trust.
  public let rootFile: String
  private let folder: TemporaryFolder

  /// Makes a root and an intermediate that it signs. Takes some hundredths of a second.
  public init(name: String = "Test Root") throws {
    self.folder = try TemporaryFolder()
    self.rootFile = self.folder.file("root.pem")
    try self.folder.write(
      """
      [req]
      distinguished_name = subject
      prompt = no
      [subject]
      [authority]
      basicConstraints = critical,CA:true
      keyUsage = critical,keyCertSign,cRLSign
      subjectKeyIdentifier = hash
      """, to: "openssl.cnf")
    try self.openssl(
      ["req", "-x509", "-subj", "/CN=\(name)", "-days", "30", "-extensions", "authority"]
        + self.newKey("root.key") + ["-out", self.rootFile])
    try self.sign("intermediate", subject: "\(name) Intermediate", by: "root", section: "authority")
  }

  /// Signs a new server certificate with a key of its own.
  ///
  /// - Parameters:
  ///   - names: the DNS names and IPv4 addresses that it is for.
  ///   - expired: its time ended a day ago.
  public func certificate(
    for names: [String] = ["localhost", "127.0.0.1"], expired: Bool = false
  ) throws -> TestCertificate {
    let id = UUID().uuidString
    let alternatives = names.map {
      $0.allSatisfy { "0123456789.".contains($0) } ? "IP:\($0)" : "DNS:\($0)"
    }
    try self.folder.write(
      """
      [leaf]
      basicConstraints = critical,CA:false
      extendedKeyUsage = serverAuth
      subjectAltName = \(alternatives.joined(separator: ","))
      """, to: "\(id).cnf")
    try self.sign(
      id, subject: names.first ?? "nobody", by: "intermediate", section: "leaf",
      configuration: "\(id).cnf", days: expired ? -1 : 30)
    let chain = try ["\(id).pem", "intermediate.pem"]
      .map { try String(contentsOfFile: self.folder.file($0), encoding: .utf8) }.joined()
    return TestCertificate(
      chainFile: try self.folder.write(chain, to: "\(id)-chain.pem"),
      keyFile: self.folder.file("\(id).key"), folder: self.folder)
  }

  /// Makes `file.key` and `file.pem`, signed by `issuer`.
  private func sign(
    _ file: String, subject: String, by issuer: String, section: String,
    configuration: String = "openssl.cnf", days: Int = 30
  ) throws {
    let request = self.folder.file("\(file).csr")
    try self.openssl(
      ["req", "-new", "-subj", "/CN=\(subject)"] + self.newKey("\(file).key") + ["-out", request])
    try self.openssl([
      "x509", "-req", "-in", request, "-days", "\(days)",
      "-CA", self.folder.file("\(issuer).pem"), "-CAkey", self.folder.file("\(issuer).key"),
      "-extfile", self.folder.file(configuration), "-extensions", section,
      "-out", self.folder.file("\(file).pem"),
    ])
  }

  private func newKey(_ file: String) -> [String] {
    [
      "-config", self.folder.file("openssl.cnf"), "-newkey", "ec",
      "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder.file(file),
    ]
  }

  private func openssl(_ arguments: [String]) throws {
    let result = try runBlocking("openssl", arguments)
    guard result.status == .code(0) else {
      throw CommandFailure(description: "openssl \(arguments): \(result.errorText)")
    }
  }
}
