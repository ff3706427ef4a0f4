/// *Parse a constructor string*
/// ([URL Pattern §1.6](https://urlpattern.spec.whatwg.org/#constructor-string-parsing)): where the
/// components are in a pattern for a whole URL.
struct ConstructorStringParser {
  private enum State: Equatable {
    case start, authority, done
    case component(URLPatternComponent)
  }

  private let input: [UInt8]
  private let tokens: [PatternToken]
  private let test: URLPattern.RegularExpressionTest?
  private var result = URLPatternInit()
  private var state = State.start
  private var componentStart = 0
  private var index = 0
  private var increment = 1
  private var groupDepth = 0
  private var bracketDepth = 0
  private var isSpecial = false

  static func parse(
    _ input: String, _ test: URLPattern.RegularExpressionTest?
  ) throws(URLPatternError) -> URLPatternInit {
    let input = Array(input.utf8)
    let tokens = try PatternTokenizer.tokenize(input, .lenient)
    var parser = ConstructorStringParser(input, tokens, test)
    while parser.index < tokens.count, parser.state != .done {
      parser.increment = 1
      try parser.step()
      parser.index += parser.increment
    }
    // Who says a host and no port means the default one.
    if parser.result[.hostname] != nil, parser.result[.port] == nil { parser.result[.port] = "" }
    return parser.result
  }

  private init(
    _ input: [UInt8], _ tokens: [PatternToken], _ test: URLPattern.RegularExpressionTest?
  ) {
    self.input = input
    self.tokens = tokens
    self.test = test
  }

  private mutating func step() throws(URLPatternError) {
    switch self.tokens[self.index].kind {
    case .end: return self.reachedEnd()
    case .open:
      self.groupDepth += 1
      return
    case .close where self.groupDepth > 0:
      self.groupDepth -= 1
    default:
      // No component ends within braces.
      if self.groupDepth > 0 { return }
    }
    switch self.state {
    case .start:
      if self.isCharacter(":") { self.rewind(to: .component(.protocol)) }
    case .authority:
      if self.isCharacter("@") {
        self.rewind(to: .component(.username))
      } else if self.isCharacter("/") || self.isSearchPrefix || self.isCharacter("#") {
        self.rewind(to: .component(.hostname))
      }
    case .component(let component): try self.step(in: component)
    case .done: break
    }
  }

  private mutating func reachedEnd() {
    switch self.state {
    case .start:
      // Without a protocol it is relative.
      self.rewind(to: .start)
      if self.isCharacter("#") {
        self.change(to: .component(.hash), skip: 1)
      } else if self.isSearchPrefix {
        self.change(to: .component(.search), skip: 1)
      } else {
        self.change(to: .component(.pathname), skip: 0)
      }
    case .authority: self.rewind(to: .component(.hostname))
    default: self.change(to: .done, skip: 0)
    }
  }

  private mutating func step(in component: URLPatternComponent) throws(URLPatternError) {
    switch component {
    case .protocol: try self.stepInProtocol()
    case .username:
      if self.isCharacter(":") {
        self.change(to: .component(.password), skip: 1)
      } else if self.isCharacter("@") {
        self.change(to: .component(.hostname), skip: 1)
      }
    case .password:
      if self.isCharacter("@") { self.change(to: .component(.hostname), skip: 1) }
    case .hostname: self.stepInHostname()
    case .port: self.stepBeforePath()
    case .pathname:
      if self.isSearchPrefix {
        self.change(to: .component(.search), skip: 1)
      } else if self.isCharacter("#") {
        self.change(to: .component(.hash), skip: 1)
      }
    case .search:
      if self.isCharacter("#") { self.change(to: .component(.hash), skip: 1) }
    case .hash: break
    }
  }

  private mutating func stepInProtocol() throws(URLPatternError) {
    guard self.isCharacter(":") else { return }
    let pattern = try CompiledComponent(self.componentString, .protocol, .default)
    self.isSpecial = try pattern.matchesSpecialScheme(self.test)
    if self.isCharacter("/", at: self.index + 1), self.isCharacter("/", at: self.index + 2) {
      self.change(to: .authority, skip: 3)
    } else {
      self.change(to: self.isSpecial ? .authority : .component(.pathname), skip: 1)
    }
  }

  private mutating func stepInHostname() {
    if self.isCharacter("[") {
      self.bracketDepth += 1
    } else if self.isCharacter("]") {
      self.bracketDepth -= 1
    } else if self.isCharacter(":"), self.bracketDepth == 0 {
      self.change(to: .component(.port), skip: 1)
    } else {
      self.stepBeforePath()
    }
  }

  private mutating func stepBeforePath() {
    if self.isCharacter("/") {
      self.change(to: .component(.pathname), skip: 0)
    } else if self.isSearchPrefix {
      self.change(to: .component(.search), skip: 1)
    } else if self.isCharacter("#") {
      self.change(to: .component(.hash), skip: 1)
    }
  }

  // MARK: States

  private mutating func rewind(to state: State) {
    self.index = self.componentStart
    self.increment = 0
    self.state = state
  }

  /// *Change state*: takes the component's string, and makes components empty that were passed over.
  private mutating func change(to next: State, skip: Int) {
    if case .component(let component) = self.state {
      self.result[component] = self.componentString
    }
    if self.state != .start, case .component(let component) = next {
      self.fillGap(before: component)
    }
    self.state = next
    self.index += skip
    self.componentStart = self.index
    self.increment = 0
  }

  private mutating func fillGap(before next: URLPatternComponent) {
    let last: URLPatternComponent
    if case .component(let component) = self.state { last = component } else { last = .password }
    func isPassedOver(_ component: URLPatternComponent) -> Bool {
      last.rawValue < component.rawValue && component.rawValue < next.rawValue
        && self.result[component] == nil
    }
    if isPassedOver(.hostname) { self.result[.hostname] = "" }
    if isPassedOver(.pathname) { self.result[.pathname] = self.isSpecial ? "/" : "" }
    if isPassedOver(.search) { self.result[.search] = "" }
  }

  // MARK: Tokens

  /// *Make a component string*.
  private var componentString: String {
    let start = self.token(at: self.componentStart).index
    let end = self.token(at: self.index).index
    return start < end ? String(decoding: self.input[start..<end], as: UTF8.self) : ""
  }

  /// *Get a safe token*: the last one, which is the end, beyond it.
  private func token(at index: Int) -> PatternToken {
    self.tokens[min(index, self.tokens.count - 1)]
  }

  /// *Is a non-special pattern char*.
  private func isCharacter(_ character: Unicode.Scalar, at index: Int? = nil) -> Bool {
    let token = self.token(at: index ?? self.index)
    switch token.kind {
    case .character, .escapedCharacter, .invalidCharacter: return self.is(token, character)
    default: return false
    }
  }

  private func `is`(_ token: PatternToken, _ character: Unicode.Scalar) -> Bool {
    token.value.count == 1
      && UInt32(self.input[token.value.lowerBound]) == character.value
  }

  /// *Is a search prefix*: a `?` that cannot be a modifier.
  private var isSearchPrefix: Bool {
    if self.isCharacter("?") { return true }
    guard self.is(self.token(at: self.index), "?") else { return false }
    guard self.index > 0 else { return true }
    switch self.token(at: self.index - 1).kind {
    case .name, .regularExpression, .close, .asterisk: return false
    default: return true
    }
  }
}
