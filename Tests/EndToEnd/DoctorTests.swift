import Foundation
import TestSupport
import Testing

/// `valor doctor`.
@Suite struct DoctorTests {
  static func doctor(_ arguments: [String], in folder: TemporaryFolder) async throws
    -> CommandResult
  {
    try await valor(
      ["doctor", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        + ValorProcess.directories(in: folder) + arguments)
  }

  @Test func nothingIsWrong() async throws {
    let folder = try TemporaryFolder()
    let arguments = plugin("hello", claims: "http://hello.example/")
    let before = try await Self.doctor(arguments, in: folder)
    #expect(before.status == .code(0), "\(before.text)")
    #expect(before.text.contains("ok       plugin hello: "), "\(before.text)")
    #expect(before.text.contains("ok       TLS library: OpenSSL 3."))
    #expect(before.text.contains("ok       JavaScript engine: JavaScriptCore 2."))
    #expect(before.text.contains("note     certificate authority: none in "))
    #expect(!FileManager.default.fileExists(atPath: folder.file("data")), "it makes nothing")
    try await withValor(in: folder) { _ in }
    let after = try await Self.doctor(arguments, in: folder)
    #expect(after.status == .code(0), "\(after.text)")
    #expect(after.text.contains("ok       certificate authority: Valor CA "))
    #expect(after.text.contains("ok       admin token: "))
    #expect(after.text.contains("note     trust: "))
  }

  @Test func theSystemsTrust() async throws {
    let folder = try TemporaryFolder()
    try await withValor(in: folder) { valor in
      let result = try await run(
        ValorProcess.program,
        ["doctor", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
          + ValorProcess.directories(in: folder),
        environment: ["SSL_CERT_FILE": valor.authorityFile])
      #expect(result.text.contains("ok       trust: "), "\(result.text)")
    }
  }

  @Test func whatIsWrong() async throws {
    let folder = try TemporaryFolder()
    let broken = try folder.write("\nconst = 1;", to: "broken.js")
    let plugins = try folder.write(
      #"{"plugins": [{"path": "broken.js", "scope": []}]}"#, to: "plugins.json")
    let data = folder.file("data")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: data)
    for (arguments, reason) in [
      (["--plugin", broken], "problem  plugin broken: SyntaxError"),
      (["--plugin", broken], "broken.js:2:7"),
      (["--plugins", plugins], "did you mean scopes?"),
      (["--plugins", folder.file("gone.json")], "problem  plugins: --plugins "),
      (["--upstream-ca", folder.file("gone.pem")], "problem  --upstream-ca: "),
      ([], "problem  data directory: \(data) can be changed by others (777)"),
    ] {
      let result = try await Self.doctor(arguments, in: folder)
      #expect(result.status == .code(1), "\(result.text)")
      #expect(result.text.contains(reason), "\(result.text)")
    }
  }

  @Test func portsThatAreTaken() async throws {
    let folder = try TemporaryFolder()
    try await withValor(in: folder) { running in
      let proxy = running.proxyURL.replacingOccurrences(of: "http://", with: "")
      let admin = running.adminURL.replacingOccurrences(of: "http://", with: "")
      let directories = ValorProcess.directories(in: folder)
      let own = try await valor(
        ["doctor", "--listen", proxy, "--admin", admin] + directories)
      #expect(own.status == .code(0), "\(own.text)")
      #expect(own.text.contains("note     --listen: \(proxy) is taken, and a `valor run` answers"))
      let other = try await valor(
        ["doctor", "--listen", proxy, "--admin", "127.0.0.1:0"] + directories)
      #expect(other.status == .code(1), "\(other.text)")
      #expect(other.text.contains("problem  --listen: \(proxy) cannot be listened on"))
      // A configuration file counts as for `valor run`.
      let config = try folder.write("{\"listen\": \"\(proxy)\"}", to: "valor.json")
      let configured = try await valor(
        ["doctor", "--config", config, "--admin", "127.0.0.1:0"] + directories)
      #expect(configured.text.contains("problem  --listen: \(proxy) "), "\(configured.text)")
    }
  }
}
