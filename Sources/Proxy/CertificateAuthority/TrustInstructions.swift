extension CertificateAuthority {
  /// What `valor ca show` prints: which authority this is and how to make clients trust it.
  ///
  /// - Parameter directory: the absolute path of the authority's directory.
  public func trustInstructions(directory: String) -> String {
    self.trustInstructions(file: directory + "/" + Self.certificateFile)
  }

  /// The instructions for whoever has the certificate in a file.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - proxy: the proxy's address and port.
  func trustInstructions(file path: String, proxy: String = "127.0.0.1:8080") -> String {
    let file = shellQuoted(path)
    let nickname = shellQuoted(self.name)
    return """
      Certificate:  \(path)
      Name:         \(self.name)
      Valid until:  \(self.expiry)
      SHA-256:      \(self.fingerprint)
      Key pin:      \(self.publicKeyPin)

      Whoever has the private key beside the certificate can pose as any site to those who trust
      it. Never give it away, and trust the certificate no more widely than you need.

      curl, for one command:
        curl --cacert \(file) --proxy http://\(proxy) https://example.com/

      Programs that are told by the environment:
        export CURL_CA_BUNDLE=\(file)        # curl
        export SSL_CERT_FILE=\(file)         # programs with OpenSSL, Python's ssl module
        export REQUESTS_CA_BUNDLE=\(file)    # Python requests
        export NODE_EXTRA_CA_CERTS=\(file)   # Node.js, beside its own authorities
      All but the last can replace the list of a program's own. Where it also talks to hosts that are
      not intercepted, name a file with both, and do not start the proxy itself like this:
        cat /etc/ssl/certs/ca-certificates.crt \(file) > both.pem

      Chromium, for one profile (trusts the key alone and installs nothing):
        chromium --user-data-dir="$(mktemp -d)" --proxy-server=http://\(proxy) \\
          --ignore-certificate-errors-spki-list=\(self.publicKeyPin)

      Chromium, for your user (Debian package libnss3-tools):
        certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n \(nickname) -i \(file)
      and to take it back:
        certutil -d "sql:$HOME/.pki/nssdb" -D -n \(nickname)

      Firefox: Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import,
      and there "Trust this CA to identify websites". Or for one profile:
        certutil -d sql:PROFILE_FOLDER -A -t C,, -n \(nickname) -i \(file)

      The whole system (Debian, Ubuntu):
        sudo cp \(file) /usr/local/share/ca-certificates/valor.crt
        sudo update-ca-certificates
      and to take it back:
        sudo rm /usr/local/share/ca-certificates/valor.crt
        sudo update-ca-certificates --fresh

      """
  }
}

/// A word for a POSIX shell: as it is where nothing in it is special, in single quotes otherwise.
func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte
      || "/._-+:@".utf8.contains(byte)
  }
  if isPlain, !word.isEmpty { return word }
  return "'"
    + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    + "'"
}
