import ArgumentParser
import PluginHost
import Proxy

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The program's entry: the command tree, and what its failures exit with.
@main
struct ValorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "valor",
    abstract: "An HTTP/HTTPS forward proxy that works like a browser's service workers.",
    version: ProductVersion.current,
    subcommands: [
      RunCommand.self, PluginsCommand.self, CACommand.self, DoctorCommand.self, WorkerCommand.self,
    ])

  static func main() async {
    // A peer that closes early must cost its connection, not the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      let arguments = try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst()))
      var command = try Self.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as ExitFailure {
      failure.report()
      failure.exit()
    } catch {
      Self.exit(withError: error)
    }
  }
}

/// `valor worker`: the process in which a plugin runs. Started by `valor run`, never by hand.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Runs one plugin for its parent.", shouldDisplay: false)

  @Option(help: "The number of the descriptor of the socket to the parent.")
  var descriptor: Int32 = 3
  @Option(help: "The resident memory in bytes at which the process ends itself; 0 for no limit.")
  var memory = 0

  func run() throws {
    let status = PluginWorkerProcess.run(
      descriptor: self.descriptor, memoryLimit: max(0, self.memory))
    if status != 0 { throw ExitCode(status) }
  }
}
