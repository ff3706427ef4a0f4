import FetchModel
import NIOCore
import Testing

@testable import PluginHost

@Suite struct WorkerLifeTests {
  @Test func aScriptAnswersARequest() throws {
    let worker = try WorkerHarness(
      script: "addEventListener('fetch', e => e.respondWith(new Response('hi ' + e.request.url)))")
    #expect(worker.listeners == ["fetch"])
    try worker.fetchEvent(7)
    let (head, body) = try worker.response()
    #expect(head.status == 200)
    #expect(head.headers.first("content-type") == "text/plain;charset=UTF-8")
    #expect(body == "hi https://app.test/page")
  }

  @Test(
    arguments: [
      ("let a = 1;\nfoo(;\n", "SyntaxError: Unexpected token ';'", 2, 5),
      ("\n\n  null.x", "TypeError: null is not an object (evaluating 'null.x')", 3, 7),
      ("\nnew Response('', {status: 7})", "RangeError: Response: the status 7 is outside", 2, 13),
      ("throw 'up'", "up", 0, 0),
      ("let x;\nlet x;", "SyntaxError: Cannot declare a let variable twice: 'x'.", 2, 5),
    ] as [(String, String, UInt32, UInt32)])
  func aFailureToStartSaysWhere(
    source: String, message: String, line: UInt32, column: UInt32
  ) throws {
    let worker = try WorkerHarness()
    try worker.start(source)
    guard case .startFailed(let failure) = try worker.next() else {
      Issue.record("it started")
      return
    }
    #expect(failure.message.hasPrefix(message), "\(failure)")
    #expect(failure.file == "/plugins/sw.js")
    #expect(failure.line == line, "\(failure)")
    #expect(failure.column == column, "\(failure)")
    #expect(try worker.waitForExit() == 0)
  }

  @Test func itEndsAtStopAndWhenTheSocketIsGone() throws {
    let stopped = try WorkerHarness(script: "")
    try stopped.send(.stop)
    #expect(try stopped.waitForExit() == 0)
    let deserted = try WorkerHarness(script: "setInterval(() => {}, 1)")
    deserted.disconnect()
    #expect(try deserted.waitForExit() == 0)
  }

  @Test func garbageEndsItWithAnError() throws {
    let worker = try WorkerHarness(script: "")
    try worker.sendBytes([2, 0, 0, 0, 250, 1])
    #expect(try worker.waitForExit() == 1)
  }

  @Test func timersDoNotStarveTheSocket() throws {
    let worker = try WorkerHarness(
      script: """
        const again = () => setTimeout(again, 0); again(); again();
        setInterval(() => {}, 0);
        addEventListener('fetch', e => e.respondWith(new Response('x')));
        """)
    for event in 1...50 as ClosedRange<UInt32> {
      try worker.fetchEvent(event)
      #expect(try worker.response().body == "x")
    }
  }

  @Test func aPluginSeesTheEngineFinishWebAssembly() throws {
    // Done by the engine on its run loop and not as a microtask.
    let result = try WorkerHarness.run(
      """
      const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0,
        7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11]);
      return (await WebAssembly.instantiate(bytes)).instance.exports.f();
      """)
    #expect(result == "42")
  }

  @Test func timersFireInOrderAndNotAfterTheirTurn() {
    var timers = TimerQueue()
    timers.set(1, deadline: 20)
    timers.set(2, deadline: 10)
    timers.set(3, deadline: 10)
    timers.set(4, deadline: 5)
    timers.clear(4)
    #expect(timers.nextDeadline() == 10)
    let mark = timers.mark
    timers.set(5, deadline: 0)
    var fired: [Int32] = []
    while let id = timers.popDue(now: 15, mark: mark) { fired.append(id) }
    #expect(fired.isEmpty, "a timer set meanwhile is in front and waits for the next turn")
    while let id = timers.popDue(now: 15, mark: timers.mark) { fired.append(id) }
    #expect(fired == [5, 2, 3])
    #expect(timers.nextDeadline() == 20)
    timers.set(1, deadline: 30)
    #expect(timers.nextDeadline() == 30)
    #expect(timers.count == 1)
  }
}
