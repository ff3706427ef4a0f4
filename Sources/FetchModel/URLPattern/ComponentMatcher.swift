/// Matches a component without regular expressions, in time that the lengths of pattern and text
/// bound: it keeps the set of all positions that the pattern can have reached, and never goes back.
struct ComponentMatcher: Sendable {
  private let steps: [Step]
  /// The texts of all steps in a row.
  private let text: [UInt8]
  private let delimiter: UInt8?
  private let ignoresCase: Bool
  private let shape: Shape

  /// What kinds of matching are enough.
  private enum Shape: Sendable {
    case anything
    case text
    /// Texts with `*` between, before or after them.
    case glob
    case general
  }

  private struct Step: Sendable {
    enum Group: Sendable { case none, segment, anything }

    var prefix: Range<Int>
    var group = Group.none
    var suffix = 0..<0
    var isOptional = false
    var isRepeating = false
  }

  /// - Returns: `nil` where a group has a regular expression.
  init?(_ component: CompiledComponent) {
    var text: [UInt8] = []
    var steps: [Step] = []
    for part in component.parts {
      let prefix = text.append(
        folding: part.kind == .fixedText ? part.value : part.prefix, component)
      let suffix = text.append(folding: part.suffix, component)
      let group: Step.Group
      switch part.kind {
      case .regularExpression: return nil
      case .fixedText: group = .none
      case .segmentWildcard: group = .segment
      case .fullWildcard: group = .anything
      }
      if part.modifier == .none {
        Self.append(prefix, to: &steps)
        if group != .none { steps.append(Step(prefix: 0..<0, group: group)) }
        Self.append(suffix, to: &steps)
      } else {
        steps.append(
          Step(
            prefix: prefix, group: group, suffix: suffix,
            isOptional: part.modifier != .oneOrMore, isRepeating: part.modifier.isRepeating))
      }
    }
    self.steps = steps
    self.text = text
    self.delimiter = component.options.delimiter
    self.ignoresCase = component.ignoresCase
    self.shape = Self.shape(of: steps)
  }

  /// Adds a text; one that follows another is one with it.
  private static func append(_ text: Range<Int>, to steps: inout [Step]) {
    if text.isEmpty { return }
    if let last = steps.last, last.group == .none, !last.isOptional, !last.isRepeating,
      last.prefix.upperBound == text.lowerBound
    {
      steps[steps.count - 1].prefix = last.prefix.lowerBound..<text.upperBound
    } else {
      steps.append(Step(prefix: text))
    }
  }

  private static func shape(of steps: [Step]) -> Shape {
    if steps.contains(where: { $0.isOptional || $0.isRepeating || $0.group == .segment }) {
      return .general
    }
    if steps.count == 1, steps[0].group == .anything { return .anything }
    return steps.contains { $0.group == .anything } ? .glob : .text
  }

  /// Whether the whole of the text matches.
  func matches(_ input: Span<UInt8>) -> Bool {
    switch self.shape {
    case .anything: true
    case .text: input.count == self.text.count && self.has(0..<self.text.count, at: 0, input)
    case .glob: self.matchesGlob(input)
    case .general: self.matchesGenerally(input)
    }
  }

  /// Whether a text of the pattern is there.
  private func has(_ range: Range<Int>, at position: Int, _ input: Span<UInt8>) -> Bool {
    guard position >= 0, input.count - position >= range.count else { return false }
    let text = self.text.span
    let offset = position - range.lowerBound
    for index in range {
      let byte = input[index + offset]
      if text[index] != byte, !self.ignoresCase || text[index] != asciiLowercase(byte) {
        return false
      }
    }
    return true
  }

  // MARK: Glob

  /// The first text has to be at the start and the last at the end; each of the others is best taken
  /// where it comes first.
  private func matchesGlob(_ input: Span<UInt8>) -> Bool {
    var position = 0
    var afterWildcard = false
    for (index, step) in self.steps.enumerated() {
      if step.group == .anything {
        afterWildcard = true
        continue
      }
      if !afterWildcard {
        guard self.has(step.prefix, at: position, input) else { return false }
      } else if index == self.steps.count - 1 {
        let start = input.count - step.prefix.count
        return start >= position && self.has(step.prefix, at: start, input)
      } else {
        while !self.has(step.prefix, at: position, input) {
          position += 1
          if input.count - position < step.prefix.count { return false }
        }
      }
      position += step.prefix.count
      afterWildcard = false
    }
    return afterWildcard || position == input.count
  }

  // MARK: Sets of positions

  /// Positions in the input, its end included; a byte each.
  private typealias Positions = UnsafeMutableBufferPointer<Bool>

  private func matchesGenerally(_ input: Span<UInt8>) -> Bool {
    let count = input.count + 1
    // On the stack where the input is as short as most.
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: 3 * count) { memory in
      memory.initialize(repeating: false)
      var current = Positions(rebasing: memory[..<count])
      var next = Positions(rebasing: memory[count..<2 * count])
      let ends = Positions(rebasing: memory[(2 * count)...])
      current[0] = true
      for step in self.steps {
        let isAlive = self.take(step, input, from: current, to: next, ends)
        guard isAlive else { return false }
        swap(&current, &next)
      }
      return current[count - 1]
    }
  }

  /// One step from all positions at once, from left to right.
  ///
  /// - Parameters:
  ///   - starts: where the step can begin; repetitions add to it.
  ///   - results: gets where the step can end.
  ///   - ends: room for where the group of the step can end.
  /// - Returns: whether there is any result.
  private func take(
    _ step: Step, _ input: Span<UInt8>, from starts: Positions, to results: Positions,
    _ ends: Positions
  ) -> Bool {
    var isInGroup = false
    var isAlive = false
    for position in 0..<starts.count {
      let wasStart = starts[position]
      var isEnd = false
      if !step.suffix.isEmpty {
        let groupEnd = position - step.suffix.count
        isEnd = groupEnd >= 0 && ends[groupEnd] && self.has(step.suffix, at: groupEnd, input)
        if isEnd, step.isRepeating { starts[position] = true }
      }
      let start = position - step.prefix.count
      let opens = start >= 0 && starts[start] && self.has(step.prefix, at: start, input)
      switch step.group {
      case .none: ends[position] = opens
      case .anything:
        isInGroup = isInGroup || opens
        ends[position] = isInGroup
      case .segment:
        // At least one byte, and none that is the delimiter.
        if position > 0, input[position - 1] == self.delimiter { isInGroup = false }
        ends[position] = isInGroup
        isInGroup = isInGroup || opens
      }
      if step.suffix.isEmpty {
        isEnd = ends[position]
        if isEnd, step.isRepeating { starts[position] = true }
      }
      results[position] = isEnd || (step.isOptional && wasStart)
      isAlive = isAlive || results[position]
    }
    return isAlive
  }
}

extension [UInt8] {
  /// Adds a text of a pattern, in small letters where case does not matter; returns where it is.
  fileprivate mutating func append(
    folding text: [UInt8], _ component: CompiledComponent
  ) -> Range<Int> {
    let start = self.count
    if component.ignoresCase {
      for byte in text { self.append(asciiLowercase(byte)) }
    } else {
      self += text
    }
    return start..<self.count
  }
}
