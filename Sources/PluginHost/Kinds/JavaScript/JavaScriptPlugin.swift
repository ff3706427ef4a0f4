import CJavaScriptCore
import CWebAPIScripts
import FetchModel
import NIOCore

/// A service worker script in its global: frames of the host in, frames to the host out.
///
/// Lives on one thread, the one with the ``WorkerLoop``.
final class JavaScriptPlugin {
  /// What is to run; nothing as long as the process waits for it.
  private(set) var start = WorkerStart.none
  let socket: FrameSocket
  let context: JavaScriptContext
  let classes: NativeClasses
  private(set) var clock = WorkerClock()
  var timers = TimerQueue()
  /// Whether scripts have queued tasks, and how many run before the socket and timers have their turn.
  var hasTasks = false
  private static let tasksPerTurn = 64
  /// The functions of our scripts that are called here, by name.
  private var hooks: [String: ProtectedValue] = [:]
  private var functions: [NativeFunction] = []
  // The hooks of the hot path, by themselves.
  private var fetchEventHook: ProtectedValue?
  private var stepHook: ProtectedValue?

  /// Bodies that the host sends or keeps.
  var incoming: [StreamID: IncomingBody] = [:]
  /// Bodies with a read that has a result by now.
  var readable: [IncomingBody] = []
  var outgoing: [StreamID: OutgoingBody] = [:]
  let dropped = DroppedBodies()
  /// Fetches without a result.
  var fetches: Set<UInt32> = []
  /// Fetches whose frame could not be sent, and reads of bodies that are gone.
  var failedFetches: [UInt32] = []
  var lostReads: [UInt32] = []
  var lastFetch: UInt32 = 0
  var lastCall: UInt32 = 0
  /// Work on other threads. So many that a script which waits for each never comes near.
  let operations: Operations<OperationResult>
  /// `internal` of our scripts, for those that are evaluated later.
  private var internals: ProtectedValue?
  /// The registration as the host said last.
  var registration = ""
  /// Whether a script has looked at it, so that it is told of changes.
  var observesRegistration = false
  /// What is known of the next fetch event.
  var details: FetchEventDetails?
  /// The plugin's script and what it imports, where it is a module.
  var modules: [LoadedModule] = []
  /// Scripts whose places are not those of what runs, by name.
  var rewritten: [String: RewrittenScript] = [:]
  /// The last base that a URL was parsed with.
  var base: WebURL?

  /// Makes a global with what does not depend on the plugin, which may be long before there is one.
  ///
  /// - Parameter wake: gives the worker's loop a turn; called on any thread.
  /// - Throws: ``ScriptFailure`` where one of our own scripts fails.
  init(socket: FrameSocket, wake: @escaping @Sendable () -> Void) throws(ScriptFailure) {
    guard let context = JavaScriptContext(), let classes = NativeClasses() else {
      throw ScriptFailure(
        message: "JavaScriptCore gives no context.", file: "", line: 0, column: 0)
    }
    self.socket = socket
    self.context = context
    self.classes = classes
    self.operations = Operations(threads: 2, limit: 16_384, wake: wake)
    let internals = JSObjectMake(context.ref, nil, nil) ?? context.undefined
    let protected = ProtectedValue(internals, in: context)
    self.internals = protected
    let natives = JSObjectMake(context.ref, nil, nil) ?? context.undefined
    context.setProperty("native", of: protected.value, to: natives)
    self.install(self.commonNatives, into: natives)
    try self.evaluateScripts(group: "")
  }

  /// Makes it the global of a plugin, whose time begins now.
  ///
  /// - Throws: ``ScriptFailure`` where one of our own scripts fails.
  func begin(_ start: WorkerStart) throws(ScriptFailure) {
    self.start = start
    self.registration = start.registration
    self.clock = WorkerClock()
    try self.evaluateScripts(group: "plugin")
    guard let internals = self.internals else { return }
    self.takeHooks(self.context.property("hooks", of: internals.value))
  }

  private func install(_ all: [Native], into natives: JSValue) {
    for (name, body) in all {
      let function = NativeFunction(self.context, body)
      self.functions.append(function)
      self.context.setProperty(
        name, of: natives, to: self.classes.function(function, in: self.context))
    }
  }

  /// How our scripts get those of them that are evaluated when they are first needed.
  private var groupNatives: [Native] {
    [
      (
        "loadScripts",
        { [unowned self] arguments in
          do throws(ScriptFailure) {
            try self.loadScripts(group: arguments.text(0))
            return nil
          } catch { return self.context.string(error.message) }
        }
      )
    ]
  }

  /// The functions that every global needs.
  private var commonNatives: [Native] {
    self.eventNatives + self.fetchNatives + self.bodyNatives + self.environmentNatives
      + self.textNatives + self.urlNatives + self.urlPatternNatives + self.typeNatives
      + self.cacheNatives + self.compressionNatives + self.scriptNatives + self.moduleNatives
      + self.placeNatives
      + self.groupNatives
  }

