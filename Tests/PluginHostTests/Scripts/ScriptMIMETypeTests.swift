import FetchModel
import Testing

@testable import PluginHost

@Suite struct ScriptMIMETypeTests {
  @Test(arguments: [
    ("text/javascript", ScriptMIMEType.javaScript), ("TEXT/JavaScript;charset=x", .javaScript),
    (" application/ecmascript ; a", .javaScript), ("text/javascript1.5", .javaScript),
    ("text/javascript1.6", .other), ("text/plain", .other), ("", .other), ("javascript", .other),
    ("text/javascript x", .other), ("text/html, text/javascript", .javaScript),
    ("text/javascript, text/html", .other), ("text/javascript, bad", .javaScript),
    ("text/javascript, */*", .javaScript), ("application/json", .json), ("a/b+json;x", .json),
  ]) func essence(value: String, expected: ScriptMIMEType) {
    #expect(ScriptMIMEType(HeaderList([("Content-Type", value)])) == expected)
  }

  @Test func theLastFieldCounts() {
    let fields = [("Content-Type", "text/html"), ("content-type", "text/javascript")]
    #expect(ScriptMIMEType(HeaderList(fields)) == .javaScript)
    #expect(ScriptMIMEType(HeaderList()) == .other)
  }
}
