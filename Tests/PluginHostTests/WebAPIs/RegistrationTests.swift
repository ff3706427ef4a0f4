import Interceptor
import NIOCore
import Testing

@testable import PluginHost

@Suite struct RegistrationTests {
  private func packed(
    _ own: RegistrationSnapshot.Worker, installing: RegistrationSnapshot.Worker? = nil,
    waiting: RegistrationSnapshot.Worker? = nil, active: RegistrationSnapshot.Worker? = nil
  ) -> String {
    RegistrationSnapshot(own: own, installing: installing, waiting: waiting, active: active).packed
  }

  private func worker(_ number: UInt32, _ state: ServiceWorkerState) -> RegistrationSnapshot.Worker
  {
    RegistrationSnapshot.Worker(number: number, state: state)
  }

  @Test func workersOfTheRegistration() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: """
          const r = registration;
          return [r.installing, r.waiting.state, r.active === serviceWorker, serviceWorker.state,
            serviceWorker.scriptURL, r.updateViaCache, r.active === r.active,
            serviceWorker instanceof ServiceWorker, String(r)].join();
          """))
    try worker.send(
      .registration(
        self.packed(
          self.worker(1, .activated), waiting: self.worker(2, .installed),
          active: self.worker(1, .activated))))
    try worker.fetchEvent()
    let expected =
      ",installed,true,activated,https://app.test/sw.js,imports,true,true,[object ServiceWorkerRegistration]"
    #expect(try worker.response().body == expected)
  }

  @Test func changesAreEvents() throws {
    let worker = try WorkerHarness(
      script: """
        const events = [];
        registration.onupdatefound = () => {
          const found = registration.installing;
          events.push(`found ${found.state}`);
          found.onstatechange = (event) =>
            events.push(`${found.state} ${event.isTrusted} ${registration.waiting === found}`);
        };
        const own = serviceWorker;
        own.addEventListener('statechange', () => events.push(`own ${own.state}`));
        addEventListener('fetch', (event) => event.respondWith(new Response(events.join())));
        """)
    let active = self.worker(1, .activated)
    let steps = [
      self.packed(self.worker(1, .activating), active: self.worker(1, .activating)),
      self.packed(active, active: active),
      self.packed(active, installing: self.worker(2, .installing), active: active),
      self.packed(active, waiting: self.worker(2, .installed), active: active),
      self.packed(self.worker(1, .redundant), active: self.worker(2, .activating)),
    ]
    for step in steps { try worker.send(.registration(step)) }
    try worker.fetchEvent()
    #expect(
      try worker.response().body
        == "own activating,own activated,found installing,installed true true,own redundant,"
        + "activating true false")
  }

  @Test(arguments: [
    ("registration.update()", CallKind.update, "", "", "", "true"),
    ("registration.update()", .update, "", "InvalidStateError", "", "InvalidStateError"),
    ("registration.update()", .update, "", "TypeError", "", "TypeError"),
    ("registration.unregister()", .unregister, "", "", "true", "true"),
    ("registration.unregister()", .unregister, "", "", "false", "false"),
    ("registration.navigationPreload.enable()", .navigationPreload, "enable", "", "", "undefined"),
    (
      "registration.navigationPreload.disable()", .navigationPreload, "disable",
      "InvalidStateError", "", "InvalidStateError"
    ),
    (
      "registration.navigationPreload.setHeaderValue('\\t\\n a b ')", .navigationPreload,
      "header:a b", "", "true\na b", "undefined"
    ),
    (
      "registration.navigationPreload.getState()", .navigationPreload, "state", "",
      "true\na b", #"{"enabled":true,"headerValue":"a b"}"#
    ),
  ])
  func calls(
    _ expression: String, _ kind: CallKind, _ payload: String, _ error: String, _ answer: String,
    _ expected: String
  ) throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: """
          try {
            const value = await \(expression);
            if (value === registration) return true;
            return JSON.stringify(value);
          } catch (error) { return error.name; }
          """))
    try worker.fetchEvent()
    guard case .call(let call, kind, let sent) = try worker.next() else {
      Issue.record("no call")
      return
    }
    #expect(String(buffer: sent) == payload)
    try worker.send(
      .callResult(
        call: call, errorName: error, message: error.isEmpty ? "" : "no",
        payload: ByteBuffer(string: answer)))
    #expect(try worker.response().body == expected)
  }

  @Test func wrongHeaderValuesAndReceivers() throws {
    let result = try WorkerHarness.run(
      """
      const manager = registration.navigationPreload;
      return [await rejected(manager.setHeaderValue('\\u0100')),
        await rejected(manager.setHeaderValue()),
        await rejected(NavigationPreloadManager.prototype.enable.call({})),
        await rejected(ServiceWorkerRegistration.prototype.update.call({})),
        thrown(() => ServiceWorker.prototype.__lookupGetter__('state').call({})),
        thrown(() => new ServiceWorker())].join();
      """)
    #expect(result == "TypeError,TypeError,TypeError,TypeError,TypeError,TypeError")
  }

  @Test func clientsOfAFetchEvent() throws {
    let worker = try WorkerHarness(
      script: WorkerHarness.script(
        returning: "return [event.clientId, event.resultingClientId, event.replacesClientId].join()"
      ))
    try worker.send(
      .fetchEventDetails(
        event: 1,
        FetchEventDetails(clientID: "one", resultingClientID: "two", replacesClientID: "three")))
    try worker.fetchEvent(1)
    #expect(try worker.response().body == "one,two,three")
    try worker.fetchEvent(2)
    #expect(try worker.response().body == ",,")
  }
}
