package import FetchModel
import NIOCore

/// Why an answer of a plugin cannot be given to a client.
struct InvalidResponse: Error, Equatable {
  /// A clause with the plugin as its subject.
  var reason: String
}

/// Makes a response that a script made fit for the wire, or says why it is not.
///
/// In a browser such a response never crosses HTTP: the fields that describe how a message is framed
/// or coded have no effect there, but would be believed by the client of a proxy. They go:
/// - `Content-Encoding`: the body that a script reads is decoded, so `new Response(r.body, r)` names
///   a coding that is no longer there; and a script does not compress by naming a coding.
/// - `Transfer-Encoding`, `Connection`, `Keep-Alive`, `Proxy-*`, `TE`, `Trailer`, `Upgrade`: of one
///   connection only ([RFC 9110 §7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)).
/// - `Content-Length` where a body follows: the body's own length counts. It stays in an answer to
///   HEAD and in a 304, where it tells the length of a body that does not follow; an answer to HEAD
///   that has a body says that body's.
/// - `Set-Cookie`, `Set-Cookie2`: forbidden response-header names of Fetch.
func validate(
  _ response: FetchResponse, method: String
) -> Result<FetchResponse, InvalidResponse> {
  guard (200...599).contains(response.status) else {
    return .failure(InvalidResponse(reason: "its answer has the status \(response.status)"))
  }
  guard isFieldText(response.statusText) else {
    return .failure(
      InvalidResponse(reason: "its answer has a status text with a control character"))
  }
  guard let invalid = firstInvalidField(response.headers) else {
    return .success(removingMessageFields(response, method: method))
  }
  return .failure(InvalidResponse(reason: "its answer has an invalid field \(invalid)"))
}

/// A response that a script has made without what ``validate(_:method:)`` says goes.
package func removingMessageFields(_ response: FetchResponse, method: String) -> FetchResponse {
  var response = response
  let isNullBody = [204, 205, 304].contains(response.status)
  let keepsLength =
    (method == "HEAD" || response.status == 304)
    && response.headers.first("Content-Length").map(isLength) == true
  response.headers = response.headers.filter { name in
    switch name {
    case .contentEncoding, .transferEncoding, .connection, .keepAlive, .proxy, .te, .trailer,
      .upgrade, .setCookie, .setCookie2:
      false
    case .contentLength: keepsLength
    default: true
    }
  }
  if isNullBody || method == "HEAD" {
    if !isNullBody, !keepsLength, let length = response.body.lengthForHEAD {
      response.headers.append(name: "Content-Length", value: "\(length)")
    }
    response.body.cancel()
    response.body = .none
  }
  return response
}

extension FetchBody {
  /// What an answer to GET would say; `nil` where a script has given no body, which says nothing of
  /// the one that GET would get.
  fileprivate var lengthForHEAD: Int? { if case .none = self { nil } else { self.length } }
}

private func isLength(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.count < 19 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

/// The name of the first field that is not one of
/// [RFC 9110 §5](https://www.rfc-editor.org/rfc/rfc9110#section-5), quoted; `nil` where all are.
package func firstInvalidField(_ headers: HeaderList) -> String? {
  var invalid: String?
  headers.forEachField { name, value in
    let isValid =
      !name.isEmpty && name.allSatisfy(isTokenByte)
      && value.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
    if !isValid, invalid == nil { invalid = latin1String(name).debugDescription }
  }
  return invalid
}

/// Whether a reason phrase has no control characters
/// ([RFC 9112 §4](https://www.rfc-editor.org/rfc/rfc9112#section-4)).
private func isFieldText(_ text: String) -> Bool {
  text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
}

/// Whether a byte may stand in a token
/// ([RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
package func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
    UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
    UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"),
    UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default: false
  }
}
