import FetchModel
import Interceptor
import NIOCore

extension SupervisorCore {
  private var origin: String { WebURL(self.configuration.scriptURL)?.origin ?? "null" }

  /// The worker has made its first `BroadcastChannel`.
  func broadcastsOpened(_ call: UInt32) {
    let generation = self.connection.generation
    self.broadcastGeneration = generation
    self.configuration.broadcasts?.join(self, origin: self.origin)
    self.answer(call, generation: generation, .success(ByteBuffer()))
  }

  /// The worker sends a message to the channels of its origin.
  func broadcastPosted(_ call: UInt32, _ message: ByteBuffer) {
    let generation = self.connection.generation
    guard message.readableBytes <= BroadcastHub.maximumLength else {
      return self.answer(
        call, generation: generation,
        .failure(PluginError(name: "DataCloneError", message: "The message is too long.")))
    }
    self.configuration.broadcasts?.post(message, from: self, origin: self.origin)
    self.answer(call, generation: generation, .success(ByteBuffer()))
  }

  /// A message of another worker.
  func broadcast(_ message: ByteBuffer) {
    guard self.broadcastGeneration == self.connection.generation, self.connection.isOpen,
      self.connection.waitingBytes + message.readableBytes <= BroadcastHub.maximumBacklog
    else { return }
    self.send(.broadcast(message))
  }
}
