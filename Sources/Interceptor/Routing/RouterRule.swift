import FetchModel

/// A *router rule* of the static routing API
/// ([Service Workers §4.5.6](https://w3c.github.io/ServiceWorker/#register-router-method)).
struct RouterRule: Sendable {
  var condition: RouterCondition
  var source: RouterSource
}

/// A *router condition*.
indirect enum RouterCondition: Sendable {
  /// The members of one dictionary: all have to hold.
  case all([RouterCondition])
  case or([RouterCondition])
  case not(RouterCondition)
  case urlPattern(URLPatternMatcher)
  case requestMethod(String)
  case requestMode(String)
  case requestDestination(String)
  case isRunning(Bool)
}

/// Where a response comes from.
enum RouterSource: Sendable, Equatable {
  case network
  /// `nil` for the first cache that has one.
  case cache(name: String?)
  case fetchEvent
  case raceNetworkAndFetchHandler

  /// Whether it needs a listener for `fetch`.
  var needsFetchHandler: Bool { self == .fetchEvent || self == .raceNetworkAndFetchHandler }
}

/// What conditions are about.
struct RoutedRequest {
  var url: String
  var method: String
  var mode: String
  var destination: String
  /// Asked for only where a rule needs it.
  var isRunning: () -> Bool
}

extension RouterCondition {
  /// *Match Router Condition*.
  func matches(_ request: RoutedRequest) -> Bool {
    switch self {
    case .all(let conditions): return conditions.allSatisfy { $0.matches(request) }
    case .or(let conditions): return conditions.contains { $0.matches(request) }
    case .not(let condition): return !condition.matches(request)
    case .urlPattern(let matcher):
      var url = request.url
      return url.withUTF8 { matcher.matches(serialized: $0.span) }
    case .requestMethod(let method): return method == request.method
    case .requestMode(let mode): return mode == request.mode
    case .requestDestination(let destination): return destination == request.destination
    case .isRunning(let isRunning): return isRunning == request.isRunning()
    }
  }
}

/// The *list of router rules* of a worker, in the order in which they were added.
struct RouterRules: Sendable {
  /// How many conditions all rules of a worker may have together, and how deep they may be nested.
  static let maximumConditions = 1_024
  static let maximumDepth = 10
  /// How long the text of all of them may be, in bytes.
  static let maximumLength = 4 << 20

  private(set) var rules: [RouterRule] = []
  private(set) var conditionCount = 0
  /// What they were made of, for the store.
  private(set) var text = ""

  var isEmpty: Bool { self.rules.isEmpty }

  /// Appends rules, all or none.
  ///
  /// - Parameters:
  ///   - text: rules as ``RouterRuleReader`` reads them.
  ///   - baseURL: what relative patterns are relative to.
  ///   - hasFetchHandler: whether the worker listens for `fetch`.
  /// - Throws: ``PluginError`` named `TypeError`, as `addRoutes()` rejects with.
  mutating func add(
    _ text: String, baseURL: String, hasFetchHandler: Bool
  ) throws(PluginError) {
    guard self.text.utf8.count + text.utf8.count < Self.maximumLength else {
      throw PluginError(name: "TypeError", message: "The routes are too long.")
    }
    var reader = RouterRuleReader(text, baseURL: baseURL, conditionCount: self.conditionCount)
    let rules = try reader.rules()
    if !hasFetchHandler, let rule = rules.first(where: { $0.source.needsFetchHandler }) {
      throw PluginError(
        name: "TypeError",
        message: "The source \(rule.source) needs a listener for fetch.")
    }
    self.rules += rules
    self.conditionCount = reader.conditionCount
    self.text += self.text.isEmpty ? text : "\n" + text
  }

  /// *Get Router Source*: that of the first rule that matches; `nil` where none does.
  func source(of request: RoutedRequest) -> RouterSource? {
    self.rules.first { $0.condition.matches(request) }?.source
  }
}
