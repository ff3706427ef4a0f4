import Interceptor
import NIOCore
import Testing

@testable import Valor

@Suite struct PluginsFileTests {
  static func parse(_ text: String, missing: Set<String> = []) throws -> [PluginDefinition] {
    try PluginsFile.parse(Array(text.utf8), file: "conf/plugins.json") {
      missing.contains($0) ? "No such file or directory" : nil
    }
  }

  /// A file with one plugin that has these further members.
  static func one(_ members: String) -> String {
    "{ \"plugins\": [\n{ \"name\": \"p\", \"path\": \"p.js\", \(members) } ] }"
  }

  static func error(_ text: String, missing: Set<String> = []) -> String {
    do {
      _ = try Self.parse(text, missing: missing)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func everyKey() throws {
    let plugins = try Self.parse(
      """
      { "plugins": [ {
        "name": "all", "type": "js", "path": "sub/all.js",
        "scopes": ["https://example.com/", "/v1/"], "url_prefix": "/api/all/", "match": "url",
        "module": false, "instances": 3, "on_failure": "fail-open",
        "limits": {"event_time": 1.5, "idle_time": 60, "unresponsive_time": 2, "memory": 256},
        "config": {"who": "Ada", "list": [1, 2.50]} } ] }
      """)
    let plugin = try #require(plugins.first)
    #expect(plugin.name == "all")
    #expect(plugin.source == .file("conf/sub/all.js"))
    #expect(plugin.scopes == ["https://example.com/", "/v1/"])
    #expect(plugin.scopeURLs == ["https://example.com/", "https://all.valor.proxy/v1/"])
    #expect(plugin.mountPath == "/api/all")
    #expect(plugin.instances == 3)
    #expect(plugin.failurePolicy == .failOpen)
    #expect(plugin.limits.eventTime == .milliseconds(1500))
    #expect(plugin.limits.idleTime == .seconds(60))
    #expect(plugin.limits.unresponsiveTime == .seconds(2))
    #expect(plugin.limits.memory == 256 << 20)
    #expect(plugin.config == #"{"who": "Ada", "list": [1, 2.50]}"#, "as it is written")
  }

  @Test func whatIsNotSaid() throws {
    let plugins = try Self.parse(
      #"{"plugins": [{"path": "/abs/hello.js"}, {"name": "B.2", "path": "b.mjs", "config": null}]}"#
    )
    #expect(plugins.map(\.name) == ["hello", "B.2"])
    #expect(plugins[0].source == .file("/abs/hello.js"))
    #expect(plugins[0].isMounted)
    #expect(plugins[0].mountPath == "/_hello")
    #expect(plugins[0].scopeURLs == ["https://hello.valor.proxy/"])
    #expect(plugins[0].scriptURL == "https://hello.valor.proxy/hello.js")
    #expect(plugins[0].instances == 1)
    #expect(plugins[0].failurePolicy == nil)
    #expect(plugins[1].scopeURLs == ["https://b.2.valor.proxy/"])
    #expect(plugins[1].config == nil)
  }

  @Test func wherePluginsAnswer() throws {
    func plugin(_ members: String) throws -> PluginDefinition {
      try #require(try Self.parse(Self.one(members)).first)
    }
    let absolute = try plugin(#""scopes": ["http://a.example/x/"]"#)
    #expect(!absolute.isMounted)
    #expect(absolute.scriptURL == "http://a.example/x/p.js")
    let both = try plugin(#""scopes": ["http://a.example"], "url_prefix": "_a""#)
    #expect(both.isMounted)
    #expect(both.scopeURLs == ["http://a.example/", "https://p.valor.proxy/"])
    #expect(both.mountPath == "/_a")
    let relative = try plugin(#""scopes": ["a/b", "./c?d"]"#)
    #expect(relative.scopeURLs == ["https://p.valor.proxy/a/b", "https://p.valor.proxy/c?d"])
    let patterns = try plugin(#""scopes": ["https://*.a.example/v1/*", "/v1/:id/x"]"#)
    #expect(patterns.scopeURLs == ["https://*.a.example/v1/*", "https://p.valor.proxy/v1/:id/x"])
    #expect(patterns.isMounted)
    let pattern = try plugin(#""scopes": ["http{s}?://a.example/*"]"#)
    #expect(!pattern.isMounted)
    #expect(pattern.scriptURL == "https://a.example/p.js")
    let client = try plugin(#""scopes": ["https://a.example/"], "match": "client""#)
    #expect(client.description.match == .client)
    #expect(pattern.description.match == .url)
    let none = try plugin(#""scopes": []"#)
    #expect(none.isMounted)
  }

  @Test(arguments: [
    (#""nmae": 1"#, #""nmae": there is no such key; did you mean name?"#),
    (#""url-prefix": "x""#, "did you mean url_prefix?"),
    (#""colour": 1"#, #""colour": there is no such key; known are name, type, path"#),
    (#""scopes": "https://a.example/""#, #""scopes": an array of strings has to be here"#),
    (#""scopes": [1]"#, #""scopes": a string has to be here, not a number"#),
    (#""scopes": ["ftp://a.example/"]"#, "neither an http nor an https URL"),
    (#""scopes": ["https://a.example/#x"]"#, "has a fragment"),
    (#""scopes": ["https://a.example/%2f"]"#, "escaped slash"),
    (#""scopes": ["https://u:p@a.example/"]"#, "user name"),
    (#""scopes": ["https://a.example/(x)*{"]"#, "is no URL pattern"),
    (#""scopes": ["ftp://*.example/"]"#, "matches neither http nor https"),
    (#""scopes": ["//a.example/"]"#, "neither an absolute URL nor a path"),
    (#""scopes": ["https://valor.proxy/"]"#, "the proxy itself answers"),
    (#""scopes": ["/a", "/a"]"#, "stands here twice"),
    (#""url_prefix": """#, "a prefix is a path"), (#""url_prefix": "a//b""#, "a prefix is a path"),
    (#""url_prefix": "../x""#, "a prefix is a path"),
    (#""url_prefix": "a b""#, "a prefix is a path"),
    (#""url_prefix": "_health""#, "the proxy itself answers at /_health"),
    (#""url_prefix": 1"#, #""url_prefix": a string has to be here"#),
    (#""type": "lua""#, #""type": js, wasm, wasi or native has to be here"#),
    (#""type": "native""#, #""type": plugins of type native cannot be run so far"#),
    (#""instances": 0"#, #""instances": a whole number from 1 to 64"#),
    (#""instances": 1.5"#, #""instances": a whole number from 1 to 64"#),
    (#""limits": {"memory": 1}"#, #""memory": a whole number from 64 to 1048576"#),
    (#""limits": {"event_time": "1s"}"#, #""event_time": a number from 0.1 to 86400"#),
    (#""limits": {"cpu": 1}"#, #""cpu": there is no such key; known are event_time"#),
    (#""limits": []"#, "an object has to be here, not an array"),
    (#""env": {}"#, #""env": a js plugin has no environment"#),
    (#""on_failure": "ignore""#, #""on_failure": error or fail-open has to be here"#),
    (#""match": "regex""#, #""match": url or client has to be here"#),
    (#""match": "client""#, "only scopes that are URLs can be matched by client"),
    (#""module": 1"#, #""module": true or false has to be here"#),
    (#""source": "x""#, #"a "path" or a "source", not both"#),
  ])
  func aMistakeIsNamed(members: String, reason: String) {
    let error = Self.error(Self.one(members))
    #expect(error.hasPrefix("conf/plugins.json:2:"), "\(error)")
    #expect(error.contains(#"plugin "p": "#), "\(error)")
    #expect(error.contains(reason), "\(error)")
  }

  @Test(arguments: [
    ("{}", "conf/plugins.json:1:1: it has no \"plugins\""),
    ("[]", "conf/plugins.json:1:1: an object has to be here, not an array"),
    ("{\"plugins\": {}}", "conf/plugins.json:1:13: \"plugins\": an array has to be here"),
    ("{\"plugins\": [], \"x\": 1}", "conf/plugins.json:1:17: \"x\": there is no such key"),
    ("{\"plugins\": [1]}", "conf/plugins.json:1:14: an object has to be here, not a number"),
    ("{\"plugins\": [{}]}", "conf/plugins.json:1:14: the plugin needs a \"path\""),
    ("{\"plugins\": [\n", "conf/plugins.json:2:1: the text ends"),
    ("{\"plugins\": [{\"path\": \"x\"}]}", "cannot be told from its name: add a \"type\""),
    ("{\"plugins\": [{\"path\": \"x.so\"}]}", "type native cannot be run so far"),
    ("{\"plugins\": [{\"path\": \"a b.js\"}]}", "needs a name of its own"),
    ("{\"plugins\": [{\"name\": \"a/b\", \"path\": \"x.js\"}]}", "\"name\": a name has up to 63"),
    ("{\"plugins\": [{\"name\": \"-a\", \"path\": \"x.js\"}]}", "\"name\": a name has up to 63"),
    ("{\"plugins\": [{\"source\": \"x\"}]}", "the plugin needs a name"),
  ])
  func aWrongFile(text: String, reason: String) {
    #expect(Self.error(text).contains(reason), "\(Self.error(text))")
  }

  @Test func aMissingFileIsNamed() {
    let error = Self.error(
      "{\"plugins\": [\n {\"path\": \"a.js\"},\n {\"path\": \"b.js\"}]}", missing: ["conf/b.js"])
    #expect(
      error
        == "conf/plugins.json:3:2: plugin \"b\": \"path\": conf/b.js cannot be read: No such file or directory"
    )
  }

  @Test(arguments: [
    (#"{"path": "a.js"}, {"name": "A", "path": "b.js"}"#, "two plugins of this name"),
    (
      #"{"path": "a.js", "url_prefix": "x"}, {"path": "b.js", "url_prefix": "x"}"#,
      "the plugin a is mounted at /x too"
    ),
    (
      #"{"path": "a.js", "scopes": ["http://x.example"]}, {"path": "b.js", "scopes": ["http://X.example/"]}"#,
      "the plugin a has the scope http://x.example/ too"
    ),
  ])
  func twoPluginsThatShareWhatOnlyOneCanHave(plugins: String, reason: String) {
    let error = Self.error("{\"plugins\": [\(plugins)]}")
    #expect(error.contains(reason), "\(error)")
  }
}
