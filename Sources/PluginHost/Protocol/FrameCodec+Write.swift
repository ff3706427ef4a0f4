import FetchModel
import NIOCore

/// Writes the fields of frames. Lengths beyond 32 bits saturate: such a frame is over the limit in
/// any case and is refused as a whole.
struct FrameWriter {
  var buffer: ByteBuffer

  mutating func frame(_ frame: Frame) {
    switch frame {
    case .start, .install, .activate, .fetchEvent, .abortEvent, .fetchResult, .fetchFailed,
      .callResult, .ping, .stop, .cachedResponse, .fetchEventDetails, .registration, .broadcast:
      self.hostFrame(frame)
    case .ready, .startFailed, .lifetimeSettled, .respond, .respondRelay, .noResponse,
      .respondFailed, .fetch, .abortFetch, .cloneFetch, .call, .console, .pong, .eventsExtended:
      self.workerFrame(frame)
    case .bodyChunk, .bodyEnd, .bodyFailed, .bodyCredit, .bodyCancel:
      self.bodyFrame(frame)
    }
  }

  private mutating func hostFrame(_ frame: Frame) {
    switch frame {
    case .start(let start):
      self.type(.start)
      self.string(start.name)
      self.string(start.scriptURL)
      self.string(start.scriptPath)
      self.string(start.scope)
      self.string(start.source)
      self.bool(start.isModule)
      self.string(start.config)
      self.string(start.registration)
    case .install(let event): self.numbered(.install, event)
    case .activate(let event): self.numbered(.activate, event)
    case .fetchEvent(let event, let head, let body):
      self.numbered(.fetchEvent, event)
      self.request(head)
      self.body(body)
    case .abortEvent(let event): self.numbered(.abortEvent, event)
    case .fetchResult(let fetch, let type, let head, let coding, let body):
      self.numbered(.fetchResult, fetch)
      self.integer(type.rawValue)
      self.response(head)
      self.string(coding)
      self.body(body)
    case .fetchFailed(let fetch, let message):
      self.numbered(.fetchFailed, fetch)
      self.string(message)
    case .callResult(let call, let errorName, let message, let payload):
      self.numbered(.callResult, call)
      self.string(errorName)
      self.string(message)
      self.blob(payload)
    case .cachedResponse(let fetch, let type, let head, let coding, let body):
      self.numbered(.cachedResponse, fetch)
      self.integer(type.rawValue)
      self.response(head)
      self.string(coding)
      self.body(body)
    case .ping(let number): self.numbered(.ping, number)
    case .stop: self.type(.stop)
    case .broadcast(let message):
      self.type(.broadcast)
      self.blob(message)
    case .registration(let text):
      self.type(.registration)
      self.string(text)
    case .fetchEventDetails(let event, let details):
      self.numbered(.fetchEventDetails, event)
      self.string(details.clientID)
      self.string(details.resultingClientID)
      self.string(details.replacesClientID)
      self.bool(details.hasPreload)
    default: break
    }
  }

  private mutating func workerFrame(_ frame: Frame) {
    switch frame {
    case .ready(let listeners):
      self.type(.ready)
      self.integer(UInt32(clamping: listeners.count))
      for listener in listeners { self.string(listener) }
    case .startFailed(let failure):
      self.type(.startFailed)
      self.string(failure.message)
      self.string(failure.file)
      self.integer(failure.line)
      self.integer(failure.column)
    case .lifetimeSettled(let event, let failure):
      self.numbered(.lifetimeSettled, event)
      self.string(failure)
    case .respond(let event, let head, let body):
      self.numbered(.respond, event)
      self.response(head)
      self.body(body)
    case .respondRelay(let event, let fetch):
      self.numbered(.respondRelay, event)
      self.integer(fetch)
    case .noResponse(let event, let defaultPrevented, let bodyUsed):
      self.numbered(.noResponse, event)
      self.bool(defaultPrevented)
      self.bool(bodyUsed)
    case .respondFailed(let event, let message):
      self.numbered(.respondFailed, event)
      self.string(message)
    case .fetch(let fetch, let head, let derivedFrom, let body):
      self.numbered(.fetch, fetch)
      self.request(head)
      self.integer(derivedFrom)
      self.fetchBody(body)
    case .abortFetch(let fetch): self.numbered(.abortFetch, fetch)
    case .cloneFetch(let fetch): self.numbered(.cloneFetch, fetch)
    case .call(let call, let kind, let payload):
      self.numbered(.call, call)
      self.integer(kind.rawValue)
      self.blob(payload)
    case .console(let level, let text, let position):
      self.type(.console)
      self.integer(level.rawValue)
      self.string(text)
      self.string(position)
    case .pong(let number): self.numbered(.pong, number)
    case .eventsExtended(let areThere):
      self.type(.eventsExtended)
      self.bool(areThere)
    default: break
    }
  }