  /// The functions that only one group of scripts needs.
  private func natives(group: String) -> [Native] {
    switch group {
    case "crypto": self.cryptoNatives
    default: []
    }
  }

  private func loadScripts(group: String) throws(ScriptFailure) {
    guard let internals = self.internals else { return }
    let natives = self.context.property("native", of: internals.value)
    self.install(self.natives(group: group), into: natives)
    try self.evaluateScripts(group: group)
  }

  /// Evaluates the scripts of a group in their order.
  private func evaluateScripts(group: String) throws(ScriptFailure) {
    guard let internals = self.internals?.value else { return }
    let scripts = UnsafeBufferPointer(
      start: valor_web_api_script_table(), count: valor_web_api_script_count)
    for script in scripts where String(cString: script.group) == group {
      let name = String(cString: script.name)
      let text = UnsafeRawBufferPointer(start: script.text, count: script.length)
      var exception: JSValue?
      let function = self.context.evaluate(
        self.context.string(utf8: text), file: name, exception: &exception)
      if let function, exception == nil {
        _ = self.context.call(function, 1, exception: &exception) { $0[0] = internals }
      }
      if let exception {
        throw ScriptFailure(
          exception: exception, in: self.context, file: name,
          source: String(decoding: text, as: UTF8.self))
      }
    }
  }

  private func takeHooks(_ object: JSValue) {
    for name in HookName.allCases {
      let function = self.context.property(name.rawValue, of: object)
      guard JSValueIsObject(self.context.ref, function) else { continue }
      self.hooks[name.rawValue] = ProtectedValue(function, in: self.context)
    }
    self.fetchEventHook = self.hooks[HookName.fetchEvent.rawValue]
    self.stepHook = self.hooks[HookName.step.rawValue]
    if let rejection = self.hooks[HookName.unhandledRejection.rawValue] {
      JSGlobalContextSetUnhandledRejectionCallback(self.context.ref, rejection.value, nil)
    }
  }

  /// The functions in `internal.hooks`.
  enum HookName: String, CaseIterable {
    case fetchEvent, step, install, activate, abortEvent, fetchResult, fetchFailed, callResult
    case cachedResponse, registrationChanged, runModule, broadcast
    case task, bodyRead, bodyWritable, bodyCancelled, timer, listenerTypes, unhandledRejection
    case operationFinished
  }

  func hook(_ name: HookName) -> JSValue? { self.hooks[name.rawValue]?.value }

  // MARK: Calling scripts

  /// Calls a hook and delivers the reads that became possible by it.
  @discardableResult
  func call(
    _ hook: HookName, _ count: Int = 0,
    _ fill: (UnsafeMutableBufferPointer<JSValue?>) -> Void = { _ in }
  ) -> JSValue? {
    self.call(self.hooks[hook.rawValue], count, fill)
  }

  @discardableResult
  private func call(
    _ hook: ProtectedValue?, _ count: Int,
    _ fill: (UnsafeMutableBufferPointer<JSValue?>) -> Void
  ) -> JSValue? {
    guard let hook else { return nil }
    var exception: JSValue?
    let result = self.context.call(hook.value, count, exception: &exception, fill)
    if let exception {
      // Only where the stack or the memory is at its end: our scripts catch what plugins throw.
      let text = "Uncaught \(self.context.text(exception))"
      self.socket.send(.console(level: .error, text: text, position: ""))
      return nil
    }
    return result
  }

  /// Lets a dispatch with several listeners go on: microtasks have run after each of them.
  private func finishDispatch(_ result: JSValue?) {
    var more = result.map { JSValueToBoolean(self.context.ref, $0) } ?? false
    while more {
      let next = self.call(self.stepHook, 0) { _ in }
      more = next.map { JSValueToBoolean(self.context.ref, $0) } ?? false
    }
    self.deliverReads()
  }

  // MARK: Frames

  /// Evaluates the plugin's script and says to the host how that went.
  ///
  /// - Returns: whether it could be evaluated.
  func evaluatePlugin() -> Bool {
    let source = self.context.string(self.start.source)
    let file = self.start.scriptPath
    var exception: JSValue?
    self.noteCompiled(self.start.source, name: file)
    if self.start.isModule {
      exception = self.runModule()
    } else if self.context.checkSyntax(source, file: file, exception: &exception) {
      _ = self.context.evaluate(source, file: file, exception: &exception)
    }
    if let exception {
      let failure = ScriptFailure(
        exception: exception, in: self.context, file: file, source: self.start.source)
      self.socket.send(.startFailed(self.placed(failure)))
      return false
    }
    let types = self.call(.listenerTypes).map { self.context.text($0) } ?? ""
    self.socket.send(.ready(listeners: types.split(separator: "\n").map { String($0) }))
    self.deliverReads()
    return true
  }

