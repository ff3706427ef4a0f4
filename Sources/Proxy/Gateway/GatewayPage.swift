import FetchModel
import NIOCore

/// A page of the proxy's own, as an answer to GET.
struct GatewayPage: Equatable {
  var status: Int
  var reason: String
  var contentType: String
  /// The name under which a browser saves it; `nil` for what it shows.
  var fileName: String?
  /// The methods that the page knows, where the request's was another one.
  var allow: String?
  var body: [UInt8]

  /// The whole message.
  ///
  /// - Parameters:
  ///   - isHead: whether the request was a HEAD, which gets no body.
  ///   - connection: the `Connection` line with its CRLF, or nothing.
  func serialized(isHead: Bool, connection: StaticString) -> ByteBuffer {
    var headers = HeaderList([
      ("Content-Type", self.contentType),
      // The pages have no script, style or picture; whatever finds its way in is not run.
      (
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
      ),
      ("X-Content-Type-Options", "nosniff"),
      ("Referrer-Policy", "no-referrer"),
      ("Cache-Control", "no-store"),
    ])
    if let fileName {
      headers.append(
        name: "Content-Disposition", value: "attachment; filename=\"\(fileName)\"")
    }
    if let allow { headers.append(name: "Allow", value: allow) }
    var out = ByteBuffer()
    HeadWriter.response(
      status: self.status, reason: self.reason, headers: headers, contentLength: self.body.count,
      framing: .asDeclared, connection: connection, into: &out)
    if !isHead { out.writeBytes(self.body) }
    return out
  }

  /// A page of plain text.
  static func text(_ status: Int, _ reason: String, _ text: String) -> GatewayPage {
    GatewayPage(
      status: status, reason: reason, contentType: "text/plain; charset=utf-8",
      body: Array("\(status) \(reason): \(text)\n".utf8))
  }

  /// There is nothing at a path; says what there is elsewhere.
  static func notFound(_ mounts: [GatewayMounts.Mount]) -> GatewayPage {
    let plugins = mounts.map { "  \($0.path)/  \($0.name)" }
    let lines =
      [
        "This is a forward proxy. Send requests through it; to it only these:",
        "  /  /ca.pem  /ca.der  /proxy.pac  /_health",
        plugins.isEmpty ? "No plugin is mounted." : "Plugins are mounted at:",
      ] + plugins
    return Self.text(404, "Not Found", lines.joined(separator: "\n"))
  }

  /// A request for a plugin by a host that a web page may have made up; ``GatewayHosts`` says why.
  static let misdirected = Self.text(
    421, "Misdirected Request",
    "Plugins answer here for an IP address, localhost and valor.proxy only; "
      + "--gateway-host names further hosts.")

  static let methodNotAllowed: GatewayPage = {
    var page = Self.text(405, "Method Not Allowed", "This page knows GET and HEAD only.")
    page.allow = "GET, HEAD"
    return page
  }()
}
