import NIOCore
import Testing

@testable import PluginHost

/// `InstallEvent.addRoutes()`: what of it is checked in the script, and how the rest reaches the host.
@Suite struct RoutesTests {
  /// A worker whose `install` adds routes, and what it says of the outcome.
  private func worker(adding rules: String) throws -> WorkerHarness {
    let worker = try WorkerHarness(
      script: """
        oninstall = (event) => event.waitUntil(
          event.addRoutes(\(rules)).then(
            (value) => console.log(`added ${value}`), (error) => console.log(error.name)));
        """)
    try worker.send(.install(event: 1))
    return worker
  }

  /// The rules as they go to the host.
  private func lines(of rules: String) throws -> String {
    let worker = try self.worker(adding: rules)
    guard case .call(let call, .addRoutes, let payload) = try worker.next() else {
      return worker.console.last?.text ?? "no call"
    }
    try worker.send(
      .callResult(call: call, errorName: "", message: "", payload: ByteBuffer()))
    guard case .lifetimeSettled(1, "") = try worker.next() else { return "not settled" }
    #expect(worker.console.last?.text == "added undefined")
    return String(buffer: payload)
  }

  @Test func everyMember() throws {
    #expect(
      try self.lines(
        of: """
          [{ condition: { requestMethod: 'post', requestMode: 'cors', requestDestination: '',
               runningStatus: 'not-running' }, source: 'network' },
           { condition: { or: [{ not: { requestMode: 'navigate' } }] },
             source: { cacheName: 'a\\nb\\\\' } }]
          """) == """
          rule
          all
          4
          method
          post
          mode
          cors
          destination

          running
          0
          network
          rule
          or
          1
          not
          all
          1
          mode
          navigate
          named-cache
          a\\nb\\\\
          """)
  }

  @Test(arguments: [
    ("'x/:id'", "0|https|*|*|app.test||/x/:id|*|*|"),
    ("new URLPattern({ pathname: '/A' }, { ignoreCase: true })", "1|*|*|*|*|*|/A|*|*|"),
    ("{ search: 'q' }", "0|https|*|*|app.test||/sw.js|q|*|"),
  ])
  func patterns(_ pattern: String, _ expected: String) throws {
    let lines = try self.lines(
      of: "{ condition: { urlPattern: \(pattern) }, source: 'cache' }"
    ).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.prefix(4) == ["rule", "all", "1", "init"])
    #expect(lines.last == "cache")
    #expect(
      lines.dropFirst(4).dropLast().map { $0.hasPrefix("=") ? $0.dropFirst() : $0 }
        .joined(separator: "|") == expected)
  }

  @Test(arguments: [
    "", "1", "[1]", "{}", "{ source: 'network' }", "{ condition: { requestMode: 'cors' } }",
    "{ condition: {}, source: 'network' }",
    "{ condition: { requestMode: 'cors' }, source: 'nowhere' }",
    "{ condition: { requestMode: 'nothing' }, source: 'network' }",
    "{ condition: { requestMethod: '\\u3042' }, source: 'network' }",
    "{ condition: { requestDestination: 'nothing' }, source: 'network' }",
    "{ condition: { runningStatus: 'nothing' }, source: 'network' }",
    "{ condition: { urlPattern: '/{' }, source: 'network' }",
    "{ condition: { or: 1 }, source: 'network' }",
    "{ condition: { or: [{}] }, source: 'network' }",
    "{ condition: { requestMode: 'cors', not: { requestMode: 'cors' } }, source: 'network' }",
    "{ condition: { or: [], not: { requestMode: 'cors' } }, source: 'network' }",
    "{ condition: { requestMode: 'cors' }, source: {} }",
  ])
  func whatIsRefusedInTheScript(_ rules: String) throws {
    let worker = try self.worker(adding: rules)
    guard case .lifetimeSettled(1, "") = try worker.next() else { return #expect(Bool(false)) }
    #expect(worker.console.last?.text == "TypeError")
  }

  @Test func whatTheHostRefuses() throws {
    let worker = try self.worker(
      adding: "{ condition: { requestMode: 'cors' }, source: 'fetch-event' }")
    guard case .call(let call, .addRoutes, _) = try worker.next() else {
      return #expect(Bool(false))
    }
    try worker.send(
      .callResult(call: call, errorName: "TypeError", message: "no", payload: ByteBuffer()))
    guard case .lifetimeSettled(1, "") = try worker.next() else { return #expect(Bool(false)) }
    #expect(worker.console.last?.text == "TypeError")
  }

  @Test func onlyWhileTheEventIsActive() throws {
    let result = try WorkerHarness.run(
      """
      const outside = new InstallEvent('install');
      const rule = { condition: { requestMode: 'cors' }, source: 'network' };
      return [await rejected(outside.addRoutes(rule)),
        await rejected(InstallEvent.prototype.addRoutes.call({}, rule)),
        InstallEvent.prototype.addRoutes.length].join();
      """)
    #expect(result == "InvalidStateError,TypeError,1")
  }
}
