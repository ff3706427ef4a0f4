import Synchronization

/// What a script holds of a body that is still outside of its heap.
final class BodyHandle: Sendable {
  let stream: StreamID
  private let dropped: DroppedBodies

  init(_ stream: StreamID, dropped: DroppedBodies) {
    self.stream = stream
    self.dropped = dropped
  }

  /// The engine has collected the object; called on whatever thread does that.
  func wasCollected() { self.dropped.add(self.stream) }
}

/// The bodies whose handles were collected since it was last asked.
final class DroppedBodies: Sendable {
  private let streams = Mutex<[StreamID]>([])

  func add(_ stream: StreamID) { self.streams.withLock { $0.append(stream) } }

  func takeAll() -> [StreamID] {
    self.streams.withLock { streams in
      defer { if !streams.isEmpty { streams = [] } }
      return streams
    }
  }
}
