import COpenSSL
import Synchronization

/// Sessions with upstream servers that can be resumed; owns `SSL_SESSION`s.
///
/// A cache belongs to one ``TLSClientContext``, so no session that was made under other trust
/// settings is ever in it. A session holds its server's certificates, about 10 KB.
final class TLSSessionCache: Sendable {
  /// With whom a session was made: the verified name and the port.
  struct Key: Hashable, Sendable {
    var name: ServerName
    var port: Int
  }

  /// Owns one `SSL_SESSION`. Sendable because OpenSSL counts its references atomically and a session
  /// is no longer changed once it is in here.
  private final class Entry: @unchecked Sendable {
    let session: OpaquePointer
    init(takingOwnership session: OpaquePointer) { self.session = session }
    deinit { SSL_SESSION_free(self.session) }
  }

  /// How many sessions are kept for one server: those of a few connections at a time.
  private static let sessionsPerServer = 2

  private let entries: Mutex<LRUCache<Key, [Entry]>>

  /// - Parameter capacity: for how many servers there may be sessions.
  init(capacity: Int) { self.entries = Mutex(LRUCache(capacity: capacity)) }

  /// Lets a new connection resume a session with that server, where there is one.
  func resume(_ key: Key, on ssl: OpaquePointer) {
    let entry = self.entries.withLock { entries -> Entry? in
      guard var known = entries.value(for: key), let entry = known.popLast() else { return nil }
      // Tickets of TLS 1.3 are for one use, so that connections cannot be linked (RFC 8446 §C.4).
      if SSL_SESSION_get_protocol_version(entry.session) >= TLS1_3_VERSION {
        entries.insert(known, for: key)
      }
      return entry
    }
    guard let entry, SSL_SESSION_is_resumable(entry.session) == 1 else { return }
    SSL_set_session(ssl, entry.session)
  }

  /// Forgets the sessions with a server.
  func removeAll(_ key: Key) {
    self.entries.withLock { entries in
      if entries.value(for: key) != nil { entries.insert([], for: key) }
    }
  }

  /// Keeps a session, of which it becomes the owner.
  func insert(takingOwnership session: OpaquePointer, for key: Key) {
    let entry = Entry(takingOwnership: session)
    self.entries.withLock { entries in
      var known = entries.value(for: key) ?? []
      if known.count >= Self.sessionsPerServer { known.removeFirst() }
      known.append(entry)
      entries.insert(known, for: key)
    }
  }
}
