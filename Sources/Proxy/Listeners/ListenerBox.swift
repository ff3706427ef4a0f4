import NIOCore
import Synchronization

/// Keeps a bound listener until it is closed.
final class ListenerBox: Sendable {
  private let channel: Mutex<(any Channel)?> = Mutex(nil)

  func set(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

  func take() -> (any Channel)? {
    self.channel.withLock { channel in
      defer { channel = nil }
      return channel
    }
  }
}
