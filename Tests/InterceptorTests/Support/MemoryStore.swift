import Interceptor
import Synchronization

/// A store that lasts as long as the test.
final class MemoryStore: RegistrationStore {
  private let registrations = Mutex<[String: StoredRegistration]>([:])

  func load(name: String) async -> StoredRegistration? { self.registrations.withLock { $0[name] } }

  func save(_ registration: StoredRegistration) async {
    self.registrations.withLock { $0[registration.name] = registration }
  }

  func remove(name: String) async { self.registrations.withLock { $0[name] = nil } }

  subscript(_ name: String) -> StoredRegistration? { self.registrations.withLock { $0[name] } }
}
