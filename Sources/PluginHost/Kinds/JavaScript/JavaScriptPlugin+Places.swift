import CJavaScriptCore

/// A script that runs as another text than the one that was written.
struct RewrittenScript {
  /// How many characters stand before the text in its first line.
  var prefixLength = 0
  /// The script, until the map in it is asked for.
  var unreadMap: String?
  var map: SourceMap?
}

extension JavaScriptPlugin {
  /// Where scripts really are.
  var placeNatives: [Native] {
    [
      // Whether there is any script whose places are others.
      ("hasRewritten", { [unowned self] _ in self.context.bool(!self.rewritten.isEmpty) }),
      // A line of a stack → the same with the place in what was written.
      ("writtenFrame", { [unowned self] in self.context.string(self.writtenFrame($0.text(0))) }),
    ]
  }

  /// A script is about to be evaluated: it may be one that was compiled.
  func noteCompiled(_ source: String, name: String) {
    guard ScriptLanguage(name: name) == .typeScript else { return }
    self.rewritten[name] = RewrittenScript(unreadMap: source)
  }

  /// A module is evaluated with this before it in its first line.
  func notePrefix(_ prefix: String, of name: String) {
    self.rewritten[name, default: RewrittenScript()].prefixLength = prefix.utf16.count
  }

  /// The failure with its place in what was written.
  func placed(_ failure: ScriptFailure) -> ScriptFailure {
    guard failure.line > 0 else { return failure }
    let place = SourceMap.Place(line: Int(failure.line), column: Int(failure.column))
    guard let written = self.written(place, in: failure.file) else { return failure }
    var failure = failure
    failure.line = UInt32(clamping: written.line)
    failure.column = UInt32(clamping: written.column)
    return failure
  }

  /// A place in what was written; `nil` where it is the same. A column of 0 is unknown.
  private func written(_ place: SourceMap.Place, in file: String) -> SourceMap.Place? {
    guard var script = self.rewritten[file] else { return nil }
    if let text = script.unreadMap {
      script.map = SourceMap(in: text)
      script.unreadMap = nil
      self.rewritten[file] = script
    }
    var place = place
    if place.line == 1, script.prefixLength > 0 {
      // Sometimes the engine counts from the beginning of the function instead.
      place.column = max(0, place.column - script.prefixLength)
    }
    guard let map = script.map else { return place }
    guard var original = map.original(place) else { return nil }
    if place.column == 0 { original.column = 0 }
    return original
  }

  /// `name@file:line:column` with the place in what was written.
  private func writtenFrame(_ frame: String) -> String {
    let parts = frame.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, let line = Int(parts[parts.count - 2]),
      let column = Int(parts[parts.count - 1])
    else { return frame }
    let place = frame[..<parts[parts.count - 3].endIndex]
    let file = place.firstIndex(of: "@").map { place[place.index(after: $0)...] } ?? place
    guard let written = self.written(.init(line: line, column: column), in: String(file)) else {
      return frame
    }
    return "\(place):\(written.line):\(written.column)"
  }
}
