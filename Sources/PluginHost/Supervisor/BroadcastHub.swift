import NIOCore
import Synchronization

/// The workers of this program that have a `BroadcastChannel`, by their origin.
///
/// May be used from any thread.
public final class BroadcastHub: Sendable {
  /// Messages that find as many bytes waiting for a worker that does not read are dropped.
  static let maximumBacklog = 32 << 20

  /// The greatest length of one message, in bytes, with what says where it goes.
  static let maximumLength = 17 << 20

  private struct Member {
    weak var core: SupervisorCore?
  }

  private let members = Mutex<[String: [ObjectIdentifier: Member]]>([:])

  public init() {}

  /// A worker has made its first channel.
  func join(_ core: SupervisorCore, origin: String) {
    self.members.withLock { members in
      members[origin] = members[origin, default: [:]].filter { $0.value.core != nil }
      members[origin]?[ObjectIdentifier(core)] = Member(core: core)
    }
  }

  /// Passes a message on to the other workers of an origin that are running.
  func post(_ message: ByteBuffer, from source: SupervisorCore, origin: String) {
    let cores = self.members.withLock { members in
      members[origin]?.values.compactMap { $0.core } ?? []
    }
    for core in cores where core !== source {
      core.eventLoop.execute { core.broadcast(message) }
    }
  }
}
