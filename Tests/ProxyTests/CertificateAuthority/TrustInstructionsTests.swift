import Testing

@testable import Proxy

@Suite struct TrustInstructionsTests {
  @Test func whatTheyName() throws {
    let authority = try makeAuthority("Valor CA here")
    let text = authority.trustInstructions(directory: "/home/ada/.local/share/valor/ca")
    let path = "/home/ada/.local/share/valor/ca/ca.pem"
    #expect(text.contains("SHA-256:      \(authority.fingerprint)\n"))
    #expect(text.contains("Certificate:  \(path)\n"))
    #expect(text.contains("curl --cacert \(path) "))
    #expect(text.contains("--ignore-certificate-errors-spki-list=\(authority.publicKeyPin)\n"))
    #expect(text.contains("-A -t C,, -n 'Valor CA here' -i \(path)\n"))
    #expect(text.contains("Firefox"))
    #expect(text.contains("update-ca-certificates"))
    #expect(text.contains("NODE_EXTRA_CA_CERTS=\(path) "))
    #expect(text.contains("REQUESTS_CA_BUNDLE=\(path) "))
    #expect(authority.fingerprint.count == 32 * 3 - 1)
  }

  @Test(arguments: [
    ("/a/b-c_1.pem", "/a/b-c_1.pem"), ("/a b", "'/a b'"), ("it's", "'it'\\''s'"), ("", "''"),
    ("$(x)", "'$(x)'"),
  ])
  func quoting(word: String, quoted: String) throws {
    #expect(shellQuoted(word) == quoted)
    #expect(try runProgram(["sh", "-c", "printf %s \(quoted)"]).text == word)
  }
}
