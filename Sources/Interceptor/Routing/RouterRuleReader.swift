import FetchModel

/// Reads router rules from the lines that the worker's side of `addRoutes()` writes. A line has a word
/// or a value, in which a backslash is `\\` and a line feed `\n`:
///
/// ```
/// rule       = "rule" condition source
/// condition  = "all" COUNT condition…  |  "or" COUNT condition…  |  "not" condition
///            | "url" PATTERN  |  "init" IGNORECASE nine values ("=VALUE", or empty where not given)
///            | "method" METHOD  |  "mode" MODE  |  "destination" DESTINATION  |  "running" 0/1
/// source     = "network"  |  "cache"  |  "named-cache" NAME  |  "fetch-event"  |  "race"
/// ```
///
/// The text comes from a plugin's process: whatever it is, reading it is bounded.
struct RouterRuleReader {
  private var lines: ArraySlice<Substring>
  private let baseURL: String
  private(set) var conditionCount: Int

  init(_ text: String, baseURL: String, conditionCount: Int) {
    self.lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    self.baseURL = baseURL
    self.conditionCount = conditionCount
  }

  mutating func rules() throws(PluginError) -> [RouterRule] {
    var rules: [RouterRule] = []
    while !self.lines.isEmpty {
      guard try self.word() == "rule" else { throw self.wrong("This is no rule.") }
      rules.append(RouterRule(condition: try self.condition(depth: 1), source: try self.source()))
    }
    return rules
  }

  private mutating func condition(depth: Int) throws(PluginError) -> RouterCondition {
    // *Check Router Registration Limit*.
    self.conditionCount += 1
    guard self.conditionCount <= RouterRules.maximumConditions else {
      throw self.wrong("There are more than \(RouterRules.maximumConditions) conditions.")
    }
    guard depth <= RouterRules.maximumDepth else {
      throw self.wrong("Conditions are nested deeper than \(RouterRules.maximumDepth).")
    }
    switch try self.word() {
    case "all": return .all(try self.members())
    case "or":
      let count = try self.count()
      var conditions: [RouterCondition] = []
      for _ in 0..<count { conditions.append(try self.condition(depth: depth + 1)) }
      return .or(conditions)
    case "not": return .not(try self.condition(depth: depth + 1))
    default: throw self.wrong("This is no condition.")
    }
  }

  /// The members of a dictionary without `or` and `not`.
  private mutating func members() throws(PluginError) -> [RouterCondition] {
    let count = try self.count()
    guard (1...8).contains(count) else { throw self.wrong("A condition is empty.") }
    var members: [RouterCondition] = []
    for _ in 0..<count {
      switch try self.word() {
      case "url": members.append(.urlPattern(try self.pattern()))
      case "init": members.append(.urlPattern(try self.patternOfComponents()))
      case "method": members.append(.requestMethod(try self.method()))
      case "mode": members.append(.requestMode(try self.value()))
      case "destination": members.append(.requestDestination(try self.value()))
      case "running": members.append(.isRunning(try self.word() == "1"))
      default: throw self.wrong("This is no condition.")
      }
    }
    return members
  }

  /// - Throws: ``PluginError`` for what is no method, or a forbidden one.
  private mutating func method() throws(PluginError) -> String {
    let method = try self.value()
    guard !method.isEmpty, method.utf8.allSatisfy(isTokenByte) else {
      throw self.wrong("\(method.debugDescription) is no method.")
    }
    let upper = method.uppercased()
    guard !["CONNECT", "TRACE", "TRACK"].contains(upper) else {
      throw self.wrong("The method \(upper) is forbidden.")
    }
    return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(upper) ? upper : method
  }

  private mutating func pattern() throws(PluginError) -> URLPatternMatcher {
    let text = try self.value()
    do throws(URLPatternError) {
      return try URLPatternMatcher(try URLPattern(text, baseURL: self.baseURL))
    } catch { throw self.wrong(error.message) }
  }

  private mutating func patternOfComponents() throws(PluginError) -> URLPatternMatcher {
    let ignoresCase = try self.word() == "1"
    var initializer = URLPatternInit()
    for component in URLPatternComponent.allCases {
      initializer[component] = try self.optionalValue()
    }
    initializer.baseURL = try self.optionalValue()
    do throws(URLPatternError) {
      return try URLPatternMatcher(try URLPattern(initializer, ignoresCase: ignoresCase))
    } catch { throw self.wrong(error.message) }
  }

  private mutating func source() throws(PluginError) -> RouterSource {
    switch try self.word() {
    case "network": return .network
    case "cache": return .cache(name: nil)
    case "named-cache": return .cache(name: try self.value())
    case "fetch-event": return .fetchEvent
    case "race": return .raceNetworkAndFetchHandler
    default: throw self.wrong("This is no source.")
    }
  }

  // MARK: Lines

  private mutating func word() throws(PluginError) -> Substring {
    guard let word = self.lines.popFirst() else { throw self.wrong("The rules end too early.") }
    return word
  }

  private mutating func count() throws(PluginError) -> Int {
    guard let count = Int(try self.word()), count >= 0 else {
      throw self.wrong("This is no number.")
    }
    return count
  }

  private mutating func optionalValue() throws(PluginError) -> String? {
    let value = try self.value()
    return value.hasPrefix("=") ? String(value.dropFirst()) : nil
  }

  private mutating func value() throws(PluginError) -> String {
    var value = ""
    var isEscaped = false
    for character in try self.word().unicodeScalars {
      if isEscaped {
        value.unicodeScalars.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        value.unicodeScalars.append(character)
      }
    }
    return value
  }

  private func wrong(_ message: String) -> PluginError {
    PluginError(name: "TypeError", message: message)
  }
}
