public import FetchModel

/// Where cached responses are looked for without a plugin's script: the "cache" source of static
/// routing ([§4.7](https://w3c.github.io/ServiceWorker/#get-router-source)).
public protocol ResponseCache: AnyObject, Sendable {
  /// *Query Cache* with no options: the first response that was stored for this request.
  ///
  /// - Parameters:
  ///   - request: its method, URL and headers count; its body is not looked at.
  ///   - origin: the origin of the script URL, whose caches are meant.
  ///   - cacheName: looks only into the cache of that name; `nil` for all caches in the order in
  ///     which they were made.
  ///   - completion: called once, on any thread: `nil` where nothing matches.
  func cachedResponse(
    for request: FetchRequest, origin: String, cacheName: String?,
    completion: @escaping @Sendable (Result<CachedResponse?, FetchError>) -> Void)
}

/// A response out of a cache.
public struct CachedResponse: Sendable {
  /// The response, as fit for a client as the network's are. Nothing of a long body is read before
  /// its reader asks; cancel the body where it is not used.
  public var response: FetchResponse
  /// Its type as `Response.type` says: `default`, `basic`, `cors`, `opaque`, `opaqueredirect` or
  /// `error`.
  public var type: String

  public init(response: FetchResponse, type: String) {
    self.response = response
    self.type = type
  }
}
