import ArgumentParser
import Proxy
import Testing

@testable import Valor

@Suite struct ConfigurationFileTests {
  static func parse(_ text: String, _ commandLine: [String] = []) throws -> [String] {
    try ConfigurationFile.parse(
      Array(text.utf8), file: "/etc/valor/valor.json", commandLine: commandLine)
  }

  static func error(_ text: String) -> String {
    do {
      return "\(try Self.parse(text))"
    } catch {
      return "\(error)"
    }
  }

  @Test func optionsBecomeArguments() throws {
    let arguments = try Self.parse(
      """
      { "listen": "127.0.0.1:3128", "max-connections": 12, "insecure-upstream": true,
        "passthrough": ["a.example", "*.b.example"], "access-log": "-", "plugins": "p.json",
        "plugin": ["x.js=http://x.example/"], "ca-dir": "/srv/ca" }
      """)
    #expect(
      arguments == [
        "--listen=127.0.0.1:3128", "--max-connections=12", "--insecure-upstream",
        "--passthrough=a.example", "--passthrough=*.b.example", "--access-log=-",
        "--plugins=/etc/valor/p.json", "--plugin=/etc/valor/x.js=http://x.example/",
        "--ca-dir=/srv/ca",
      ])
    let command = try RunCommand.parse(arguments)
    #expect(command.limits.connections == 12)
    #expect(command.upstream.isInsecure)
    #expect(command.upstream.passthrough == ["a.example", "*.b.example"])
  }

  @Test func theCommandLineWins() throws {
    let text = """
      { "max-connections": 12, "insecure-upstream": true, "passthrough": ["a.example"],
        "intercept": "all" }
      """
    let own = ["--max-connections", "7", "--no-insecure-upstream", "--passthrough=b.example"]
    let command = try RunCommand.parse(try Self.parse(text, own) + own)
    #expect(command.limits.connections == 7)
    #expect(!command.upstream.isInsecure)
    #expect(command.upstream.passthrough == ["b.example"])
    #expect(command.intercept == .all)
  }

  @Test(arguments: [
    (
      "{\n \"listne\": 1}",
      "/etc/valor/valor.json:2:2: \"listne\": there is no such option; did you mean listen?"
    ),
    ("{\"max_connections\": 1}", "did you mean max-connections?"),
    ("{\"dataDir\": \"x\"}", "did you mean data-dir?"),
    ("{\"help\": true}", "there is no such option"),
    ("{\"config\": \"x\"}", "there is no such option"),
    ("{\"\": 1}", "there is no such option"), ("{\"-h\": true}", "there is no such option"),
    ("{\"no-insecure-upstream\": true}", "there is no such option"),
    ("{\"listen=x\": 1}", "there is no such option"), ("{\"version\": true}", "no such option"),
    ("{\"generate-completion-script\": \"bash\"}", "there is no such option"),
    ("{\"experimental-dump-help\": true}", "there is no such option"),
    ("{\"listen\": \"nonsense\"}", "/etc/valor/valor.json:1:12: \"listen\": "),
    ("{\"max-connections\": 0}", ":1:21: \"max-connections\": "),
    ("{\"max-connections\": null}", "a string, a number, true, false or an array"),
    ("{\"max-connections\": true}", ":1:21: \"max-connections\": "),
    ("{\"insecure-upstream\": \"yes\"}", "\"insecure-upstream\": "),
    ("{\"limits\": {}}", "\"limits\": "), ("[]", ":1:1: an object has to be here, not an array"),
    ("{", ":1:2: a key in quotes has to be here"),
  ])
  func aMistakeIsNamed(text: String, reason: String) {
    #expect(Self.error(text).contains(reason), "\(Self.error(text))")
  }

  @Test func everyOptionOfRunCanBeInTheFile() throws {
    let help = RunCommand.helpMessage(columns: 200)
    let names = help.split { !"abcdefghijklmnopqrstuvwxyz-".contains($0) }
      .filter { $0.hasPrefix("--") && !$0.hasPrefix("--no-") }.map { String($0.dropFirst(2)) }
    let options = Set(names).subtracting(["", "help", "version", "config"])
    #expect(options.contains("max-connections") && options.contains("plugin"))
    for option in options {
      // Whatever value would be right: the option itself is known.
      #expect(!Self.error("{\"\(option)\": \"1\"}").contains("no such option"), "\(option)")
    }
  }
}
