import ArgumentParser
import Proxy

/// `valor ca`: the local certificate authority.
struct CACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "The certificate authority that opened tunnels are signed with.",
    subcommands: [Initialise.self, Show.self, Export.self])

  /// Where the authority is.
  struct Location: ParsableArguments {
    @Option(name: .customLong("ca-dir"), help: "The authority's directory.")
    var directory: String?

    var path: String { self.directory ?? UserDirectories.authority(in: UserDirectories.data) }

    /// - Throws: ``ExitFailure`` where the authority cannot be used.
    func loadOrCreate() throws -> CertificateAuthority {
      do {
        try UserDirectories.create(self.path)
        return try CertificateAuthority.loadOrCreate(directory: self.path)
      } catch let error as CertificateAuthorityError {
        throw ExitFailure(.configuration, error.description)
      }
    }

    /// - Throws: ``ExitFailure`` where there is no authority or it cannot be used.
    func load() throws -> CertificateAuthority {
      do {
        return try CertificateAuthority.load(directory: self.path)
      } catch {
        throw ExitFailure(.configuration, "\(error)")
      }
    }
  }

  struct Initialise: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "init", abstract: "Creates the authority where there is none.")
    @OptionGroup var location: Location

    func run() throws {
      let authority = try self.location.loadOrCreate()
      print(authority.trustInstructions(directory: self.location.path))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Prints fingerprint, path and how to trust the authority.")
    @OptionGroup var location: Location

    func run() throws {
      let authority = try self.location.load()
      print(authority.trustInstructions(directory: self.location.path))
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export", abstract: "Prints the authority's certificate as PEM.")
    @OptionGroup var location: Location

    func run() throws {
      let authority = try self.location.load()
      print(String(decoding: authority.pem, as: UTF8.self), terminator: "")
    }
  }
}
