import FetchModel
import NIOCore

/// Lists of fields as the database has them: "name: value" lines. No name has a colon and neither a
/// name nor a value has a line feed, which ``CacheEntry`` makes sure of.
enum CachedHeaders {
  static func text(_ list: HeaderList) -> String {
    var text = ""
    for index in 0..<list.count {
      text += list.name(at: index)
      text += ": "
      text += list.value(at: index)
      text += "\n"
    }
    return text
  }

  static func list(_ text: String) -> HeaderList {
    var list = HeaderList()
    for line in text.utf8.split(separator: 0x0A) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[line.index(after: colon)...].dropFirst()
      list.append(name: String(Substring(line[..<colon])), value: String(Substring(value)))
    }
    return list
  }
}
