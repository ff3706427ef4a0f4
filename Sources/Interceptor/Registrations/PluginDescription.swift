/// What a plugin is made of.
public enum PluginKind: String, Sendable, CaseIterable {
  case javaScript = "js"
  case webAssembly = "wasm"
  case wasi
  case native
}

/// Which requests a registration gets.
public enum MatchMode: String, Sendable {
  /// Those to URLs in its scopes, whoever makes them. The default.
  case url
  /// As the specification says: navigations to URLs in its scopes, and whatever the clients that
  /// come of them request, anywhere.
  case client
}

/// `updateViaCache` of `RegistrationOptions`: what may come from an HTTP cache in an update.
public enum UpdateViaCache: String, Sendable {
  case imports
  case all
  case none
}

/// What to do with a request when the worker that should have answered it could not: it did not
/// start, died, hung, or ran out of memory.
public enum FailurePolicy: String, Sendable {
  /// A network error, as the specification says. The default.
  case networkError = "error"
  /// The request goes to the network, as long as its body is still whole; else a network error.
  case failOpen = "fail-open"
}

/// What is registered: one plugin with its scopes and its script.
public struct PluginDescription: Sendable {
  /// For messages and listings; unique.
  public var name: String
  public var kind: PluginKind
  /// What `self.location` is in the script.
  public var scriptURL: String
  /// Absolute http or https URLs without a fragment, and patterns for such. A request is claimed
  /// where one of the URLs is a string prefix of its; the longest of all plugins wins. Where there is
  /// none, the first pattern that matches does.
  public var scopes: [String]
  public var match: MatchMode
  public var updateViaCache: UpdateViaCache
  /// What becomes of a request whose event the worker could not handle.
  public var failurePolicy: FailurePolicy

  public init(
    name: String, kind: PluginKind = .javaScript, scriptURL: String, scopes: [String],
    match: MatchMode = .url, updateViaCache: UpdateViaCache = .imports,
    failurePolicy: FailurePolicy = .networkError
  ) {
    self.name = name
    self.kind = kind
    self.scriptURL = scriptURL
    self.scopes = scopes
    self.match = match
    self.updateViaCache = updateViaCache
    self.failurePolicy = failurePolicy
  }
}
