import FetchModel

/// The scopes of a plugin as the registration map has them (*Start Register*, the steps about the
/// scope URL).
///
/// One that ``ScopePattern/isPattern(_:)`` is a pattern instead of a URL; the same holds for it.
///
/// - Throws: ``PluginError`` naming the scope: it is no absolute URL, neither http nor https, has a
///   fragment or credentials, an escaped slash or backslash in its path, is given twice, or is a
///   pattern with a regular expression.
func serialiseScopes(_ scopes: [String], pluginName: String) throws(PluginError) -> [String] {
  guard !scopes.isEmpty else {
    throw PluginError(name: "TypeError", message: "The plugin \(pluginName) has no scope.")
  }
  var serialised: [String] = []
  for scope in scopes {
    let url = try serialiseScope(scope, pluginName: pluginName)
    guard !serialised.contains(url) else {
      throw badScope(scope, pluginName, "is given twice")
    }
    serialised.append(url)
  }
  return serialised
}

/// One scope as the registration map has it; see ``serialiseScopes(_:pluginName:)``.
///
/// - Throws: ``PluginError`` naming the scope.
public func serialiseScope(_ scope: String, pluginName: String) throws(PluginError) -> String {
  if ScopePattern.isPattern(scope) { return try serialisePattern(scope, pluginName: pluginName) }
  guard let url = WebURL(scope) else {
    throw badScope(scope, pluginName, "is no absolute URL")
  }
  guard url.scheme == "http" || url.scheme == "https" else {
    throw badScope(scope, pluginName, "is neither an http nor an https URL")
  }
  guard url.fragment == nil else {
    throw badScope(scope, pluginName, "has a fragment, which requests do not have")
  }
  guard url.username.isEmpty, url.password.isEmpty else {
    throw badScope(scope, pluginName, "has a user name or a password, which requests do not have")
  }
  let path = url.path.lowercased()
  guard !path.contains("%2f"), !path.contains("%5c") else {
    throw badScope(scope, pluginName, "has an escaped slash or backslash in its path")
  }
  return url.href
}

/// The same rules for a pattern: something that they allow has to match.
private func serialisePattern(_ scope: String, pluginName: String) throws(PluginError) -> String {
  let pattern: ScopePattern
  do throws(URLPatternError) {
    pattern = try ScopePattern(scope)
  } catch {
    throw badScope(scope, pluginName, "is no URL pattern that can be a scope: \(error.message)")
  }
  let matcher = pattern.matcher
  guard matcher.matches(.protocol, "http") || matcher.matches(.protocol, "https") else {
    throw badScope(scope, pluginName, "matches neither http nor https URLs")
  }
  guard matcher.matchesNothing(.hash) else {
    throw badScope(scope, pluginName, "has a fragment, which requests do not have")
  }
  guard matcher.matchesNothing(.username), matcher.matchesNothing(.password) else {
    throw badScope(scope, pluginName, "has a user name or a password, which requests do not have")
  }
  let path = matcher.patternStrings[URLPatternComponent.pathname.rawValue].lowercased()
  guard !path.contains("%2f"), !path.contains("%5c") else {
    throw badScope(scope, pluginName, "has an escaped slash or backslash in its path")
  }
  return pattern.serialised
}

private func badScope(_ scope: String, _ pluginName: String, _ reason: String) -> PluginError {
  PluginError(
    name: "TypeError", message: "The scope \(scope) of the plugin \(pluginName) \(reason).")
}
