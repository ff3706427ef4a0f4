import FetchModel

/// Who a request comes from: the same address and browser are taken for the same person, the
/// connection tells between pages that are equal otherwise.
struct ClientIdentity: Sendable, Hashable {
  var address: String
  var userAgent: String
}

/// The clients that navigations and workers have made, as far as a proxy can know them: nobody tells
/// it when a page is closed, so a client that is not heard of is forgotten after some time.
///
/// Facts in, answers out; the time is an argument, in milliseconds.
struct ClientTable: Sendable {
  /// One client.
  struct Entry: Sendable {
    let description: ClientDescription
    let origin: String
    let identity: ClientIdentity
    let connection: UInt64
    /// The registration of its *active service worker*.
    var registration: ServiceWorkerRegistration?
    /// The scripts and style sheets that it has loaded: what they load is loaded for it.
    fileprivate(set) var subresources: Set<String> = []
    fileprivate(set) var lastSeen: Int64
    /// Its place in the order of all.
    fileprivate let order: UInt64
  }

  /// How many clients are remembered in all, and of one identity.
  static let maximumClients = 8_192
  static let maximumClientsOfOne = 256
  /// How many scripts and style sheets of a client are remembered.
  static let maximumSubresources = 128
  /// A client that makes no request for this time is gone, in milliseconds.
  static let lifetime: Int64 = 30 * 60_000

  /// In the order in which they were made.
  private var entries: [ClientIdentity: [Entry]] = [:]
  private var identityOf: [String: ClientIdentity] = [:]
  private var lastSweep: Int64 = 0
  private var lastOrder: UInt64 = 0

  var count: Int { self.identityOf.count }

  // MARK: Clients come and go

  /// A response to a navigation, or to a worker's script, has made a client.
  ///
  /// - Returns: registrations of clients that had to make room.
  mutating func add(
    _ description: ClientDescription, identity: ClientIdentity, connection: UInt64,
    registration: ServiceWorkerRegistration?, now: Int64
  ) -> [ServiceWorkerRegistration] {
    var freed = self.sweep(now: now)
    if self.count >= Self.maximumClients { freed += self.removeOldest() }
    if self.entries[identity]?.count ?? 0 >= Self.maximumClientsOfOne {
      freed += self.removeOldest(of: identity)
    }
    self.lastOrder += 1
    self.entries[identity, default: []].append(
      Entry(
        description: description, origin: String(originOf(description.url)), identity: identity,
        connection: connection, registration: registration, lastSeen: now, order: self.lastOrder))
    self.identityOf[description.id] = identity
    return freed
  }

  /// Makes room: an eighth at once, since finding the oldest takes a look at all.
  private mutating func removeOldest() -> [ServiceWorkerRegistration] {
    let oldest = self.entries.values.joined().sorted { $0.lastSeen < $1.lastSeen }
    return oldest.prefix(Self.maximumClients / 8).flatMap { self.remove(id: $0.description.id) }
  }

  /// Makes room: a quarter at once, so that the rest moves up once for many clients.
  private mutating func removeOldest(of identity: ClientIdentity) -> [ServiceWorkerRegistration] {
    // A copy, not a second reference to the list, which would be copied whole.
    let gone = Array(self.entries[identity]?.prefix(Self.maximumClientsOfOne / 4) ?? [])
    for entry in gone { self.identityOf[entry.description.id] = nil }
    self.entries[identity]?.removeFirst(gone.count)
    return gone.compactMap { $0.registration }
  }

  /// *Handle Service Worker Client Unload*. Returns the registration that it used.
  mutating func remove(id: String) -> [ServiceWorkerRegistration] {
    guard let identity = self.identityOf.removeValue(forKey: id),
      let index = self.entries[identity]?.firstIndex(where: { $0.description.id == id }),
      let entry = self.entries[identity]?.remove(at: index)
    else { return [] }
    if self.entries[identity]?.isEmpty == true { self.entries[identity] = nil }
    return entry.registration.map { [$0] } ?? []
  }

  /// Forgets clients that have not been heard of, at most once a second.
  mutating func sweep(now: Int64) -> [ServiceWorkerRegistration] {
    guard now - self.lastSweep >= 1_000 || now < self.lastSweep else { return [] }
    self.lastSweep = now
    let gone = self.entries.values.joined().filter { now - $0.lastSeen >= Self.lifetime }
    return gone.flatMap { self.remove(id: $0.description.id) }
  }

