import FetchModel
import Interceptor

/// The essences of a *JavaScript MIME type*
/// ([MIME Sniffing §4.6](https://mimesniff.spec.whatwg.org/#javascript-mime-type)).
private let javaScriptEssences: Set<String> = [
  "application/ecmascript", "application/javascript", "application/x-ecmascript",
  "application/x-javascript", "text/ecmascript", "text/javascript", "text/javascript1.0",
  "text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
  "text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript",
  "text/x-javascript",
]

private let typeScriptEssences: Set<String> = [
  "application/typescript", "application/x-typescript", "text/typescript", "text/x-typescript",
]

/// What a response's `Content-Type` says its body is, as far as loading scripts cares.
enum ScriptMIMEType: Equatable {
  case javaScript
  case json
  /// One of the types that servers say where they know TypeScript; none of them is registered.
  case typeScript
  /// None of these, or nothing valid.
  case other

  /// *Extract a MIME type* ([Fetch §3.6](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type)),
  /// of which only the essence counts here: the last valid one of all fields.
  init(_ headers: HeaderList) {
    var essence = ""
    for value in headers.all("Content-Type") {
      for item in value.split(separator: ",") {
        guard let found = Self.essence(of: item), found != "*/*" else { continue }
        essence = found
      }
    }
    self =
      if javaScriptEssences.contains(essence) {
        .javaScript
      } else if essence == "application/json" || essence == "text/json"
        || essence.hasSuffix("+json")
      {
        .json
      } else if typeScriptEssences.contains(essence) {
        .typeScript
      } else {
        .other
      }
  }

  private static func essence(of text: Substring) -> String? {
    let essence = text.prefix { $0 != ";" }.trimmingHTTPSpace().lowercased()
    let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isTokenByte) })
    else { return nil }
    return essence
  }
}

extension Substring {
  /// Without spaces, tabs and line ends around it.
  fileprivate func trimmingHTTPSpace() -> Substring {
    func isSpace(_ c: Character) -> Bool { c == " " || c == "\t" || c == "\r" || c == "\n" }
    guard let last = self.lastIndex(where: { !isSpace($0) }) else { return "" }
    return self[...last].drop { isSpace($0) }
  }
}
