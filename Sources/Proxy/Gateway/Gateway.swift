import NIOCore

/// The pages with which a device is set up: at the magic host `valor.proxy` for those who use the
/// proxy already, and at the listener's own address for those who do not yet.
///
/// They are the same for everybody and have no secrets: who can reach the listener can read them.
public struct Gateway: Sendable {
  /// What the index page says of the moment.
  struct Status: Equatable {
    /// How long the proxy has run.
    var uptime: TimeAmount
    /// Client connections that are open.
    var openConnections: Int
    /// Client connections since the start.
    var acceptedConnections: Int
  }

  /// The host whose requests, with any port, never leave the proxy, whatever a plugin claims.
  public static let host = "valor.proxy"

  /// Whether requests to this host are for the proxy.
  public static func isOwn(_ host: String) -> Bool {
    // Asked for every request: a host of another length is told apart without comparing.
    switch host.utf8.count {
    case 11: host == Self.host
    case 12: host == "valor.proxy."
    default: false
    }
  }

  /// Whether a host is one of the plugins' own origins, below ``host``: there is no network there.
  static func isPluginHost(_ host: String) -> Bool {
    // Asked for every relayed request: most hosts end otherwise.
    guard let last = host.utf8.last, last == UInt8(ascii: "y") || last == UInt8(ascii: ".") else {
      return false
    }
    return host.hasSuffix("." + Self.host) || host.hasSuffix(".valor.proxy.")
  }

  private let authority: CertificateAuthority

  init(authority: CertificateAuthority) { self.authority = authority }

  /// The page at a path.
  ///
  /// - Parameters:
  ///   - target: path and query; the query does not matter.
  ///   - proxy: the proxy's address and port as this client reached it.
  ///   - status: asked for the index only.
  /// - Returns: `nil` where there is no such page.
  func page(
    _ target: String, method: HTTPMethod, proxy: Authority, status: () -> Status
  ) -> GatewayPage? {
    let path = target.prefix { $0 != "?" }
    let page: GatewayPage
    switch path {
    case "/", "": page = self.index(proxy, status())
    case "/ca.pem":
      page = Self.ok("application/x-pem-file", fileName: "valor-ca.pem", self.authority.pem)
    case "/ca.der":
      page = Self.ok("application/x-x509-ca-cert", fileName: "valor-ca.cer", self.authority.der)
    case "/proxy.pac":
      let script = autoConfiguration(proxy: proxy)
      page = Self.ok("application/x-ns-proxy-autoconfig", Array(script.utf8))
    case "/_health":
      page = Self.ok("application/json", Array("{\"status\":\"ok\"}\n".utf8))
    default: return nil
    }
    return method == .get || method == .head ? page : .methodNotAllowed
  }

  private static func ok(
    _ contentType: String, fileName: String? = nil, _ body: [UInt8]
  ) -> GatewayPage {
    GatewayPage(
      status: 200, reason: "OK", contentType: contentType, fileName: fileName, body: body)
  }

  private func index(_ proxy: Authority, _ status: Status) -> GatewayPage {
    let address = proxy.serialized(defaultPort: 0)
    let instructions = self.authority.trustInstructions(file: "valor-ca.pem", proxy: address)
    let text = """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Valor</title>
      <h1>Valor \(ProductVersion.current)</h1>
      <p>This is an HTTP and HTTPS proxy at <code>\(escapeHTML(address))</code>. \
      It has run for \(durationText(status.uptime)). Client connections: \
      \(status.openConnections) open, \(status.acceptedConnections) since the start.</p>
      <h2>Set up a client</h2>
      <ul>
      <li><a href="/ca.pem">The certificate authority's certificate (PEM)</a></li>
      <li><a href="/ca.der">The same for phones and Windows (DER)</a></li>
      <li><a href="/proxy.pac">Automatic proxy configuration (PAC)</a>: \
      <code>http://\(escapeHTML(address))/proxy.pac</code></li>
      </ul>
      <h2>Trust the authority</h2>
      <p>Only HTTPS that the proxy opens needs this. Compare the SHA-256 fingerprint with what \
      <code>valor ca show</code> prints where the proxy runs: this page came unprotected.</p>
      <pre>
      \(escapeHTML(instructions))</pre>
      </html>

      """
    return Self.ok("text/html; charset=utf-8", Array(text.utf8))
  }
}

/// A proxy auto-configuration file that sends everything through the proxy.
///
/// Where the proxy is on another machine, a client's own loopback addresses stay its own.
///
/// - Parameter proxy: an IP address and a port.
func autoConfiguration(proxy: Authority) -> String {
  let isLocal = proxy.host.hasPrefix("127.") || proxy.host == "::1"
  let exception = """
      if (host == "localhost" || shExpMatch(host, "*.localhost") || host == "::1" ||
          host == "[::1]" || /^127(\\.\\d+){3}$/.test(host)) {
        return "DIRECT";
      }

    """
  return """
    function FindProxyForURL(url, host) {
    \(isLocal ? "" : exception)  return "PROXY \(proxy.serialized(defaultPort: 0))";
    }

    """
}

/// A text within HTML, in attributes too.
func escapeHTML(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

/// A time as `3 d 4 h 5 min 6 s`, without the units that would be 0 in front.
func durationText(_ time: TimeAmount) -> String {
  let seconds = max(0, time.nanoseconds) / 1_000_000_000
  let parts = [
    (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"),
    (seconds % 60, "s"),
  ]
  let shown = parts.drop { $0.0 == 0 }
  return shown.isEmpty ? "0 s" : shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
}
