/// A *service worker client* as `Client` shows it.
public struct ClientDescription: Sendable, Equatable {
  /// `type` of a client.
  public enum Kind: String, Sendable {
    case window
    case worker
    case sharedWorker = "sharedworker"
  }

  /// `frameType` of a client.
  public enum FrameType: String, Sendable {
    case topLevel = "top-level"
    case nested
    case none
  }

  /// A UUID.
  public var id: String
  /// The *creation URL*.
  public var url: String
  public var kind: Kind
  public var frameType: FrameType

  public init(id: String, url: String, kind: Kind, frameType: FrameType) {
    self.id = id
    self.url = url
    self.kind = kind
    self.frameType = frameType
  }
}

/// What `clients.matchAll()` asks for.
public struct ClientQuery: Sendable, Equatable {
  public var includesUncontrolled: Bool
  /// `nil` for all.
  public var kind: ClientDescription.Kind?

  public init(includesUncontrolled: Bool = false, kind: ClientDescription.Kind? = .window) {
    self.includesUncontrolled = includesUncontrolled
    self.kind = kind
  }
}
