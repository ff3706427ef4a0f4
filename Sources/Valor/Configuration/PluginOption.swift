import ArgumentParser

/// The value of `--plugin`: `FILE[=SCOPE[,SCOPE…]]`.
struct PluginOption: ExpressibleByArgument, Equatable {
  /// The script's path as it was written.
  var path: String
  var scopes: [String]

  /// The plugin's name: the file's name without its extension.
  var name: String { fileStem(self.path) }

  /// Splits at the first `=` behind which a URL stands, so that a path may have one of its own.
  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    for index in argument.indices where argument[index] == "=" {
      let rest = argument[argument.index(after: index)...]
      if rest.hasPrefix("http://") || rest.hasPrefix("https://") {
        guard index != argument.startIndex else { return nil }
        self.path = String(argument[..<index])
        self.scopes = Self.split(rest)
        return
      }
    }
    if let index = argument.lastIndex(of: "=") {
      self.path = String(argument[..<index])
      self.scopes = Self.split(argument[argument.index(after: index)...])
      return
    }
    self.path = argument
    self.scopes = []
  }

  /// Scopes are separated by commas; a comma within a URL belongs to it where no scheme follows.
  private static func split(_ text: Substring) -> [String] {
    var scopes: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let startsURL = part.hasPrefix("http://") || part.hasPrefix("https://")
      if startsURL || scopes.isEmpty {
        scopes.append(String(part))
      } else {
        scopes[scopes.count - 1] += "," + part
      }
    }
    return scopes
  }
}
