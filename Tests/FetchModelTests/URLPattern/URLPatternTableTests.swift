import FetchModel
import Foundation
import Testing

/// Each row of the table: the components of the pattern and, where no group has a regular
/// expression, whether it matches without a script engine.
@Suite struct URLPatternTableTests {
  @Test func compilesAndMatchesAsTheTableSays() throws {
    let rows = try WebPlatformTable.rows("urlpatterntestdata")
    #expect(rows.count == 362)
    var matched = 0
    for row in rows {
      let name = "\(row["pattern"] ?? []) \(row["inputs"] ?? [])"
      guard let pattern = self.pattern(row) else {
        #expect(row.string("expected_obj") == "error", "\(name)")
        continue
      }
      if row.string("expected_obj") == "error" {
        // Only a script engine can tell that a regular expression is wrong.
        #expect(pattern.hasRegularExpressions, "\(name)")
        continue
      }
      for component in URLPatternComponent.allCases {
        let text = pattern[component].patternString
        #expect(text == self.expected(component, row), "\(component) of \(name)")
      }
      guard let matcher = try? URLPatternMatcher(pattern) else { continue }
      matched += 1
      let isMatch = row["expected_match"] is [String: Any]
      #expect(self.matches(matcher, row) == isMatch, "\(name)")
    }
    #expect(matched > 250)
  }

  private func pattern(_ row: WebPlatformTable.Row) -> URLPattern? {
    let arguments = row["pattern"] as? [Any] ?? []
    let options = arguments.last as? [String: Any]
    let ignoresCase = options?["ignoreCase"] as? Bool ?? false
    let base = arguments.dropFirst().first as? String
    let test: URLPattern.RegularExpressionTest = { source, strings in
      guard let expression = try? NSRegularExpression(pattern: source) else { return nil }
      return strings.contains {
        let range = NSRange(location: 0, length: $0.utf16.count)
        return expression.firstMatch(in: $0, range: range) != nil
      }
    }
    if let string = arguments.first as? String {
      return try? URLPattern(string, baseURL: base, ignoresCase: ignoresCase, test: test)
    }
    // A dictionary and a base URL exclude each other, which the class looks after.
    if base != nil { return nil }
    let initializer = self.initializer(arguments.first as? [String: Any] ?? [:])
    return try? URLPattern(initializer, ignoresCase: ignoresCase, test: test)
  }

  private func initializer(_ dictionary: [String: Any]) -> URLPatternInit {
    var initializer = URLPatternInit()
    for component in URLPatternComponent.allCases {
      initializer[component] = dictionary["\(component)"] as? String
    }
    initializer.baseURL = dictionary["baseURL"] as? String
    return initializer
  }

  private func matches(_ matcher: URLPatternMatcher, _ row: WebPlatformTable.Row) -> Bool {
    let inputs = row["inputs"] as? [Any] ?? []
    let base = inputs.dropFirst().first as? String
    if let string = inputs.first as? String {
      let baseURL = base.flatMap { WebURL($0) }
      if base != nil, baseURL == nil { return false }
      guard let url = WebURL(string, base: baseURL) else { return false }
      return matcher.matches(url)
    }
    guard
      let values = URLPattern.components(
        self.initializer(inputs.first as? [String: Any] ?? [:]))
    else { return false }
    return base == nil
      && URLPatternComponent.allCases.allSatisfy { matcher.matches($0, values[$0] ?? "") }
  }

  /// What the table leaves to its harness: the pattern as it was given, or the base URL's.
  private func expected(_ component: URLPatternComponent, _ row: WebPlatformTable.Row) -> String {
    let name = "\(component)"
    if let text = (row["expected_obj"] as? [String: Any])?[name] as? String { return text }
    if (row["exactly_empty_components"] as? [String])?.contains(name) == true { return "" }
    let arguments = row["pattern"] as? [Any] ?? []
    let dictionary = arguments.first as? [String: Any]
    if let text = dictionary?[name] as? String, !text.isEmpty { return text }
    let isAfterAnother = Self.earlier(component).contains { dictionary?["\($0)"] != nil }
    if dictionary != nil, isAfterAnother { return "*" }
    let base = dictionary?["baseURL"] as? String ?? arguments.dropFirst().first as? String
    guard let url = base.flatMap({ WebURL($0) }), component != .username, component != .password
    else { return "*" }
    switch component {
    case .protocol: return url.scheme
    case .hostname: return url.host ?? ""
    case .port: return url.port.map { String($0) } ?? ""
    case .pathname: return url.path
    case .search: return url.query ?? ""
    default: return url.fragment ?? ""
    }
  }

  private static func earlier(_ component: URLPatternComponent) -> [URLPatternComponent] {
    guard component != .username, component != .password else { return [] }
    return URLPatternComponent.allCases.filter {
      $0.rawValue < component.rawValue && $0 != .username && $0 != .password
    }
  }
}
