import NIOCore
import Synchronization

/// Finds the services of an event loop. Filled once at the start, emptied at the end.
final class LoopTable: Sendable {
  private let table: Mutex<[ObjectIdentifier: NIOLoopBound<LoopServices>]> = Mutex([:])

  func insert(_ services: NIOLoopBound<LoopServices>, for eventLoop: any EventLoop) {
    self.table.withLock { $0[ObjectIdentifier(eventLoop)] = services }
  }

  /// The services of the event loop on which this is called.
  func services(of eventLoop: any EventLoop) -> LoopServices? {
    self.table.withLock { $0[ObjectIdentifier(eventLoop)] }?.value
  }

  func removeAll() { self.table.withLock { $0 = [:] } }
}
