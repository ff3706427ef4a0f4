public import NIOCore

/// A request as plugins and the proxy's own network client see it: the *request* of the Fetch
/// standard ([§2.2.5](https://fetch.spec.whatwg.org/#requests)), reduced to what crosses HTTP.
public struct FetchRequest: Sendable {
  /// The method, case kept.
  public var method: String
  /// The absolute URL, serialised: scheme and host in small letters, no default port, no fragment.
  public var url: String
  public var headers: HeaderList
  public var body: FetchBody
  /// What Fetch knows of a request beyond its head.
  public var attributes: RequestAttributes
  /// Aborted when whoever asked has left.
  public var signal: FetchSignal
  /// The connection that it came by; `nil` where it came by none.
  public var downstream: Downstream?
  /// The script that asks; `nil` where none does, or not as itself.
  public var client: RequestClient?
  /// Of a request that stands for a client's: the fields that the client itself has added to what a
  /// page or a script asked for. They go to the network, but nobody has to permit them.
  public var clientFields: HeaderList?

  public init(
    method: String, url: String, headers: HeaderList, body: FetchBody = .none,
    attributes: RequestAttributes = RequestAttributes(), signal: FetchSignal = FetchSignal(),
    downstream: Downstream? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.attributes = attributes
    self.signal = signal
    self.downstream = downstream
  }
}

/// Who makes a request: what Fetch takes from a request's *client*.
public struct RequestClient: Sendable, Equatable {
  /// The *origin* of the request, serialised.
  public var origin: String
  /// What the referrer `about:client` stands for.
  public var url: String
  /// The *use-CORS-preflight flag*: the body is a script's stream, which no form could send.
  public var usesCORSPreflight = false

  public init(origin: String, url: String) {
    self.origin = origin
    self.url = url
  }
}

/// A connection of a client to the proxy: what tells one client from another.
public struct Downstream: Sendable, Hashable {
  /// The client's address without its port.
  public var address: String
  /// Another number for each connection.
  public var connection: UInt64

  public init(address: String, connection: UInt64) {
    self.address = address
    self.connection = connection
  }
}

/// The attributes of a Fetch request that are strings of an enumeration there.
///
/// They are kept as those strings: they come from `Sec-Fetch-*` fields or from a script, and go to
/// a script.
public struct RequestAttributes: Sendable, Equatable {
  /// `navigate`, `same-origin`, `no-cors`, `cors` or `websocket`.
  public var mode = "no-cors"
  /// `document`, `image`, … or the empty string.
  public var destination = ""
  /// `omit`, `same-origin` or `include`.
  public var credentials = "same-origin"
  /// `default`, `no-store`, `reload`, `no-cache`, `force-cache` or `only-if-cached`.
  public var cache = "default"
  /// `follow`, `error` or `manual`.
  public var redirect = "follow"
  /// A URL, or `about:client`, or the empty string for no referrer.
  public var referrer = ""
  public var referrerPolicy = ""
  /// The metadata of Subresource Integrity; empty for none.
  public var integrity = ""
  public var keepalive = false
  /// Whether the client reloads a page.
  public var isReload = false

  public init() {}
}

/// A message body.
public enum FetchBody: Sendable {
  /// There is no body (`null` in Fetch), as opposed to an empty one.
  case none
  /// The whole body, at hand.
  case bytes(ByteBuffer)
  /// A body still on its way.
  case stream(BodyPipe)

  /// How many bytes the body has, where that is known beforehand.
  public var length: Int? {
    switch self {
    case .none: 0
    case .bytes(let bytes): bytes.readableBytes
    case .stream(let pipe): pipe.length
    }
  }

  /// Tells a stream's producer that nobody will read on; does nothing to other bodies.
  public func cancel() {
    if case .stream(let pipe) = self { pipe.cancel() }
  }
}
