import FetchModel
import NIOCore

extension Exchange {
  /// Whether there is no network behind the request: its host is a plugin's own origin.
  var hasNoNetwork: Bool { self.route.mount != nil || Gateway.isPluginHost(self.route.key.host) }

  /// The answer where a plugin has left such a request, or none claims it.
  func leftAnswer() -> FetchResponse {
    let text =
      self.route.mount.map { "The plugin \($0.name) does not answer this." }
      ?? "No plugin answers this, and there is no network behind \(self.route.key.host)."
    return Self.answer(404, "Not Found", text)
  }

  /// Whether a person looks at what comes of a network error, and is to see why.
  var showsErrorPage: Bool {
    guard self.services.shared.networkErrors == .page else { return false }
    if let mode = self.head.value(ofFieldNamed: "sec-fetch-mode") { return mode == "navigate" }
    return self.head.value(ofFieldNamed: "accept")?.hasPrefix("text/html") == true
  }

  /// The answer where a mounted plugin failed, or a person is to see that one has.
  func failedAnswer(_ error: FetchError) -> FetchResponse {
    Self.answer(502, "Bad Gateway", error.message)
  }

  private static func answer(_ status: Int, _ reason: String, _ text: String) -> FetchResponse {
    FetchResponse(
      status: status, statusText: reason,
      headers: HeaderList([("Content-Type", "text/plain; charset=utf-8")]),
      body: .bytes(ByteBuffer(string: "\(status) \(reason): \(text)\n")))
  }

  /// A plugin's answer as it leaves its mount: it says whose it is and which request it answers, and
  /// a redirect within the plugin's origin stays within the mount.
  func leavingMount(_ response: FetchResponse) -> FetchResponse {
    guard let mount = self.route.mount else { return response }
    var response = response
    if let location = response.headers.first("location"),
      let moved = mountedLocation(location, mount)
    {
      response.headers.set("Location", to: moved)
    }
    response.headers.set("x-valor-plugin", to: mount.name)
    if let id = self.head.value(ofFieldNamed: "x-request-id") {
      response.headers.set("x-correlation-id", to: id)
    }
    return response
  }
}

/// A `Location` of a mounted plugin, as its client has to follow it; `nil` where it stays as it is:
/// relative to the request's path, or elsewhere.
func mountedLocation(_ location: String, _ mount: GatewayMounts.Mount) -> String? {
  let origin = GatewayMounts.origin(of: mount.name)
  if location == origin { return mount.path + "/" }
  if location.hasPrefix(origin + "/") {
    return mount.path + location.dropFirst(origin.count)
  }
  return location.hasPrefix("/") && !location.hasPrefix("//") ? mount.path + location : nil
}
