public import FetchModel
public import Interceptor
import NIOCore

extension CacheStore: ResponseCache {
  public func cachedResponse(
    for request: FetchRequest, origin: String, cacheName: String?,
    completion: @escaping @Sendable (Result<CachedResponse?, FetchError>) -> Void
  ) {
    let query = CacheQuery(method: request.method, url: request.url, headers: request.headers)
    let place = Place.origin(origin, cacheName.map { CacheName($0) })
    self.perform { store in
      do throws(StorageError) {
        let entry = try store.entries(in: place, matching: query, limit: 1).first
        completion(.success(entry?.cachedResponse(method: request.method)))
      } catch {
        completion(.failure(FetchError(.proxyInternalError, .proxy, error.message)))
      }
    }
  }
}

extension CacheEntry {
  /// The response as it would be without a script between.
  func cachedResponse(method: String) -> CachedResponse {
    var response = self.response
    // What a script has made is not fit for the wire as it is.
    if !self.isFromNetwork { response = removingMessageFields(response, method: method) }
    return CachedResponse(response: response, type: self.type.name)
  }

  /// The response as it was stored.
  var response: FetchResponse {
    var response = FetchResponse(
      status: self.status, statusText: self.statusText, headers: self.headers,
      body: self.body.fetchBody, urlList: self.urlList)
    response.type = self.type
    return response
  }
}
