import FetchModel
import Synchronization

/// The plugins that are mounted on the proxy's own address: requests *to* the listener whose path
/// begins with a mount's reach its plugin, with the beginning taken off.
///
/// Each plugin has an origin of its own there, ``origin(of:)``, whatever address and port the
/// listener has: scopes, `location` and what is stored by origin stay the same, and two plugins do
/// not share any of it. What the plugin claims of that origin is the registry's matter.
public final class GatewayMounts: Sendable {
  /// A plugin's place.
  public final class Mount: Sendable {
    /// The plugin's name.
    public let name: String
    /// What the path begins with, such as `/_hello`: a slash in front and none at the end.
    public let path: String

    public init(name: String, path: String) {
      self.name = name
      self.path = path
    }

    /// The host of the plugin's origin.
    var host: String { GatewayMounts.host(of: self.name) }
  }

  private let mounts = Mutex<[Mount]>([])

  public init() {}

  /// The host of a plugin's own origin.
  static func host(of name: String) -> String { name.lowercased() + "." + Gateway.host }

  /// The origin that requests to a mounted plugin have for its script.
  ///
  /// It is secure, as service workers' origins are, although the way to it may not be.
  public static func origin(of name: String) -> String { "https://" + Self.host(of: name) }

  /// All mounts, sorted by their paths.
  public var all: [Mount] { self.mounts.withLock { $0 }.sorted { $0.path < $1.path } }

  /// Mounts a plugin.
  ///
  /// - Returns: whether the place was free.
  public func insert(_ mount: Mount) -> Bool {
    self.mounts.withLock { mounts in
      guard !mounts.contains(where: { $0.path == mount.path }) else { return false }
      mounts.append(mount)
      // The longest first, so that the first that matches is the one.
      mounts.sort { $0.path.utf8.count > $1.path.utf8.count }
      return true
    }
  }

  /// Takes a plugin's mount away.
  public func remove(name: String) {
    self.mounts.withLock { mounts in mounts.removeAll { $0.name == name } }
  }

  /// The mount of a request.
  ///
  /// - Parameter target: path and query.
  func match(_ target: some Collection<UInt8>) -> Mount? {
    self.mounts.withLock { $0 }.first { mount in
      guard target.starts(with: mount.path.utf8) else { return false }
      let next = target.dropFirst(mount.path.utf8.count).first
      return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }
  }
}
