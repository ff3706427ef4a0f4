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

/// A version 4 UUID ([RFC 9562 §5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
func makeClientID() -> String {
  var generator = SystemRandomNumberGenerator()
  var high = generator.next()
  var low = generator.next()
  high = high & ~0xF000 | 0x4000
  low = low & ~(3 << 62) | 1 << 63
  func hex(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }
  return [
    hex(high >> 32, 8), hex(high >> 16 & 0xFFFF, 4), hex(high & 0xFFFF, 4), hex(low >> 48, 4),
    hex(low & 0xFFFF_FFFF_FFFF, 12),
  ].joined(separator: "-")
}
