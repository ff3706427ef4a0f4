import FetchModel
import Interceptor
import NIOCore

/// One message between the proxy and a plugin's worker process.
///
/// On the wire a frame is its length in bytes without these four (`UInt32`), its type (`UInt8`) and
/// its fields, integers little-endian; a string or a blob is preceded by its length (`UInt32`).
/// Both sides are built from the same source, so there is no version and no field is optional.
///
/// Each side numbers what it starts: the host events, the worker fetches and calls. A body needs no
/// number of its own: it belongs to an event or a fetch (``StreamID``).
enum Frame: Sendable {
  // Host → worker
  /// First on the wire: evaluate this script.
  case start(WorkerStart)
  case install(event: UInt32)
  case activate(event: UInt32)
  case fetchEvent(event: UInt32, RequestHead, body: BodyKind)
  /// The client of this event has left: abort `event.request.signal`.
  case abortEvent(event: UInt32)
  /// Ahead of the event's frame, where there is any of it.
  case fetchEventDetails(event: UInt32, FetchEventDetails)
  /// The head is what the script may see of the response; `coding` is the `Content-Encoding` of its
  /// body, empty for none.
  case fetchResult(
    fetch: UInt32, type: ResponseType, ResponseHead, coding: String, body: BodyKind)
  case fetchFailed(fetch: UInt32, message: String)
  /// A response out of a cache, ahead of the answer to the call that asked for it. From here on it is
  /// like the response of a fetch, whose number the host has chosen: one of at least
  /// ``firstCachedResponse``.
  ///
  case cachedResponse(
    fetch: UInt32, type: ResponseType, ResponseHead, coding: String, body: BodyKind)
  /// Answers ``call(call:kind:payload:)``; an empty error means success. What the payload says is
  /// the kind's business.
  case callResult(call: UInt32, errorName: String, message: String, payload: ByteBuffer)
  case ping(UInt32)
  /// The registration or the state of one of its workers has changed:
  /// ``RegistrationSnapshot/packed``.
  case registration(String)
  /// A message of another worker's `BroadcastChannel`, as that packed it.
  case broadcast(ByteBuffer)
  /// Finish: no further event will come.
  case stop

  // Worker → host
  /// The script has been evaluated; the types of the events it listens for.
  case ready(listeners: [String])
  case startFailed(ScriptFailure)
  /// All promises that extended an install or activate event have settled. An empty message means
  /// that all were fulfilled.
  case lifetimeSettled(event: UInt32, failure: String)
  /// Whether there are fetch events that are answered, but whose lifetime is extended by promises that
  /// have not settled; sent when that changes.
  case eventsExtended(Bool)
  case respond(event: UInt32, ResponseHead, body: BodyKind)
  /// The answer is the response of this worker's fetch, whose body nobody has touched.
  case respondRelay(event: UInt32, fetch: UInt32)
  /// No listener called `respondWith()`.
  case noResponse(event: UInt32, defaultPrevented: Bool, bodyUsed: Bool)
  /// A network error: `respondWith()` got a rejection or something that is no response.
  case respondFailed(event: UInt32, message: String)
  /// The script called `fetch()`, which the host makes.
  ///
  /// `derivedFrom` is the event whose `event.request` this request is or was made from with the same
  /// URL, 0 for none: the host then gives the network the fields that it hid from the script.
  case fetch(fetch: UInt32, RequestHead, derivedFrom: UInt32, body: FetchBodySource)
  /// The script aborted its fetch, or dropped the response.
  case abortFetch(fetch: UInt32)
  /// The script cloned an opaque response, of which it has no body to clone: the response will be
  /// taken once more than it would have been.
  case cloneFetch(fetch: UInt32)
  /// The script asks the host for something that is no fetch; the kind says what the payload is.
  case call(call: UInt32, kind: CallKind, payload: ByteBuffer)
  case console(level: ConsoleLevel, text: String, position: String)
  case pong(UInt32)

  // Both ways
  case bodyChunk(StreamID, ByteBuffer)
  case bodyEnd(StreamID)
  case bodyFailed(StreamID, message: String)
  /// The consumer can take that many further bytes. A stream begins with no credit.
  case bodyCredit(StreamID, bytes: UInt32)
  /// The consumer will not read on.
  case bodyCancel(StreamID)
}

/// Fetches of a worker have numbers below this one.
let firstCachedResponse: UInt32 = 1 << 31

