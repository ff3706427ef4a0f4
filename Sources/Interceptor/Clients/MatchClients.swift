import FetchModel
import Synchronization

/// What *Handle Fetch* knows of the client of a request.
struct FetchClient: Sendable {
  /// The client that makes it; empty where it is not known.
  var id = ""
  /// The client that a response to it will make; `nil` where there will be none.
  var reserved: ReservedClient?

  var resultingID: String { self.reserved?.description.id ?? "" }
}

/// A client that is there once its response is.
struct ReservedClient: Sendable {
  var description: ClientDescription
  var identity: ClientIdentity
  var connection: UInt64
}

extension ServiceWorkerRegistry {
  /// The client that makes a subresource request; `nil` where it is not known. See
  /// ``ClientTable/client(of:referrer:origin:site:identity:connection:now:)``.
  func client(of request: FetchRequest, _ facts: RequestFacts) -> ClientTable.Entry? {
    guard let downstream = request.downstream, facts.referer != nil || facts.hasFetchMetadata
    else { return nil }
    let identity = self.identity(of: request, downstream)
    let (entry, freed) = self.clients.withLock { clients in
      let now = self.now()
      let freed = clients.sweep(now: now)
      let entry = clients.client(
        of: request.url, referrer: facts.referer, origin: request.headers.first("Origin"),
        site: facts.fetchSite, identity: identity, connection: downstream.connection, now: now)
      if let entry, facts.loadsSubresources {
        clients.loaded(request.url, client: entry.description.id)
      }
      return (entry, freed)
    }
    self.clientsUnloaded(freed)
    return entry
  }

  /// The client that a navigation or a worker's script makes; `nil` where the request is none of
  /// these, or comes from somebody who is no browser.
  func reserveClient(for request: FetchRequest, _ facts: RequestFacts) -> ReservedClient? {
    guard let downstream = request.downstream, let (kind, frame) = facts.resultingClient else {
      return nil
    }
    return ReservedClient(
      description: ClientDescription(
        id: makeClientID(), url: request.url, kind: kind, frameType: frame),
      identity: self.identity(of: request, downstream), connection: downstream.connection)
  }

  /// The response that makes the client is there.
  func clientLoaded(_ client: ReservedClient, registration: ServiceWorkerRegistration?) {
    let freed = self.clients.withLock {
      $0.add(
        client.description, identity: client.identity, connection: client.connection,
        registration: registration, now: self.now())
    }
    self.clientsUnloaded(freed)
  }

  /// *Handle Service Worker Client Unload*: a worker that waits may be able to go on.
  func clientsUnloaded(_ registrations: [ServiceWorkerRegistration]) {
    for registration in registrations { self.tryActivate(registration) }
  }

  private func identity(of request: FetchRequest, _ downstream: Downstream) -> ClientIdentity {
    var userAgent = request.headers.first("User-Agent") ?? ""
    // Cutting looks at every character.
    if userAgent.utf8.count > 256 { userAgent = String(userAgent.prefix(256)) }
    return ClientIdentity(address: downstream.address, userAgent: userAgent)
  }

  /// *matchAll()*.
  func clients(
    matching query: ClientQuery, of worker: ServiceWorker,
    in registration: ServiceWorkerRegistration
  ) -> [ClientDescription] {
    let isActive = registration.active === worker
    let origins = registration.origins
    return self.clients.withLock { $0.all }.filter { entry in
      guard origins.contains(entry.origin) else { return false }
      guard query.kind == nil || query.kind == entry.description.kind else { return false }
      return query.includesUncontrolled || (isActive && entry.registration === registration)
    }.map { $0.description }
  }

  /// *get()*: the client has to be of the worker's origin.
  func client(id: String, for registration: ServiceWorkerRegistration) -> ClientDescription? {
    guard let entry = self.clients.withLock({ $0[id] }) else { return nil }
    return registration.origins.contains(entry.origin) ? entry.description : nil
  }

  /// *claim()*: the clients for whose creation URL this registration has the longest scope are its
  /// own from now on.
  func claimClients(for registration: ServiceWorkerRegistration) {
    let origins = registration.origins
    let freed = self.clients.withLock { clients in
      clients.assign(registration) { entry in
        origins.contains(entry.origin)
          && self.matchRegistration(entry.description.url) === registration
      }
    }
    self.clientsUnloaded(freed)
  }
}

extension ServiceWorkerRegistration {
  /// The origins of its scopes.
  var origins: Set<String> {
    Set(self.description.scopes.map { String(originOf($0)) })
  }
}

extension RequestFacts {
  /// What kind of client a response makes.
  var resultingClient: (ClientDescription.Kind, ClientDescription.FrameType)? {
    switch self.fetchDestination {
    case "worker": return (.worker, .none)
    case "sharedworker": return (.sharedWorker, .none)
    case "iframe", "frame", "fencedframe":
      return self.fetchMode == "navigate" ? (.window, .nested) : nil
    default: return self.isBrowserNavigation ? (.window, .topLevel) : nil
    }
  }

  /// Whether what it loads may load more: its URL will be a referrer.
  var loadsSubresources: Bool {
    switch self.fetchDestination {
    case "script", "style", "worker", "sharedworker", "xslt": true
    default: false
    }
  }

  /// *Non-subresource request*.
  var isNonSubresource: Bool {
    self.isNavigation || ["worker", "sharedworker", "report"].contains(self.fetchDestination)
  }
}