  /// Handles a frame other than `start` and `stop`. Returns `false` where the host must not send it.
  func handle(_ frame: Frame) -> Bool {
    switch frame {
    case .fetchEvent(let event, let head, let body): self.dispatchFetch(event, head, body)
    case .install(let event): self.dispatchLifecycle(.install, event)
    case .activate(let event): self.dispatchLifecycle(.activate, event)
    case .abortEvent(let event):
      self.call(.abortEvent, 1) { $0[0] = self.context.number(Double(event)) }
    case .fetchResult(let fetch, let type, let head, let coding, let body):
      self.fetchAnswered(fetch, type, head, coding: coding, body)
    case .fetchFailed(let fetch, let message):
      guard self.fetches.remove(fetch) != nil else { break }
      self.call(.fetchFailed, 2) {
        $0[0] = self.context.number(Double(fetch))
        $0[1] = self.context.string(message)
      }
    case .callResult(let call, let name, let message, let payload):
      self.call(.callResult, 4) {
        $0[0] = self.context.number(Double(call))
        $0[1] = self.context.string(name)
        $0[2] = self.context.string(message)
        $0[3] = self.context.bytes(Array(payload.readableBytesView))
      }
    case .cachedResponse(let fetch, let type, let head, let coding, let body):
      self.cachedResponseCame(fetch, type, head, coding: coding, body)
    case .registration(let text): self.registrationChanged(text)
    case .broadcast(let message):
      self.call(.broadcast, 1) { $0[0] = self.context.bytes(Array(message.readableBytesView)) }
    case .fetchEventDetails(_, let details): self.details = details
    case .ping(let number): self.socket.send(.pong(number))
    case .bodyChunk(let stream, let bytes): self.bodyCame(stream, bytes)
    case .bodyEnd(let stream): self.bodyEnded(stream, failure: nil)
    case .bodyFailed(let stream, let message): self.bodyEnded(stream, failure: message)
    case .bodyCredit(let stream, let bytes): self.creditCame(stream, bytes)
    case .bodyCancel(let stream): self.bodyUnwanted(stream)
    default: return false
    }
    self.deliverReads()
    return true
  }

  private func dispatchFetch(_ event: UInt32, _ head: RequestHead, _ body: BodyKind) {
    let handle = self.eventBody(event, body)
    let details = self.details
    self.details = nil
    let result = self.call(self.fetchEventHook, details == nil ? 5 : 7) {
      $0[0] = self.context.number(Double(event))
      $0[1] = self.pack(head)
      $0[2] = HeaderPacking.pack(head.headers, in: self.context)
      $0[3] = handle
      $0[4] = self.context.number(self.clock.milliseconds())
      if let details {
        $0[5] = self.pack(details)
        $0[6] = self.context.bool(details.hasPreload)
      }
    }
    self.finishDispatch(result)
  }

  /// One value a line.
  private func pack(_ details: FetchEventDetails) -> JSValue {
    self.context.string(
      "\(details.clientID)\n\(details.resultingClientID)\n\(details.replacesClientID)")
  }

  private func registrationChanged(_ text: String) {
    self.registration = text
    guard self.observesRegistration else { return }
    self.call(.registrationChanged, 1) { $0[0] = self.context.string(text) }
  }

  private func dispatchLifecycle(_ hook: HookName, _ event: UInt32) {
    let result = self.call(hook, 2) {
      $0[0] = self.context.number(Double(event))
      $0[1] = self.context.number(self.clock.milliseconds())
    }
    self.finishDispatch(result)
  }

  /// A request's head but for its fields, one value a line.
  private func pack(_ head: RequestHead) -> JSValue {
    let attributes = head.attributes
    var text: [UInt8] = []
    text.reserveCapacity(128 + head.url.utf8.count)
    func add(_ part: String) {
      text.append(contentsOf: part.utf8)
      text.append(0x0A)
    }
    add(head.method)
    add(head.url)
    add(attributes.mode)
    add(attributes.destination)
    add(attributes.credentials)
    add(attributes.cache)
    add(attributes.redirect)
    add(attributes.referrer)
    add(attributes.referrerPolicy)
    add(attributes.isReload ? "1" : "0")
    return text.withUnsafeBytes { self.context.string(utf8: $0) }
  }

  /// Runs the tasks that scripts have queued, as many as a turn takes.
  func runTasks() {
    guard self.hasTasks else { return }
    self.hasTasks = false
    for _ in 0..<Self.tasksPerTurn {
      let more = self.call(.task).map { JSValueToBoolean(self.context.ref, $0) } ?? false
      self.deliverReads()
      if !more { return }
    }
    self.hasTasks = true
  }

  /// Fires the timers that are due, but for those that are set meanwhile.
  func fireTimers() {
    let mark = self.timers.mark
    let now = self.clock.nanoseconds()
    while let timer = self.timers.popDue(now: now, mark: mark) {
      self.call(.timer, 1) { $0[0] = self.context.number(Double(timer)) }
      self.deliverReads()
    }
  }
}
