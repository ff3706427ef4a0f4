import FetchModel

/// The *CORS-preflight cache* ([Fetch §4.9](https://fetch.spec.whatwg.org/#concept-cache)), bounded.
struct CORSPreflightCache: Sendable {
  /// How many requests are remembered: URLs with the origin that asked.
  static let capacity = 1_024
  /// The longest time that an answer counts, in seconds.
  static let longestAge: Int64 = 7_200
  /// The time where the server says none, in seconds.
  static let defaultAge: Int64 = 5

  struct Key: Hashable {
    var origin: String
    var url: String
    var hasCredentials: Bool
  }

  /// Until when a method or a name is allowed, in milliseconds of the caller's clock.
  private struct Permissions {
    var methods: [String: Int64] = [:]
    var names: [String: Int64] = [:]
    var end: Int64 = 0
  }

  private var entries: [Key: Permissions] = [:]

  var count: Int { self.entries.count }

  /// Whether there is a *method cache entry match*.
  func allows(method: String, _ key: Key, now: Int64) -> Bool {
    self.permissions(key).contains { permissions, isPlain in
      permissions.methods[method].map { $0 > now } == true
        || isPlain && permissions.methods["*"].map { $0 > now } == true
    }
  }

  /// Whether there is a *header-name cache entry match*.
  ///
  /// - Parameter name: in small letters.
  func allows(name: String, _ key: Key, now: Int64) -> Bool {
    self.permissions(key).contains { permissions, isPlain in
      permissions.names[name].map { $0 > now } == true
        || isPlain && name != "authorization" && permissions.names["*"].map { $0 > now } == true
    }
  }

  /// The entries that count for a request; the second value says whether `*` means everything. What
  /// was allowed with credentials is allowed without.
  private func permissions(_ key: Key) -> [(Permissions, Bool)] {
    var found: [(Permissions, Bool)] = []
    if let own = self.entries[key] { found.append((own, !key.hasCredentials)) }
    if !key.hasCredentials {
      var other = key
      other.hasCredentials = true
      if let own = self.entries[other] { found.append((own, false)) }
    }
    return found
  }

  mutating func insert(
    methods: [String], names: [String], _ key: Key, age: Int64, now: Int64
  ) {
    guard age > 0 else { return }
    let end = now + min(age, Self.longestAge) * 1_000
    if self.entries[key] == nil { self.makeRoom(now: now) }
    var permissions = self.entries[key] ?? Permissions()
    // A server that allows ever more than anybody asks for is not remembered further.
    for method in methods.prefix(64) where permissions.methods.count < 64 {
      permissions.methods[method] = end
    }
    for name in names.prefix(256) where permissions.names.count < 256 {
      permissions.names[name.lowercased()] = end
    }
    permissions.end = max(permissions.end, end)
    self.entries[key] = permissions
  }

  /// *Clear cache entries* for a request that failed.
  mutating func clear(origin: String, url: String) {
    for hasCredentials in [false, true] {
      self.entries[Key(origin: origin, url: url, hasCredentials: hasCredentials)] = nil
    }
  }

  private mutating func makeRoom(now: Int64) {
    guard self.entries.count >= Self.capacity else { return }
    self.entries = self.entries.filter { $0.value.end > now }
    guard self.entries.count >= Self.capacity,
      let first = self.entries.min(by: { $0.value.end < $1.value.end })
    else { return }
    self.entries[first.key] = nil
  }
}
