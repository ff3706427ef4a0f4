import Logging
import Proxy

/// How the log is written.
enum LogFormat: String, CaseIterable, Sendable {
  /// A line for a person.
  case text
  /// A JSON object a line.
  case json
}

/// One line of the log, as it was logged.
struct LogLine {
  /// In milliseconds since 1970.
  var time: Int64
  var level: Logger.Level
  var message: String
  var metadata: [String: String]
}

extension LogFormat {
  /// An event on one line, its end included.
  ///
  /// What a plugin writes to its console has `plugin`, `console` (the console's level) and
  /// `position` (FILE:LINE:COLUMN) beside the message.
  func line(_ event: LogLine) -> String {
    switch self {
    case .text: Self.text(event)
    case .json: Self.json(event)
    }
  }

  private static func text(_ event: LogLine) -> String {
    var metadata = event.metadata
    var line = "\(utcTimestamp(milliseconds: event.time)) \(event.level.rawValue) "
    if let plugin = metadata.removeValue(forKey: "plugin") { line += "[\(visible(plugin))] " }
    let isConsole = metadata["console"] != nil
    let position = metadata.removeValue(forKey: "position") ?? ""
    // The level in front says what the console's did, but for console.log().
    metadata["console"] = nil
    line += visible(event.message)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=\(visible(value))"
    }
    if isConsole, !position.isEmpty { line += " (\(visible(position)))" }
    return line + "\n"
  }

  private static func json(_ event: LogLine) -> String {
    var members: [JSONOutput.Member] = [
      .init(key: "time", value: .string(utcTimestamp(milliseconds: event.time))),
      .init(key: "level", value: .string(event.level.rawValue)),
      .init(key: "message", value: .string(event.message)),
    ]
    for (key, value) in event.metadata.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
      members.append(.init(key: key, value: .string(value)))
    }
    return JSONOutput.object(members).text + "\n"
  }
}

/// A text without the control characters with which a plugin could write to a terminal, or a line
/// that looks like another's; further lines are indented.
private func visible(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x0A: result += "\n  "
    case 0x09: result += "\t"
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Writes the log to standard error.
struct LogLineHandler: LogHandler {
  let format: LogFormat
  var logLevel = Logger.Level.notice
  var metadata: Logger.Metadata = [:]

  init(format: LogFormat) { self.format = format }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  func log(event: Logging.LogEvent) {
    let all = self.metadata.merging(event.metadata ?? [:]) { $1 }
    let line = LogLine(
      time: StandardError.now, level: event.level, message: event.message.description,
      metadata: all.mapValues(\.description))
    StandardError.write(self.format.line(line))
  }
}
