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
      RunCommand.self, PluginsCommand.self, CACommand.self, DoctorCommand.self,
    ])

  static func main() async {
    // A peer that closes early must cost its connection, not the process.
    signal(SIGPIPE, SIG_IGN)
    // Before the command tree is built: that takes longer than all else at a worker's start.
    if let worker = WorkerArguments(CommandLine.arguments) { worker.run() }
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

/// `valor worker --descriptor N [--memory BYTES]`: the process in which a plugin runs. Started by
/// `valor run`, never by hand.
struct WorkerArguments {
  /// The number of the descriptor of the socket to the parent.
  let descriptor: Int32
  /// The resident memory in bytes at which the process ends itself; 0 for no limit.
  var memory = 0

  /// `nil` where these are not the arguments of a worker, the program's name included.
  init?(_ arguments: [String]) {
    guard [4, 6].contains(arguments.count), arguments[1] == "worker",
      arguments[2] == "--descriptor", let descriptor = Int32(arguments[3]), descriptor >= 0
    else { return nil }
    self.descriptor = descriptor
    guard arguments.count == 6 else { return }
    guard arguments[4] == "--memory", let memory = Int(arguments[5]), memory >= 0 else {
      return nil
    }
    self.memory = memory
  }

  /// Runs the plugin that the parent sends, and ends the process.
  func run() -> Never {
    exit(PluginWorkerProcess.run(descriptor: self.descriptor, memoryLimit: self.memory))
  }
}
