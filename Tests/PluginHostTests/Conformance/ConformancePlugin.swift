import Foundation
import Interceptor
import Testing

@testable import PluginHost

/// How one kind of plugin expresses the plugins of the conformance suite.
///
/// What the suite asks of a kind are its programs: one file for each ``ConformanceFixture``, in
/// `Plugins/KIND/FIXTURE.EXTENSION`. A kind whose programs are built first overrides
/// ``program(_:)``.
protocol ConformancePlugin: Sendable {
  var kind: PluginKind { get }
  /// What the names of its programs end with.
  var fileExtension: String { get }

  /// The bytes of the program.
  func program(_ fixture: ConformanceFixture) throws -> [UInt8]

  /// The line of its source where a program fails, which error messages have to name; `nil` where
  /// such a program knows nothing of lines.
  func failingLine(_ fixture: ConformanceFixture) throws -> Int?

  /// Sets what the kind needs beyond a file and its URL.
  func configure(_ configuration: inout WorkerSupervisor.Configuration)
}

extension ConformancePlugin {
  func program(_ fixture: ConformanceFixture) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent(
      "Plugins/\(self.kind.rawValue)/\(fixture.rawValue).\(self.fileExtension)")
    return Array(try Data(contentsOf: file))
  }

  /// The line with the words `fails here`.
  func failingLine(_ fixture: ConformanceFixture) throws -> Int? {
    let text = String(decoding: try self.program(fixture), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.firstIndex { $0.contains("fails here") }.map { $0 + 1 }
  }

  func configure(_ configuration: inout WorkerSupervisor.Configuration) {}
}

/// A plugin of the suite, the same in every kind.
enum ConformanceFixture: String, Sendable, CaseIterable {
  /// Answers by the path of the request's URL:
  ///
  /// | path | what it does |
  /// |---|---|
  /// | `/request` | answers with the method, the URL and the request's `X-Twice`, with spaces between |
  /// | `/empty`, `/short`, `/streamed`, `/big` | no body; `short`; `one,` `two,` `three` one by one; 5,000,000 times `b` |
  /// | `/fields` | the fields `X-Twice: a`, `X-Between: m`, `X-Twice: b` in this order |
  /// | `/status/NNN` | that status, no body |
  /// | `/echo`, `/piped`, `/ignored` | reads the request's body whole and answers with it; answers with it as it comes; answers `ignored` and does not look at it |
  /// | `/through` | does not answer |
  /// | `/reads-and-leaves` | reads the request's body and does not answer |
  /// | `/fetch` | fetches `https://network.test/data` with `X-Mine: yes`, answers with status, space and text of what came, or `no network` |
  /// | `/fetch-claimed` | fetches `/short` of its own scope, answers `network: ` and its text |
  /// | `/relay` | answers with what comes of fetching the request as it is |
  /// | `/reject` | promises an answer and breaks the promise with the reason `on purpose` |
  /// | `/error` | fails in the handler, at the line `fails here`, with the text `thrown on purpose` |
  /// | `/endless` | streams without end; where nobody reads on, fetches `https://network.test/cancelled` |
  /// | `/half` | streams `half` and then nothing, for ever |
  /// | `/loop` | computes for ever |
  /// | `/memory`, `/memory-loop` | takes more and more memory; the latter without coming back |
  /// | `/environment` | three lines: `colour` of its configuration, its scope, its own URL |
  /// | any other | answers `plain` |
  case answers
  /// Waits in `install` and `activate` for a fetch of `https://network.test/install` and
  /// `…/activate`; answers `started` and the names of the events that are over.
  case installs
  /// `install` fails with the reason `no room`.
  case installFails
  /// `activate` fails; answers `activated anyway`.
  case activateFails
  /// Fails when it is started, at the line `fails here`.
  case startFails
  /// No program of the kind; at the line `fails here`.
  case invalid
  /// Answers `waited`; does nothing when it is installed.
  case waits
  /// Skips waiting when it is installed; answers `skipped`.
  case skipsWaiting
}

/// A kind as the argument of a test.
struct ConformanceKind: Sendable, CustomTestStringConvertible {
  let plugin: any ConformancePlugin
  var testDescription: String { self.plugin.kind.rawValue }
}

/// All kinds that there are.
let conformanceKinds: [ConformanceKind] = [
  ConformanceKind(plugin: JavaScriptConformance())
]

struct JavaScriptConformance: ConformancePlugin {
  let kind = PluginKind.javaScript
  let fileExtension = "js"
}
