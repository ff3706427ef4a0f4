import CJavaScriptCore
import FetchModel
import NIOCore

extension JavaScriptPlugin {
  /// Parsers of MIME types, forms and `data:` URLs.
  var typeNatives: [Native] {
    [
      ("parseMIMEType", { [unowned self] in self.parseMIMEType($0) }),
      ("parseMultipart", { [unowned self] in self.parseMultipart($0) }),
      ("parseDataURL", { [unowned self] in self.parseDataURL($0) }),
      (
        "decodeLatin1",
        { [unowned self] in
          let units = self.context.withBytes($0[0]) { $0.map { UInt16($0) } }
          return self.context.string(utf16: units)
        }
      ),
    ]
  }

  /// `(text, whether it is the values of Content-Type fields)` → the essence, the serialised type,
  /// then names and values of parameters, one a line; `undefined` where it is no MIME type.
  private func parseMIMEType(_ arguments: NativeArguments) -> JSValue? {
    let text = arguments.text(0)
    let parsed =
      arguments.bool(1) ? MIMEType.extract(fromContentType: text) : MIMEType(text)
    guard let type = parsed else { return nil }
    var lines = [type.essence, type.serialized]
    for (name, value) in type.parameters { lines += [name, value] }
    return self.context.string(lines.joined(separator: "\n"))
  }

  /// `(bytes, boundary)` → JSON, an array with five values for each part: name, file name or null,
  /// type, where the content begins and ends; `undefined` where the bytes are no form.
  private func parseMultipart(_ arguments: NativeArguments) -> JSValue? {
    let boundary = arguments.text(1)
    let parts = self.context.withBytes(arguments[0]) {
      MultipartFormData.parse($0, boundary: boundary)
    }
    guard let parts else { return nil }
    var json = "["
    for part in parts {
      if json.utf8.count > 1 { json += "," }
      json += quoted(part.name) + ","
      json += (part.filename.map(quoted) ?? "null") + ","
      json += quoted(part.contentType ?? "text/plain")
      json += ",\(part.content.lowerBound),\(part.content.upperBound)"
    }
    return self.context.string(json + "]")
  }

  /// `(URL)` → `[type, bytes]`; `undefined` where it is no `data:` URL that can be processed.
  private func parseDataURL(_ arguments: NativeArguments) -> JSValue? {
    guard let url = WebURL(arguments.text(0)), let data = DataURL(url) else { return nil }
    return self.context.array(
      self.context.string(data.type.serialized), self.context.bytes(data.body),
      self.context.undefined)
  }
}

/// A string of JSON ([RFC 8259 §7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
private func quoted(_ text: String) -> String {
  var json = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": json += "\\\""
    case "\\": json += "\\\\"
    case "\u{0}"..<" ":
      let digits = String(scalar.value, radix: 16)
      json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: json.unicodeScalars.append(scalar)
    }
  }
  return json + "\""
}
