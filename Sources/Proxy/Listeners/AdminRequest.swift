public import NIOCore

/// A request to the admin listener that may be served: its sender has the token.
public struct AdminRequest: Sendable {
  /// The method, in capital letters.
  public var method: String
  /// The path without the query, as it was written.
  public var path: String
  /// Empty where there is none.
  public var body: ByteBuffer

  public init(method: String, path: String, body: ByteBuffer = ByteBuffer()) {
    self.method = method
    self.path = path
    self.body = body
  }
}

/// The answer to it: JSON, or nothing.
public struct AdminResponse: Sendable, Equatable {
  public var status: Int
  /// A JSON text; empty for no body.
  public var json: String
  /// The methods that the path knows, where the request's was another one.
  public var allow: String?

  public init(status: Int, json: String, allow: String? = nil) {
    self.status = status
    self.json = json
    self.allow = allow
  }
}

/// What is behind the admin listener.
public protocol AdminHandler: AnyObject, Sendable {
  /// Serves a request to a path below `/_plugins`.
  func handle(_ request: AdminRequest) async -> AdminResponse
}
