/// Where the components of a URL are in its serialisation, as byte offsets.
///
/// ```
/// https://user:pass@example.com:1234/foo/bar?baz#quux
///      |      |    |          |     |       |   |
///      |      |    hostStart  |     |       |   fragmentStart
///      |      usernameEnd     |     |       queryStart
///      schemeEnd              hostEnd pathStart
/// ```
///
/// Where there is no query or fragment, its offset is that of what follows it. Between host and
/// path is the port, or the `/.` that keeps a path beginning with `//` from being read as a host.
struct URLLayout: Sendable {
  /// The offset of the colon after the scheme.
  var schemeEnd: UInt32 = 0
  /// Two beyond the colon at least where there is a host (after its `//`); else right after it.
  var usernameEnd: UInt32 = 0
  var hostStart: UInt32 = 0
  var hostEnd: UInt32 = 0
  var pathStart: UInt32 = 0
  var queryStart: UInt32 = 0
  var fragmentStart: UInt32 = 0
  var port: UInt16?
  var scheme = URLScheme.other

  /// Whether there is a host, be it the empty one.
  var hasHost: Bool { self.usernameEnd > self.schemeEnd + 2 }
  /// The offset of the user name, where there is a host.
  var usernameStart: UInt32 { self.schemeEnd + 3 }
  /// Whether there is a user name or a password, so that an `@` is before the host.
  var hasCredentials: Bool { self.hasHost && self.hostStart > self.usernameStart }
}
