import ArgumentParser

/// `--config FILE`: the options of `valor run` in a file, by their long names.
///
/// ```json
/// { "listen": "127.0.0.1:3128", "plugins": "plugins.json", "passthrough": ["*.bank.example"],
///   "insecure-upstream": false, "max-connections": 1000 }
/// ```
///
/// The options become arguments in front of those of the command line. Of an option that may be
/// given once the last counts, and one that may be repeated is left out where the command line has
/// it: so the command line wins.
enum ConfigurationFile {
  /// The options whose values are paths, which are relative to the file.
  private static let paths: Set<String> = [
    "plugins", "plugin", "ca-dir", "data-dir", "access-log", "upstream-ca", "record", "replay",
  ]

  /// The arguments with those of the file that they name.
  ///
  /// - Parameter arguments: the program's arguments without its own name.
  /// - Throws: ``ExitFailure``: the file cannot be read, or says something wrong.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard let command = arguments.first, command == "run" || command == "doctor",
      let path = Self.value(of: "--config", in: arguments)
    else { return arguments }
    let bytes: [UInt8]
    do {
      bytes = try readConfigurationFile(path)
    } catch {
      throw ExitFailure(.noInput, "--config \(path) cannot be read: \(error.reason).")
    }
    do throws(DefinitionError) {
      let own = Array(arguments.dropFirst())
      let options = try Self.parse(bytes, file: path, commandLine: own)
      return [command] + options + own
    } catch {
      throw ExitFailure(.configuration, "\(error).")
    }
  }

  /// The file's options as arguments.
  ///
  /// - Parameter commandLine: the arguments that win.
  static func parse(
    _ bytes: [UInt8], file: String, commandLine: [String] = []
  ) throws(DefinitionError) -> [String] {
    let context = DefinitionError(file: file, reason: "")
    let root = try parseJSON(bytes, context)
    guard case .object(let members) = root.value else {
      var error = context
      error.position = root.position
      error.reason = "an object has to be here, not \(root.kind)"
      throw error
    }
    var result: [String] = []
    for member in members {
      let arguments = try Self.arguments(of: member, context)
      let isGiven = commandLine.contains {
        $0 == "--\(member.key)" || $0.hasPrefix("--\(member.key)=")
      }
      if !isGiven { result += arguments }
    }
    return result
  }

  /// An option's arguments, found to be good by parsing them alone.
  private static func arguments(
    of member: JSONNode.Member, _ context: DefinitionError
  ) throws(DefinitionError) -> [String] {
    var error = context
    error.key = member.key
    error.position = member.keyPosition
    error.reason = Self.unknown(member.key)
    let isName =
      member.key.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x61...0x7A).contains($0) }
      && !member.key.hasPrefix("-") && member.key.utf8.count > 1
    let isOther = ["help", "version", "config"].contains(member.key)
    guard isName, !isOther, !member.key.hasPrefix("generate-"), !member.key.hasPrefix("no-"),
      !member.key.hasPrefix("experimental-")
    else { throw error }
    let arguments = try Self.arguments(member, context)
    do {
      _ = try RunCommand.parse(arguments)
    } catch let failure {
      let message = RunCommand.message(for: failure)
      if !message.hasPrefix("Unknown option") {
        error.position = member.value.position
        error.reason = message
      }
      throw error
    }
    return arguments
  }

  private static func unknown(_ key: String) -> String {
    let words = RunCommand.helpMessage(columns: 200).split { $0 == " " || $0 == "\n" || $0 == "/" }
    let options = Set(words.filter { $0.hasPrefix("--") && !$0.hasPrefix("--no-") })
      .subtracting(["--help", "--version", "--config"])
    let meant = nearMatch(key, of: options.map { String($0.dropFirst(2)) })
    return "there is no such option" + (meant.map { "; did you mean \($0)?" } ?? "")
  }

  private static func arguments(
    _ member: JSONNode.Member, _ context: DefinitionError
  ) throws(DefinitionError) -> [String] {
    switch member.value.value {
    case .bool(let value): return [(value ? "--" : "--no-") + member.key]
    case .array(let elements):
      var arguments: [String] = []
      for element in elements {
        arguments.append(try Self.argument(member.key, element, context))
      }
      return arguments
    default: return [try Self.argument(member.key, member.value, context)]
    }
  }

  private static func argument(
    _ key: String, _ node: JSONNode, _ context: DefinitionError
  ) throws(DefinitionError) -> String {
    switch node.value {
    case .string(let text):
      let isRelativePath = self.paths.contains(key) && !text.hasPrefix("/") && text != "-"
      let directory = context.file.map(directoryOf) ?? ""
      return "--\(key)=" + (isRelativePath ? joinPath(directory, text) : text)
    case .number(let text): return "--\(key)=\(text)"
    default:
      var error = context
      error.key = key
      error.position = node.position
      error.reason = "a string, a number, true, false or an array has to be here"
      throw error
    }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    var value: String?
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { break }
      if argument.hasPrefix(option + "=") {
        value = String(argument.dropFirst(option.count + 1))
      } else if argument == option, index + 1 < arguments.count {
        value = arguments[index + 1]
      }
    }
    return value
  }
}
