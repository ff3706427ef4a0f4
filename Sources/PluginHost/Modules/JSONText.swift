/// JSON that our own scripts read.
struct JSONText {
  private(set) var text = ""

  /// An object.
  init(_ strings: KeyValuePairs<String, String>, numbers: KeyValuePairs<String, Int> = [:]) {
    var members = strings.map { "\(Self.string($0.key)):\(Self.string($0.value))" }
    members += numbers.map { "\(Self.string($0.key)):\($0.value)" }
    self.text = "{\(members.joined(separator: ","))}"
  }

  /// The record of a module, as Modules.js takes it.
  init(_ module: TransformedModule, url: String, file: String, places: TextPlaces) {
    func place(_ offset: Int) -> String {
      let place = places.place(offset)
      return "\(place.line),\(place.column)"
    }
    func name(_ name: [UInt16]?) -> String { name.map { Self.string($0) } ?? "null" }
    let requests = module.requests.map {
      "[\(Self.string($0.specifier)),\(Self.string($0.type)),\(place($0.offset))]"
    }
    let imports = module.imports.map {
      "[\($0.request),\(name($0.name)),\(Self.string($0.local)),\(place($0.offset))]"
    }
    var exports: [String] = []
    var locals: [String] = []
    var mutable: [String] = []
    for export in module.exports {
      switch export {
      case .local(let exported, let local):
        exports.append("[\(name(exported))]")
        locals.append(name(exported))
        if module.mutableLocals.contains(local) { mutable.append(name(exported)) }
      case .indirect(let exported, let request, let importName, let offset):
        exports.append("[\(name(exported)),\(request),\(name(importName)),\(place(offset))]")
      case .star(let request): exports.append("[null,\(request)]")
      }
    }
    let lists = [
      ("requests", requests), ("imports", imports), ("exports", exports), ("locals", locals),
      ("mutable", mutable),
    ]
    self.text =
      "{\"url\":\(Self.string(url)),\"file\":\(Self.string(file)),"
      + "\"defaultName\":\(Self.string(module.defaultName ?? ""))"
      + lists.map { ",\"\($0.0)\":[\($0.1.joined(separator: ","))]" }.joined() + "}"
  }

  private static func string(_ text: String) -> String { self.string(Array(text.utf16)) }

  /// A string, also one that is not well-formed.
  private static func string(_ units: [UInt16]) -> String {
    var bytes: [UInt8] = [Ascii.quote]
    for unit in units {
      if unit >= 0x20, unit < 0x7F, unit != 0x22, unit != 0x5C {
        bytes.append(UInt8(unit))
      } else {
        let digits = String(unit, radix: 16)
        bytes += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
      }
    }
    bytes.append(Ascii.quote)
    return String(decoding: bytes, as: UTF8.self)
  }
}
