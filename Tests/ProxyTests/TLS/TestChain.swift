import COpenSSL
import Foundation

@testable import Proxy

/// The output and the exit code of a program.
func runProgram(_ arguments: [String], in folder: String? = nil) throws -> (
  text: String, code: Int32
) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (String(decoding: output, as: UTF8.self), process.terminationStatus)
}

/// The certificates that `certs/make-test-chain` makes, made once for all tests.
enum TestChain {
  static let folder = Result { () throws -> TemporaryFolder in
    let folder = try TemporaryFolder()
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let script = root.appendingPathComponent("certs/make-test-chain").path
    let (text, code) = try runProgram([script, folder.path])
    guard code == 0 else { throw TestFailure(message: text) }
    return folder
  }

  static func file(_ name: String) throws -> String { try self.folder.get().file(name) }
}

/// A server that shows one of these certificates to everybody.
final class ChainServer: TLSSessionContext {
  private let handle: TLSContextHandle

  init(_ name: String) throws {
    self.handle = try TLSContextHandle(.server)
    let (chain, key) = (try TestChain.file(name + ".pem"), try TestChain.file(name + "-key.pem"))
    let isLoaded = self.handle.withHandle { context in
      SSL_CTX_use_certificate_chain_file(context, chain) == 1
        && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
    }
    guard isLoaded else { throw TestFailure(message: "cannot load \(name)") }
  }

  /// Both ends of a connection by a client that trusts the chain's root.
  func connect(
    as host: String, trust: TLSTrust? = nil
  ) throws -> TLSPair {
    let trust =
      try trust ?? TLSTrust(usesSystemStore: false, extraFiles: [TestChain.file("root.pem")])
    let client = try TLSClientContext(trust: trust)
    let server = try self.handle.withHandle { context in
      try TLSSession(
        side: .server, target: ServerName(host), context: self, contextHandle: context)
    }
    return TLSPair(
      client: try client.makeSession(name: ServerName(host), port: 443), server: server)
  }
}
