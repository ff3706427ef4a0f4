import FetchModel

/// What a script is written in, by the ending of its file or URL.
enum ScriptLanguage: Equatable, Sendable {
  case javaScript
  /// `.ts` or `.mts`.
  case typeScript

  init(path: some StringProtocol) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
      self = .javaScript
      return
    }
    let ending = name[name.index(after: dot)...].lowercased()
    self = ending == "ts" || ending == "mts" ? .typeScript : .javaScript
  }

  /// - Parameter name: what messages call the script: a path or a URL.
  init(name: String) {
    if name.contains("://") { self.init(url: name) } else { self.init(path: name) }
  }

  init(url: String) { self.init(path: WebURL(url)?.get(.pathname) ?? "") }
}
