import CJavaScriptCore
import FetchModel

extension JavaScriptPlugin {
  /// The compiler behind the `URLPattern` class.
  var urlPatternNatives: [Native] {
    [
      ("compileURLPattern", { [unowned self] in self.compileURLPattern($0) }),
      ("urlPatternValues", { [unowned self] in self.urlPatternValues($0) }),
    ]
  }

  /// `(test, ignoresCase, baseURL, string)` or `(test, ignoresCase, baseURL, undefined, …components)`
  /// → `=` and the compiled components, or `!` and what is wrong.
  private func compileURLPattern(_ arguments: NativeArguments) -> JSValue? {
    do throws(URLPatternError) {
      let pattern = try self.urlPattern(arguments)
      let components = URLPatternComponent.allCases.map { Self.pack(pattern[$0]) }
      return self.context.string("=" + components.joined(separator: "\u{FFFE}"))
    } catch {
      return self.context.string("!" + error.message)
    }
  }

  private func urlPattern(_ arguments: NativeArguments) throws(URLPatternError) -> URLPattern {
    let test: URLPattern.RegularExpressionTest = { [unowned self] source, strings in
      self.test(arguments[0], source, strings)
    }
    let ignoresCase = arguments.bool(1)
    guard arguments.isUndefined(3) else {
      return try URLPattern(
        arguments.text(3), baseURL: arguments.isUndefined(2) ? nil : arguments.text(2),
        ignoresCase: ignoresCase, test: test)
    }
    let initializer = Self.initializer(arguments, baseURL: 2, components: 4)
    return try URLPattern(initializer, ignoresCase: ignoresCase, test: test)
  }

  /// `(baseURL, …components)` → the components of a URL, one a line; `undefined` where they are none.
  private func urlPatternValues(_ arguments: NativeArguments) -> JSValue? {
    let initializer = Self.initializer(arguments, baseURL: 0, components: 1)
    guard let values = URLPattern.components(initializer) else { return nil }
    return self.context.string(
      URLPatternComponent.allCases.map { values[$0] ?? "" }.joined(separator: "\n"))
  }

  private static func initializer(
    _ arguments: NativeArguments, baseURL: Int, components first: Int
  ) -> URLPatternInit {
    func text(_ index: Int) -> String? {
      arguments.isUndefined(index) ? nil : arguments.text(index)
    }
    var initializer = URLPatternInit()
    initializer.baseURL = text(baseURL)
    for component in URLPatternComponent.allCases {
      initializer[component] = text(first + component.rawValue)
    }
    return initializer
  }

  /// Asks the script whether a regular expression matches one of some strings.
  private func test(_ function: JSValue, _ source: String, _ strings: [String]) -> Bool? {
    var exception: JSValue?
    let result = self.context.call(function, 2, exception: &exception) {
      $0[0] = self.context.string(source)
      $0[1] = self.context.string(strings.joined(separator: "\n"))
    }
    guard exception == nil, let result, !self.context.isUndefined(result) else { return nil }
    return JSValueToBoolean(self.context.ref, result)
  }

  /// Pattern string, kind, value and the groups' names. What separates them is no character: none of
  /// it is in a name, and all else is ASCII.
  private static func pack(_ component: CompiledComponent) -> String {
    let kind: String
    var value = ""
    if component.isFullWildcard {
      kind = "0"
    } else if let text = component.fixedText {
      kind = "1"
      value = text
    } else {
      kind = component.hasRegularExpressions ? "3" : "2"
      value = component.regularExpression
    }
    let names = component.groupNames.joined(separator: "\n")
    return [component.patternString, kind, value, names].joined(separator: "\u{FFFF}")
  }
}
