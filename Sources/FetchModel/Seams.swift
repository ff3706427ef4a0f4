/// Something that can fetch: the network, a replay, a canned answer in a test.
public protocol Fetcher: AnyObject, Sendable {
  /// Fetches. `completion` is called exactly once, on any thread, also after the request's signal
  /// was aborted.
  func fetch(
    _ request: FetchRequest,
    completion: @escaping @Sendable (Result<FetchResponse, FetchError>) -> Void)
}

/// What the proxy asks before it relays a request: does anybody claim it?
///
/// Both questions are asked on event loops for every request, so they allocate nothing and do not
/// wait.
public protocol RequestInterceptor: AnyObject, Sendable {
  /// Whether some scope can match a URL of this origin, so that a CONNECT to it has to be opened.
  ///
  /// - Parameter origin: the serialised origin in ASCII (`https://example.com`, a non-default port
  ///   after a colon).
  func coversOrigin(_ origin: UnsafeRawBufferPointer) -> Bool

  /// The claim with the longest scope that is a prefix of this URL, or else the first with a pattern
  /// that matches it; `nil` where nobody claims it.
  ///
  /// - Parameter url: the serialised absolute URL without a fragment, as in ``FetchRequest/url``.
  func claim(for url: UnsafeRawBufferPointer) -> (any Claim)?
}

/// A plugin's claim on a request.
public protocol Claim: AnyObject, Sendable {
  /// The name of the plugin that claims.
  var pluginName: String { get }

  /// Gives the request to the plugin (*Handle Fetch*). `completion` is called exactly once, on any
  /// thread.
  func handleFetch(
    _ request: FetchRequest, completion: @escaping @Sendable (FetchOutcome) -> Void)
}

/// What came of giving a request to a plugin.
public enum FetchOutcome: Sendable {
  /// The plugin's answer, or the network's that it passed on untouched.
  case respond(FetchResponse)
  /// The plugin leaves the request to the network; the body is the request's, with what the plugin
  /// has read of it put back in front.
  case fallBack(FetchBody)
  /// A network error: the client gets no HTTP response.
  case networkError(FetchError)
}
