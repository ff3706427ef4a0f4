import FetchModel
import NIOCore

/// What a script asks of caches: the payload of a call of the kind ``CallKind/cache``.
///
/// The payload is a text of parts that each end with a NUL byte, the first one being the operation's
/// name; `put` may have a body's bytes behind them. Caches and staged responses have numbers that
/// the host has chosen for this worker; a cache's name is written as ``CacheName/text``.
enum CacheCall: Sendable {
  case names
  case has(CacheName)
  /// Answered with the cache's number.
  case open(CacheName)
  case delete(CacheName)
  /// Answered with the response's number, or nothing; the response itself comes before.
  case match(Place, CacheQuery)
  /// Answered with the responses' numbers.
  case matchAll(cache: UInt32, CacheQuery?)
  /// Answered with the requests: the head and the headers of each.
  case requests(cache: UInt32, CacheQuery?)
  case remove(cache: UInt32, CacheQuery)
  /// Stores a response; or only gets hold of it for a later ``commit(cache:staged:)``, answered with
  /// the number by which that names it.
  case put(cache: UInt32, isBatch: Bool, Put)
  case commit(cache: UInt32, staged: [UInt32])
  case discard(staged: [UInt32])
  /// A `put` is not wanted any more.
  case abort(call: UInt32)
  case release(cache: UInt32)

  enum Place: Sendable {
    case cache(UInt32)
    /// All caches, or the one of that name.
    case storage(CacheName?)
  }

  /// A request and its response on their way into a cache.
  struct Put: Sendable {
    var request: RequestHead
    var response: ResponseHead
    var type: ResponseType
    var body: Body
  }

  enum Body: Sendable {
    case none
    /// The response of this fetch, which nobody has touched: its head counts, too.
    case fetch(UInt32)
    case inline(ByteBuffer)
    /// A stream of the kind ``StreamID/Kind/call`` with the call's number.
    case stream(length: UInt64?)
  }

  /// Reads a payload; `nil` where it is none.
  init?(_ payload: ByteBuffer) {
    var reader = CachePayloadReader(bytes: payload)
    guard let call = reader.call() else { return nil }
    self = call
  }
}

private struct CachePayloadReader {
  var bytes: ByteBuffer

  mutating func call() -> CacheCall? {
    switch self.part() {
    case "names": return .names
    case "has": return self.name().map { .has($0) }
    case "open": return self.name().map { .open($0) }
    case "delete": return self.name().map { .delete($0) }
    case "match":
      guard let place = self.place(), let query = self.query() else { return nil }
      return .match(place, query)
    case "matchAll":
      guard let cache = self.number(), let query = self.optionalQuery() else { return nil }
      return .matchAll(cache: cache, query)
    case "requests":
      guard let cache = self.number(), let query = self.optionalQuery() else { return nil }
      return .requests(cache: cache, query)
    case "remove":
      guard let cache = self.number(), let query = self.query() else { return nil }
      return .remove(cache: cache, query)
    case "put": return self.put()
    case "commit":
      guard let cache = self.number(), let staged = self.numbers() else { return nil }
      return .commit(cache: cache, staged: staged)
    case "discard": return self.numbers().map { .discard(staged: $0) }
    case "abort": return self.number().map { .abort(call: $0) }
    case "release": return self.number().map { .release(cache: $0) }
    default: return nil
    }
  }

  private mutating func place() -> CacheCall.Place? {
    guard let cache = self.number(), let name = self.part() else { return nil }
    if cache != 0 { return .cache(cache) }
    if name.isEmpty { return .storage(nil) }
    // A sign before it, so that a name can be empty.
    return CacheName(text: String(name.dropFirst())).map { .storage($0) }
  }

  private mutating func query() -> CacheQuery? {
    guard let method = self.part(), let url = self.part(), let options = self.number(),
      let headers = self.headers()
    else { return nil }
    return CacheQuery(
      method: method, url: url, headers: headers,
      options: CacheQuery.Options(rawValue: UInt8(truncatingIfNeeded: options)))
  }

  private mutating func optionalQuery() -> CacheQuery?? {
    // Nothing follows where there is none.
    self.bytes.readableBytes == 0 ? .some(nil) : self.query().map { .some($0) }
  }

  private mutating func put() -> CacheCall? {
    guard let cache = self.number(), let isBatch = self.number(), let head = self.lines(),
      head.count == 10, let requestHeaders = self.headers(),
      let type = self.part().flatMap({ ResponseType(name: $0) }),
      let status = self.number().flatMap({ UInt16(exactly: $0) }), let statusText = self.part(),
      let urlList = self.lines(), let headers = self.headers(), let body = self.body()
    else { return nil }
    let request = RequestHead(
      method: head[0], url: head[1], headers: requestHeaders,
      attributes: RequestAttributes(lines: head[2...]))
    let response = ResponseHead(
      status: status, statusText: statusText, headers: headers, urlList: urlList)
    return .put(
      cache: cache, isBatch: isBatch != 0,
      CacheCall.Put(request: request, response: response, type: type, body: body))
  }

  private mutating func body() -> CacheCall.Body? {
    switch self.part() {
    case "none": return CacheCall.Body.none
    case "fetch": return self.number().map { .fetch($0) }
    case "inline": return .inline(self.bytes)
    case "stream":
      guard let length = self.part() else { return nil }
      return .stream(length: UInt64(length))
    default: return nil
    }
  }

  // MARK: Parts

  private mutating func part() -> String? {
    guard let end = self.bytes.readableBytesView.firstIndex(of: 0) else { return nil }
    let length = end - self.bytes.readableBytesView.startIndex
    guard let slice = self.bytes.readSlice(length: length) else { return nil }
    self.bytes.moveReaderIndex(forwardBy: 1)
    return String(buffer: slice)
  }

  private mutating func number() -> UInt32? { self.part().flatMap { UInt32($0) } }

  private mutating func name() -> CacheName? { self.part().flatMap { CacheName(text: $0) } }

  /// A part's lines, none for an empty one.
  private mutating func lines() -> [String]? {
    guard let part = self.part() else { return nil }
    if part.isEmpty { return [] }
    return part.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
  }

  private mutating func numbers() -> [UInt32]? {
    guard let lines = self.lines() else { return nil }
    let numbers = lines.compactMap { UInt32($0) }
    return numbers.count == lines.count ? numbers : nil
  }

  private mutating func headers() -> HeaderList? {
    guard let lines = self.lines(), lines.count.isMultiple(of: 2) else { return nil }
    var list = HeaderList()
    for index in stride(from: 0, to: lines.count, by: 2) {
      list.append(name: lines[index], value: lines[index + 1])
    }
    return list
  }
}

extension RequestAttributes {
  /// From the lines behind method and URL, as scripts write a request's head.
  fileprivate init(lines: ArraySlice<String>) {
    self.init()
    let lines = Array(lines)
    guard lines.count == 8 else { return }
    self.mode = lines[0]
    self.destination = lines[1]
    self.credentials = lines[2]
    self.cache = lines[3]
    self.redirect = lines[4]
    self.referrer = lines[5]
    self.referrerPolicy = lines[6]
    self.isReload = lines[7] == "1"
  }
}
