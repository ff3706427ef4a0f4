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
  return String(unsafeUninitializedCapacity: 36) { text in
    var position = 0
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 {
        text[position] = UInt8(ascii: "-")
        position += 1
      }
      let digit = UInt8((index < 16 ? high >> (60 - index * 4) : low >> (124 - index * 4)) & 0xF)
      text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      position += 1
    }
    return position
  }
}