  private mutating func bodyFrame(_ frame: Frame) {
    switch frame {
    case .bodyChunk(let stream, let bytes):
      self.stream(.bodyChunk, stream)
      self.blob(bytes)
    case .bodyEnd(let stream): self.stream(.bodyEnd, stream)
    case .bodyFailed(let stream, let message):
      self.stream(.bodyFailed, stream)
      self.string(message)
    case .bodyCredit(let stream, let bytes):
      self.stream(.bodyCredit, stream)
      self.integer(bytes)
    case .bodyCancel(let stream): self.stream(.bodyCancel, stream)
    default: break
    }
  }

  // MARK: Fields

  private mutating func integer<T: FixedWidthInteger>(_ value: T) {
    self.buffer.writeInteger(value, endianness: .little)
  }

  private mutating func type(_ type: FrameType) { self.integer(type.rawValue) }

  private mutating func numbered(_ type: FrameType, _ number: UInt32) {
    self.type(type)
    self.integer(number)
  }

  private mutating func stream(_ type: FrameType, _ stream: StreamID) {
    self.type(type)
    self.integer(stream.kind.rawValue)
    self.integer(stream.number)
  }

  private mutating func bool(_ value: Bool) { self.integer(value ? 1 : 0 as UInt8) }

  private mutating func string(_ value: String) {
    let at = self.buffer.writerIndex
    self.integer(0 as UInt32)
    let length = self.buffer.writeString(value)
    self.buffer.setInteger(UInt32(clamping: length), at: at, endianness: .little)
  }

  private mutating func blob(_ bytes: ByteBuffer) {
    self.integer(UInt32(clamping: bytes.readableBytes))
    self.buffer.writeImmutableBuffer(bytes)
  }

  private mutating func request(_ head: RequestHead) {
    self.string(head.method)
    self.string(head.url)
    self.headers(head.headers)
    self.string(head.attributes.mode)
    self.string(head.attributes.destination)
    self.string(head.attributes.credentials)
    self.string(head.attributes.cache)
    self.string(head.attributes.redirect)
    self.string(head.attributes.referrer)
    self.string(head.attributes.referrerPolicy)
    self.bool(head.attributes.isReload)
    self.string(head.attributes.integrity)
    self.bool(head.attributes.keepalive)
  }

  private mutating func response(_ head: ResponseHead) {
    self.integer(head.status)
    self.string(head.statusText)
    self.headers(head.headers)
    self.integer(UInt32(clamping: head.urlList.count))
    for url in head.urlList { self.string(url) }
  }

  /// The number of fields, the lengths of each name and value, then all names and values in a row.
  private mutating func headers(_ list: HeaderList) {
    self.integer(UInt32(clamping: list.count))
    for range in list.ranges {
      self.integer(UInt32(clamping: range.nameLength))
      self.integer(UInt32(clamping: range.valueLength))
    }
    list.forEachField { name, value in
      self.buffer.writeBytes(name)
      self.buffer.writeBytes(value)
    }
  }

  private mutating func body(_ kind: BodyKind) {
    switch kind {
    case .none: self.integer(0 as UInt8)
    case .inline(let bytes):
      self.integer(1 as UInt8)
      self.blob(bytes)
    case .stream(length: nil): self.integer(2 as UInt8)
    case .stream(let length?):
      self.integer(3 as UInt8)
      self.integer(length)
    }
  }

  private mutating func fetchBody(_ source: FetchBodySource) {
    switch source {
    case .body(let kind): self.body(kind)
    case .relayEvent(let event):
      self.integer(4 as UInt8)
      self.integer(event)
    case .parallelFetch: self.integer(5 as UInt8)
    }
  }
}
