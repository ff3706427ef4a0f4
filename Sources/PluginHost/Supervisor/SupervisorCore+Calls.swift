import Interceptor
import NIOCore

/// How many calls of a worker may wait for their answers.
private let maximumCalls = 1_024

extension SupervisorCore {
  // MARK: What a script asks of the host

  /// Answers a call. A call whose worker has gone meanwhile is answered to nobody. Returns `false`
  /// where the call makes no sense.
  func called(_ call: UInt32, _ kind: CallKind, _ payload: ByteBuffer) -> Bool {
    guard call > self.lastCall else { return false }
    self.lastCall = call
    switch kind {
    case .cache: return self.cacheCalled(call, payload)
    case .importScript: self.importAsked(call, .classic, String(buffer: payload))
    case .importModule: self.importAsked(call, .module, String(buffer: payload))
    case .importJSON: self.importAsked(call, .json, String(buffer: payload))
    case .openBroadcasts: self.broadcastsOpened(call)
    case .broadcast: self.broadcastPosted(call, payload)
    default: self.delegateCalled(call, kind, payload)
    }
    return true
  }

  private func delegateCalled(_ call: UInt32, _ kind: CallKind, _ payload: ByteBuffer) {
    let generation = self.connection.generation
    guard let delegate = self.delegate, let owner = self.owner else {
      return self.answer(
        call, generation: generation,
        .failure(PluginError(name: "InvalidStateError", message: "There is no registration.")))
    }
    guard self.openCalls < maximumCalls else {
      return self.answer(
        call, generation: generation,
        .failure(PluginError(name: "QuotaExceededError", message: "Too many calls are open.")))
    }
    self.openCalls += 1
    Task {
      let result = await Self.result(of: kind, payload, delegate: delegate, owner: owner)
      self.eventLoop.execute {
        if generation == self.connection.generation { self.openCalls -= 1 }
        self.answer(call, generation: generation, result)
      }
    }
  }

  /// What the call comes to: the payload of its answer, or the error that its promise gets.
  private static func result(
    of kind: CallKind, _ payload: ByteBuffer, delegate: any PluginWorkerDelegate,
    owner: any PluginWorker
  ) async -> Result<ByteBuffer, PluginError> {
    do throws(PluginError) {
      var answer = ByteBuffer()
      switch kind {
      case .skipWaiting: await delegate.pluginWorkerSkipsWaiting(owner)
      case .claimClients: try await delegate.pluginWorkerClaimsClients(owner)
      case .cache, .importScript, .importModule, .importJSON, .openBroadcasts, .broadcast: break
      case .update: try await delegate.pluginWorkerUpdates(owner)
      case .unregister:
        answer.writeString(await delegate.pluginWorkerUnregisters(owner) ? "true" : "false")
      case .client:
        let client = await delegate.pluginWorker(owner, client: String(buffer: payload))
        answer.writeString(ClientList.text(client.map { [$0] } ?? []))
      case .clients:
        let query = ClientList.query(String(buffer: payload))
        answer.writeString(
          ClientList.text(await delegate.pluginWorker(owner, clientsMatching: query)))
      case .addRoutes:
        try await delegate.pluginWorker(owner, addsRoutes: String(buffer: payload))
      case .navigationPreload:
        let call = NavigationPreloadCall(String(buffer: payload))
        let state = try await delegate.pluginWorker(owner, changesNavigationPreload: call.change)
        answer.writeString("\(state.isEnabled)\n\(state.headerValue)")
      }
      return .success(answer)
    } catch {
      return .failure(error)
    }
  }

  func answer(
    _ call: UInt32, generation: Int, _ result: Result<ByteBuffer, PluginError>
  ) {
    guard generation == self.connection.generation else { return }
    let isSent =
      switch result {
      case .success(let payload):
        self.send(.callResult(call: call, errorName: "", message: "", payload: payload))
      case .failure(let error):
        self.send(
          .callResult(
            call: call, errorName: error.name, message: error.message, payload: ByteBuffer()))
      }
    guard !isSent else { return }
    self.send(
      .callResult(
        call: call, errorName: "QuotaExceededError", message: "The answer is too long.",
        payload: ByteBuffer()))
  }
}
