import FetchModel

/// A request that is looked for, and what of it counts
/// ([§5.4.2](https://w3c.github.io/ServiceWorker/#dictdef-cachequeryoptions)).
struct CacheQuery: Sendable {
  struct Options: OptionSet, Sendable {
    let rawValue: UInt8
    static let ignoreSearch = Options(rawValue: 1)
    static let ignoreMethod = Options(rawValue: 2)
    static let ignoreVary = Options(rawValue: 4)
  }

  var method: String
  var url: CachedURL
  var headers: HeaderList
  var options: Options

  init(method: String, url: String, headers: HeaderList, options: Options = []) {
    self.method = method
    self.url = CachedURL(url)
    self.headers = headers
    self.options = options
  }

  /// Whether nothing can match, since only requests with GET are stored.
  var isHopeless: Bool { self.method != "GET" && !self.options.contains(.ignoreMethod) }

  /// The steps of *Request Matches Cached Item* that are about `Vary`
  /// ([§5.4](https://w3c.github.io/ServiceWorker/#request-matches-cached-item-algorithm)).
  ///
  /// - Parameters:
  ///   - vary: the names that the cached response varies on, separated by commas.
  ///   - headers: the cached request's.
  func matches(vary: String, headers: @autoclosure () -> HeaderList) -> Bool {
    if vary.isEmpty || self.options.contains(.ignoreVary) { return true }
    let cached = headers()
    return vary.split(separator: ",").allSatisfy { name in
      name != "*" && cached.combined(String(name)) == self.headers.combined(String(name))
    }
  }
}

/// A URL in the parts by which it is looked for.
struct CachedURL: Sendable, Equatable {
  /// All before the query.
  var path: String
  /// With its question mark; empty for none.
  var query: String
  /// With its number sign; empty for none.
  var fragment: String

  init(_ url: String) {
    let hash = url.firstIndex(of: "#") ?? url.endIndex
    let question = url[..<hash].firstIndex(of: "?") ?? hash
    self.path = String(url[..<question])
    self.query = String(url[question..<hash])
    self.fragment = String(url[hash...])
  }

  init(path: String, query: String, fragment: String) {
    self.path = path
    self.query = query
    self.fragment = fragment
  }

  var withoutFragment: String { self.path + self.query }

  /// Whether both are the same but for the fragment, and for the query where that is ignored.
  func matches(_ other: CachedURL, ignoringSearch: Bool) -> Bool {
    self.path == other.path && (ignoringSearch || self.query == other.query)
  }
}

extension HeaderList {
  /// The values of all fields of a name, joined (*get a header*); `nil` where there is none.
  func combined(_ name: String) -> String? {
    let values = self.all(name)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// The names in `Vary`, in small letters and separated by commas.
  var varyNames: String {
    guard let value = self.combined("vary") else { return "" }
    return value.split(separator: ",")
      .map { name in
        String(
          name.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }
            .reversed()
        ).lowercased()
      }
      .filter { !$0.isEmpty }
      .joined(separator: ",")
  }
}
