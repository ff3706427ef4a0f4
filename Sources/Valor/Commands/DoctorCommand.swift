import ArgumentParser
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `valor doctor`: looks whether `valor run` with the same options would do its work.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Looks for what could keep the proxy from its work.",
    usage: "valor doctor <options>",
    discussion: """
      Takes the options of `valor run`, also from a --config file, and starts nothing. Prints a line \
      for each thing that it has looked at. The exit code is 0, or 1 where there is a problem.
      """)

  @OptionGroup var options: RunCommand

  func run() async throws {
    let findings = try await self.findings()
    print(findings.map(\.line).joined(), terminator: "")
    if findings.contains(where: { $0.level == .problem }) { throw ExitCode(1) }
  }

  private func findings() async throws -> [Finding] {
    let data = self.options.dataDirectory ?? UserDirectories.data
    let authority = self.options.caDirectory ?? UserDirectories.authority(in: data)
    var findings = MachineHealth.findings()
    findings += DirectoryHealth.data(data)
    findings += DirectoryHealth.authority(authority, now: time(nil))
    for path in self.options.upstream.authorities {
      let reason = unreadable(path)
      findings.append(
        Finding(
          reason == nil ? .ok : .problem, "--upstream-ca",
          "\(path)\(reason.map { ": \($0)" } ?? "")"))
    }
    findings += await ListenerHealth.findings(
      listen: try self.options.listen?.address ?? SocketAddress(ipAddress: "127.0.0.1", port: 8080),
      admin: try self.options.admin?.address ?? SocketAddress(ipAddress: "127.0.0.1", port: 8081))
    findings += PluginHealth.findings(
      file: self.options.pluginsFile, options: self.options.plugins)
    return findings
  }
}
