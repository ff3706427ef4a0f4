import CJavaScriptCore
import FetchModel
import NIOCore

extension JavaScriptPlugin {
  /// How our scripts fetch.
  var fetchNatives: [Native] {
    [
      ("fetch", { [unowned self] in self.startFetch($0) }),
      ("takePreload", { [unowned self] in self.takePreload($0.uint32(0)) }),
      (
        "abortFetch",
        { [unowned self] in
          self.abortFetch($0.uint32(0))
          return nil
        }
      ),
      ("cloneFetch", { [unowned self] in self.context.bool(self.clone(fetch: $0.uint32(0))) }),
    ]
  }

  /// `(head, headers, derivedFrom, body)` → the fetch's number; the body is as for `respond`, or
  /// the handle of an event's body.
  private func startFetch(_ arguments: NativeArguments) -> JSValue? {
    self.lastFetch &+= 1
    let number = self.lastFetch
    self.fetches.insert(number)
    let lines = self.context.text(arguments[0])
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    let (_, list) = HeaderPacking.unpack(arguments[1], leading: 0, in: self.context)
    let stream = StreamID(kind: .fetchRequest, number: number)
    var body = FetchBodySource.body(.none)
    if let handle = self.classes.handle(arguments[3], in: self.context) {
      body = .relayEvent(handle.stream.number)
      self.incoming[handle.stream] = nil
    } else if !arguments.isUndefined(3) {
      body = .body(self.outgoingBody(arguments[3], stream))
    }
    let frame = Frame.fetch(
      fetch: number, self.requestHead(lines, list), derivedFrom: arguments.uint32(2), body: body)
    if !self.socket.send(frame) {
      self.outgoing[stream] = nil
      self.failedFetches.append(number)
    }
    return self.context.number(Double(number))
  }

  /// Takes the fetch that the host makes beside an event as one of ours. Returns its number.
  private func takePreload(_ event: UInt32) -> JSValue {
    self.lastFetch &+= 1
    self.fetches.insert(self.lastFetch)
    self.socket.send(
      .fetch(
        fetch: self.lastFetch,
        RequestHead(method: "", url: "", headers: HeaderList(), attributes: RequestAttributes()),
        derivedFrom: event, body: .parallelFetch))
    return self.context.number(Double(self.lastFetch))
  }

  private func requestHead(_ lines: [String], _ headers: HeaderList) -> RequestHead {
    func line(_ index: Int) -> String { index < lines.count ? lines[index] : "" }
    var attributes = RequestAttributes()
    attributes.mode = line(2)
    attributes.destination = line(3)
    attributes.credentials = line(4)
    attributes.cache = line(5)
    attributes.redirect = line(6)
    attributes.referrer = line(7)
    attributes.referrerPolicy = line(8)
    attributes.isReload = line(9) == "1"
    attributes.keepalive = line(10) == "1"
    attributes.integrity = line(11)
    return RequestHead(method: line(0), url: line(1), headers: headers, attributes: attributes)
  }

  /// The script does not want the response any more, whether it has its head or not.
  private func abortFetch(_ number: UInt32) {
    let stream = StreamID(kind: .fetchResponse, number: number)
    let isPending = self.fetches.remove(number) != nil
    let body = self.incoming.removeValue(forKey: stream)
    guard isPending || body != nil else { return }
    self.socket.send(.abortFetch(fetch: number))
    self.outgoing[StreamID(kind: .fetchRequest, number: number)] = nil
    guard let body, body.isOpen else { return }
    body.fail("The fetch was aborted.")
    self.noteResult(of: body)
  }

  /// The host is to use the response of a fetch. Returns `false` where it has not got it untouched.
  func giveAway(fetch number: UInt32) -> Bool {
    let stream = StreamID(kind: .fetchResponse, number: number)
    guard let body = self.incoming[stream], !body.isTouched, !body.isReleased else { return false }
    if body.clones > 0 { body.clones -= 1 } else { self.incoming[stream] = nil }
    return true
  }

  /// An opaque response is cloned. Returns `false` where the host has not got it any more.
  private func clone(fetch number: UInt32) -> Bool {
    let stream = StreamID(kind: .fetchResponse, number: number)
    guard let body = self.incoming[stream], !body.isTouched, !body.isReleased else { return false }
    body.clones += 1
    self.socket.send(.cloneFetch(fetch: number))
    return true
  }

  /// The host has the response of a fetch. It keeps the response until it is told that the script
  /// is done with it, so there is a handle also where there is no body.
  func fetchAnswered(
    _ number: UInt32, _ type: ResponseType, _ head: ResponseHead, coding: String, _ kind: BodyKind
  ) {
    // An aborted fetch whose result was already on its way: the host knows by now.
    guard self.fetches.remove(number) != nil else { return }
    let stream = StreamID(kind: .fetchResponse, number: number)
    let source: IncomingBody.Source
    var hasBody = true
    switch kind {
    case .none: (source, hasBody) = (.none, false)
    case .inline(let bytes): source = .inline(bytes)
    case .stream: source = .stream
    }
    self.incoming[stream] = IncomingBody(
      stream: stream, source: source, contentEncoding: coding.isEmpty ? nil : coding)
    self.call(.fetchResult, 8) {
      $0[0] = self.context.number(Double(number))
      $0[1] = self.context.string(type.name)
      $0[2] = self.context.number(Double(head.status))
      $0[3] = self.context.string(head.statusText)
      $0[4] = self.context.string(head.urlList.joined(separator: "\n"))
      $0[5] = HeaderPacking.pack(head.headers, in: self.context)
      $0[6] = self.classes.object(BodyHandle(stream, dropped: self.dropped), in: self.context)
      $0[7] = self.context.bool(hasBody)
    }
  }

  /// Settles the fetches that could not be sent to the host.
  func failFetches() {
    while let number = self.failedFetches.popLast() {
      guard self.fetches.remove(number) != nil else { continue }
      self.call(.fetchFailed, 2) {
        $0[0] = self.context.number(Double(number))
        $0[1] = self.context.string("The request is too long.")
      }
    }
  }
}
