import PluginHost
import Proxy

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `valor doctor` looks at of the machine: libraries, programs, the clock and limits.
enum MachineHealth {
  static func findings() -> [Finding] {
    [
      Self.tls, Finding(.ok, "JavaScript engine", "JavaScriptCore \(ScriptSyntax.engineVersion)"),
      Self.clock(now: time(nil)), Self.descriptors,
      Self.esbuild(path: getenv("PATH").map { String(cString: $0) } ?? ""),
    ]
  }

  private static var tls: Finding {
    TLSLibrary.isCompatible
      ? Finding(.ok, "TLS library", TLSLibrary.version)
      : Finding(
        .problem, "TLS library",
        "\(TLSLibrary.version), but this program was built for \(TLSLibrary.builtFor): build it anew."
      )
  }

  /// Certificates are not valid before or after their time, so a clock that is far off breaks them.
  ///
  /// - Parameter now: in seconds since 1970.
  static func clock(now: Int) -> Finding {
    // 2025-01-01 and 2100-01-01.
    guard (1_735_689_600..<4_102_444_800).contains(now) else {
      return Finding(
        .problem, "clock",
        "the machine's clock cannot be right; certificates will not be valid. Set it.")
    }
    return Finding(.ok, "clock", utcTimestamp(milliseconds: Int64(now) * 1000))
  }

  private static var descriptors: Finding {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else {
      return Finding(.note, "open files", "the limit cannot be read")
    }
    return limit.rlim_max < 4096
      ? Finding(
        .warning, "open files",
        "the hard limit is \(limit.rlim_max), two for each connection; raise it with: ulimit -Hn")
      : Finding(.ok, "open files", "up to \(limit.rlim_max)")
  }

  /// - Parameter path: the environment's `PATH`.
  static func esbuild(path: String) -> Finding {
    let files = path.split(separator: ":").map { joinPath(String($0), "esbuild") }
    guard let file = files.first(where: { access($0, X_OK) == 0 }) else {
      return Finding(
        .note, "esbuild",
        "not installed; only who bundles modules or TypeScript into a plugin's script needs it")
    }
    return Finding(.ok, "esbuild", file)
  }
}