  // MARK: Who makes a request

  /// The client that makes a subresource request: by its referrer, then by what else there is.
  ///
  /// | the request has | its client |
  /// |---|---|
  /// | a `Referer` with a path | the newest with that URL, on the same connection if there is one; else the one that loaded that script or style sheet |
  /// | a `Referer` or an `Origin` that is an origin | the newest of that origin, on the same connection if there is one |
  /// | neither, but `Sec-Fetch-Site: same-origin` | the newest of the URL's origin |
  mutating func client(
    of url: String, referrer: String?, origin: String?, site: String?, identity: ClientIdentity,
    connection: UInt64, now: Int64
  ) -> Entry? {
    // The list has no second reference when it is changed, which would copy it.
    guard
      let index = self.index(
        of: url, referrer: referrer, origin: origin, site: site, identity: identity,
        connection: connection, now: now)
    else { return nil }
    self.entries[identity]?[index].lastSeen = now
    return self.entries[identity]?[index]
  }

  private func index(
    of url: String, referrer: String?, origin: String?, site: String?, identity: ClientIdentity,
    connection: UInt64, now: Int64
  ) -> Int? {
    guard let list = self.entries[identity] else { return nil }
    let known = list.indices.filter { now - list[$0].lastSeen < Self.lifetime }
    func newest(_ matches: (Entry) -> Bool) -> Int? {
      let found = known.filter { matches(list[$0]) }
      return found.last { list[$0].connection == connection } ?? found.last
    }
    var index: Int?
    var claimedOrigin = origin == "null" ? nil : origin
    if let referrer, let parsed = WebURL(referrer) {
      let text = parsed.hrefWithoutFragment
      index = newest { $0.url == text } ?? newest { $0.subresources.contains(text) }
      claimedOrigin = parsed.origin
    }
    if index == nil, claimedOrigin == nil, site == "same-origin" {
      claimedOrigin = String(originOf(url))
    }
    if index == nil, let claimedOrigin { index = newest { $0.origin == claimedOrigin } }
    return index
  }

  /// The client has loaded a script or a style sheet, which may load others.
  mutating func loaded(_ url: String, client id: String) {
    guard let identity = self.identityOf[id],
      let index = self.entries[identity]?.firstIndex(where: { $0.description.id == id }),
      let count = self.entries[identity]?[index].subresources.count,
      count < Self.maximumSubresources, url.utf8.count <= 2_048
    else { return }
    self.entries[identity]?[index].subresources.insert(url)
  }

  // MARK: What scripts and registrations ask

  subscript(id: String) -> Entry? {
    guard let identity = self.identityOf[id] else { return nil }
    return self.entries[identity]?.first { $0.description.id == id }
  }

  /// All clients in the order in which they were made.
  var all: [Entry] { self.entries.values.joined().sorted { $0.order < $1.order } }

  func isUsed(_ registration: ServiceWorkerRegistration) -> Bool {
    self.entries.values.contains { $0.contains { $0.registration === registration } }
  }

  /// Sets the registration of all clients of which `decide` says so.
  mutating func assign(
    _ registration: ServiceWorkerRegistration, where decide: (Entry) -> Bool
  ) -> [ServiceWorkerRegistration] {
    var freed: [ServiceWorkerRegistration] = []
    for identity in Array(self.entries.keys) {
      guard var list = self.entries[identity] else { continue }
      for index in list.indices where list[index].registration !== registration {
        guard decide(list[index]) else { continue }
        if let old = list[index].registration { freed.append(old) }
        list[index].registration = registration
      }
      self.entries[identity] = list
    }
    return freed
  }

  /// The registration is gone: its clients have none.
  mutating func release(_ registration: ServiceWorkerRegistration) {
    for identity in Array(self.entries.keys) {
      guard var list = self.entries[identity] else { continue }
      for index in list.indices where list[index].registration === registration {
        list[index].registration = nil
      }
      self.entries[identity] = list
    }
  }
}

extension ClientTable.Entry {
  fileprivate var url: String { self.description.url }
}