/// What a worker process has to know before it evaluates its plugin.
struct WorkerStart: Sendable, Equatable {
  /// The plugin's name, for messages.
  var name: String
  /// What `self.location` says.
  var scriptURL: String
  /// The file, for stack traces and error messages.
  var scriptPath: String
  /// What `registration.scope` says.
  var scope: String
  /// The script's text.
  var source: String
  /// Whether it is a module.
  var isModule = false
  /// What `valor.config` says, as JSON; empty for nothing.
  var config = ""
  /// The registration as it is now: ``RegistrationSnapshot/packed``.
  var registration = RegistrationSnapshot(own: .init(number: 1, state: .parsed)).packed

  /// No plugin.
  static let none = WorkerStart(name: "", scriptURL: "", scriptPath: "", scope: "", source: "")
}

/// What a fetch event has beyond its request.
struct FetchEventDetails: Sendable, Equatable {
  var clientID = ""
  var resultingClientID = ""
  var replacesClientID = ""
  /// Whether the host makes a fetch for `event.preloadResponse`.
  var hasPreload = false
}

/// A script that could not be evaluated, and where. Lines and columns count from 1, 0 is unknown.
struct ScriptFailure: Error, Sendable, Equatable {
  var message: String
  var file: String
  var line: UInt32
  var column: UInt32
}

/// A request's head on the wire.
struct RequestHead: Sendable {
  var method: String
  var url: String
  var headers: HeaderList
  var attributes: RequestAttributes
}

/// A response's head on the wire.
struct ResponseHead: Sendable {
  var status: UInt16
  var statusText: String
  var headers: HeaderList
  var urlList: [String]
}

/// How a body travels: small ones beside the head in the same frame, others as a stream of
/// ``Frame/bodyChunk(_:_:)``s, sent as the consumer gives credit.
enum BodyKind: Sendable {
  case none
  case inline(ByteBuffer)
  /// `length` is the number of bytes where it is known.
  case stream(length: UInt64?)
}

/// Where the body of a plugin's own fetch comes from.
enum FetchBodySource: Sendable {
  case body(BodyKind)
  /// The body of the request of this event, which nobody has touched: it never enters the worker.
  case relayEvent(UInt32)
  /// The fetch is the one that the host makes beside the event from which it is derived; the head
  /// says nothing.
  case parallelFetch
}

/// Which body a chunk belongs to.
struct StreamID: Hashable, Sendable {
  enum Kind: UInt8, Sendable {
    /// Host → worker: the body of `event.request`.
    case eventRequest = 0
    /// Worker → host: the body of the answer.
    case eventResponse = 1
    /// Worker → host: the body of a fetch's request.
    case fetchRequest = 2
    /// Host → worker: the body of a fetch's response.
    case fetchResponse = 3
    /// Worker → host: the body that goes with a call.
    case call = 4
  }

  var kind: Kind
  /// The event's, the fetch's or the call's number.
  var number: UInt32
}

/// What a script asks of the host.
enum CallKind: UInt8, Sendable {
  case skipWaiting = 0
  case claimClients = 1
  /// `importScripts()`: the worker waits for the answer. The payload is the script's absolute URL,
  /// the answer's an ``ImportedScript``.
  case importScript = 2
  /// The same for an `import` of a module, and for one with the type `json`.
  case importModule = 3
  case importJSON = 4
  /// The first `BroadcastChannel`.
  case openBroadcasts = 5
  /// A message for the channels of the origin's other workers.
  case broadcast = 6
  /// An operation on caches: ``CacheCall``.
  case cache = 16
  /// `registration.update()`.
  case update = 32
  /// `registration.unregister()`; the answer's payload is `true` or `false`.
  case unregister = 33
  /// The operations of `NavigationPreloadManager`: ``NavigationPreloadCall``.
  case navigationPreload = 34
  /// `clients.get()`: the payload is the id. The answer's is ``ClientList``.
  case client = 35
  /// `clients.matchAll()`: ``ClientQuery`` as two lines. The answer's payload is ``ClientList``.
  case clients = 36
  /// `InstallEvent.addRoutes()`: the payload are rules, a word or a value in each line.
  case addRoutes = 37
}

/// The level of a console line.
enum ConsoleLevel: UInt8, Sendable {
  case debug = 0
  case log, info, warn, error
}
