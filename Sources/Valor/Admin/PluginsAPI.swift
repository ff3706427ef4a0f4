import Interceptor
import NIOCore
import Proxy

/// `/_plugins` of the admin listener: the plugins of the running proxy, as JSON.
///
/// | | |
/// |---|---|
/// | `GET /_plugins` | all |
/// | `POST /_plugins` | registers one; the body is an object as in `plugins.json` |
/// | `GET /_plugins/NAME` | one |
/// | `PUT /_plugins/NAME` | without a body, looks for a new script; with one, defines it anew |
/// | `DELETE /_plugins/NAME` | unregisters |
final class PluginsAPI: AdminHandler {
  private let manager: PluginManager

  init(manager: PluginManager) { self.manager = manager }

  func handle(_ request: AdminRequest) async -> AdminResponse {
    guard request.path != "/_plugins" else { return await self.all(request) }
    let name = String(request.path.dropFirst("/_plugins/".count))
    guard PluginDefinition.problem(withName: name) == nil else {
      return Self.error(404, "there is no plugin of that name")
    }
    return await self.one(name, request)
  }

  private func all(_ request: AdminRequest) async -> AdminResponse {
    switch request.method {
    case "GET", "HEAD":
      let plugins = await self.manager.listings().map(\.json)
      let json: JSONOutput = ["plugins": .array(plugins)]
      return AdminResponse(status: 200, json: json.text)
    case "POST":
      return await self.change { () async throws -> AdminResponse in
        let definition = try Self.definition(request, name: nil)
        try await self.manager.add(definition)
        return await self.shown(definition.name, status: 201)
      }
    default: return Self.notAllowed("GET, HEAD, POST")
    }
  }

  private func one(_ name: String, _ request: AdminRequest) async -> AdminResponse {
    switch request.method {
    case "GET", "HEAD": return await self.shown(name, status: 200)
    case "PUT":
      return await self.change { () async throws -> AdminResponse in
        guard request.body.readableBytes > 0 else {
          let outcome = try await self.manager.reload(name)
          return await self.shown(name, status: 200, outcome: outcome.rawValue)
        }
        let definition = try Self.definition(request, name: name)
        try await self.manager.replace(definition)
        return await self.shown(name, status: 200)
      }
    case "DELETE":
      return await self.change { () async throws -> AdminResponse in
        try await self.manager.remove(name)
        return AdminResponse(status: 204, json: "")
      }
    default: return Self.notAllowed("GET, HEAD, PUT, DELETE")
    }
  }

  /// - Parameter name: the name in the path, which one in the body has to be.
  private static func definition(
    _ request: AdminRequest, name: String?
  ) throws(DefinitionError) -> PluginDefinition {
    let context = DefinitionError(plugin: name, reason: "")
    let root = try parseJSON(request.body.readableBytesView, context)
    let definition = try PluginDefinition(root, in: context, directory: "", name: name)
    var error = context
    error.plugin = definition.name
    if let name, definition.name != name {
      error.reason = "the name in the path is \(name)"
      throw error
    }
    guard case .file(let path) = definition.source else { return definition }
    error.key = "path"
    guard path.hasPrefix("/") else {
      error.reason = "the path has to be absolute: the proxy has a working directory of its own"
      throw error
    }
    if let reason = unreadable(path) {
      error.reason = "\(path) cannot be read: \(reason)"
      throw error
    }
    return definition
  }

  private func change(_ body: () async throws -> AdminResponse) async -> AdminResponse {
    do {
      return try await body()
    } catch let error as DefinitionError {
      return Self.error(400, error.description)
    } catch let failure as PluginManager.Failure {
      let status =
        switch failure {
        case .unknown: 404
        case .busy, .conflict: 409
        case .plugin: 422
        }
      return Self.error(status, failure.description)
    } catch {
      return Self.error(500, "\(error)")
    }
  }

  private func shown(_ name: String, status: Int, outcome: String? = nil) async -> AdminResponse {
    guard let listing = await self.manager.listings().first(where: { $0.definition.name == name })
    else { return Self.error(404, "there is no plugin named \(name)") }
    var members = listing.members
    if let outcome { members.append(.init(key: "outcome", value: .string(outcome))) }
    return AdminResponse(status: status, json: JSONOutput.object(members).text)
  }

  private static func notAllowed(_ allow: String) -> AdminResponse {
    var response = Self.error(405, "this knows \(allow)")
    response.allow = allow
    return response
  }

  private static func error(_ status: Int, _ text: String) -> AdminResponse {
    let json: JSONOutput = ["error": .string(text)]
    return AdminResponse(status: status, json: json.text)
  }
}

extension PluginManager.Listing {
  var json: JSONOutput { .object(self.members) }

  /// What is told of a plugin; no script and no configuration, which may have secrets.
  var members: [JSONOutput.Member] {
    let registration = self.registration
    let shown = registration?.active ?? registration?.newest
    let status = shown?.status
    var path = JSONOutput.null
    if case .file(let file) = self.definition.source { path = .string(file) }
    var members: [JSONOutput.Member] = [
      .init(key: "name", value: .string(self.definition.name)),
      .init(key: "type", value: .string(self.definition.kind.rawValue)),
      .init(key: "path", value: path),
      .init(key: "scopes", value: .strings(registration?.scopes ?? self.definition.scopeURLs)),
      .init(
        key: "mount", value: self.definition.isMounted ? .string(self.definition.mountPath) : .null),
      .init(key: "match", value: .string(self.definition.match.rawValue)),
      .init(
        key: "on_failure",
        value: .string((self.definition.failurePolicy ?? .networkError).rawValue)),
      .init(key: "state", value: shown.map { .string($0.state.rawValue) } ?? .null),
      .init(key: "version", value: shown.map { .int(Int($0.number)) } ?? .null),
    ]
    members += status.map(Self.members) ?? []
    let instances = status?.instances ?? []
    members.append(.init(key: "instances", value: .int(self.definition.instances)))
    if !instances.isEmpty {
      members.append(
        .init(key: "workers", value: .array(instances.map { .object(Self.members($0)) })))
    }
    if let waiting = registration?.waiting, registration?.active != nil {
      members.append(.init(key: "waiting_version", value: .int(Int(waiting.number))))
    }
    return members
  }

  private static func members(_ status: WorkerStatus) -> [JSONOutput.Member] {
    [
      .init(key: "worker", value: .string(status.state)),
      .init(key: "pid", value: status.pid.map { .int(Int($0)) } ?? .null),
      .init(key: "events", value: .int(status.events)),
      .init(key: "errors", value: .int(status.errors)),
      .init(key: "restarts", value: .int(status.restarts)),
    ]
  }
}
