import CJavaScriptCore
import FetchModel

extension JavaScriptPlugin {
  /// The parser behind the `URL` class.
  var urlNatives: [Native] {
    [
      ("parseURL", { [unowned self] in self.parseURL($0) }),
      ("setURL", { [unowned self] in self.setURL($0) }),
    ]
  }

  /// `(input[, base])` → the attributes one a line, or `undefined`.
  private func parseURL(_ arguments: NativeArguments) -> JSValue? {
    if arguments.isUndefined(1) {
      return WebURL(arguments.text(0)).map { self.pack($0) }
    }
    guard let base = self.parsedBase(arguments.text(1)) else { return nil }
    return WebURL(arguments.text(0), base: base).map { self.pack($0) }
  }

  /// Most scripts have one base.
  private func parsedBase(_ text: String) -> WebURL? {
    if let base = self.base, base.href == text { return base }
    guard let parsed = WebURL(text) else { return nil }
    self.base = parsed
    return parsed
  }

  /// `(href, attribute, value)` → as `parseURL`; `undefined` where the value is not taken.
  private func setURL(_ arguments: NativeArguments) -> JSValue? {
    guard var url = WebURL(arguments.text(0)),
      let attribute = WebURL.Attribute(rawValue: arguments.text(1)),
      url.set(attribute, to: arguments.text(2))
    else { return nil }
    return self.pack(url)
  }

  private func pack(_ url: WebURL) -> JSValue {
    var text: [UInt8] = []
    text.reserveCapacity(3 * url.href.utf8.count + 16)
    text.append(contentsOf: url.href.utf8)
    text.append(0x0A)
    text.append(contentsOf: url.origin.utf8)
    for attribute in WebURL.Attribute.allCases where attribute != .href {
      text.append(0x0A)
      text.append(contentsOf: url.get(attribute).utf8)
    }
    return text.withUnsafeBytes { self.context.string(utf8: $0) }
  }
}
