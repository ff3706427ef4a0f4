import FetchModel

/// The claim of all registrations with `match: client`: navigations are theirs by scope, and other
/// requests by the client that makes them, wherever they go.
final class ClientMatch: Claim {
  private let registry: Weak<ServiceWorkerRegistry>

  init(_ registry: ServiceWorkerRegistry) { self.registry = Weak(registry) }

  /// Not known before the request is looked into.
  var pluginName: String { "*" }

  /// *Handle Fetch*, the steps that find the registration.
  func handleFetch(
    _ request: FetchRequest, completion: @escaping @Sendable (FetchOutcome) -> Void
  ) {
    guard let registry = self.registry.value else { return completion(.fallBack(request.body)) }
    let facts = RequestFacts(request)
    if facts.isNonSubresource {
      let client = FetchClient(reserved: registry.reserveClient(for: request, facts))
      guard let registration = registry.matchClientScopes(request.url) else {
        // A client without a controller may be claimed later.
        if let reserved = client.reserved, !ServiceWorkerRegistration.bypasses(request, facts) {
          registry.clientLoaded(reserved, registration: nil)
        }
        return completion(.fallBack(request.body))
      }
      return registration.handleFetch(request, facts, client, completion: completion)
    }
    guard let entry = registry.client(of: request, facts), let registration = entry.registration
    else { return completion(.fallBack(request.body)) }
    registration.handleFetch(
      request, facts, FetchClient(id: entry.description.id), completion: completion)
  }
}
