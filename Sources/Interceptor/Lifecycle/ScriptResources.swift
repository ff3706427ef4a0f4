/// The bytes of a service worker's script and of everything that it imports: the *script resource
/// map* ([Service Workers §2.1](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map)).
///
/// They are what *Update* compares byte by byte, what is stored, and what a worker is started from
/// again: a script stays the same until it is updated, whatever becomes of its file.
public struct ScriptResources: Sendable, Equatable {
  /// How the main script is evaluated, `type` of `RegistrationOptions`.
  public enum Kind: String, Sendable {
    case classic
    case module
  }

  public var kind: Kind
  /// The main script.
  public var main: [UInt8]
  /// By absolute URL: what `importScripts()` loaded, or the static imports of a module.
  public var imported: [String: [UInt8]]
  /// What is evaluated in place of scripts in a language that has to be compiled first: by the URL of
  /// an imported one, and that of the main script by ``mainKey``. Kept with them, so that they need no
  /// compiler once they are installed; *Update* compares the scripts themselves.
  public var compiled: [String: [UInt8]] = [:]

  /// No URL.
  public static let mainKey = ""

  public init(kind: Kind = .classic, main: [UInt8], imported: [String: [UInt8]] = [:]) {
    self.kind = kind
    self.main = main
    self.imported = imported
  }

  /// How many bytes it holds.
  public var byteCount: Int {
    [self.imported, self.compiled].joined().reduce(self.main.count) { $0 + $1.value.count }
  }
}
