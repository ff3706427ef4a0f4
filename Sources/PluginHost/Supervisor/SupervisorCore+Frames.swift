import FetchModel
import Interceptor
import Logging
import NIOCore

/// How many bytes may wait for a worker that does not read.
private let maximumBacklog = 128 << 20

extension SupervisorCore {
  // MARK: To the worker

  /// Adds a frame to what is sent at the end of this turn of the event loop.
  ///
  /// - Returns: `false` where it is too long for a frame. A frame for a worker that is gone is
  ///   dropped: what it was about is settled when the end of the worker is.
  @discardableResult
  func send(_ frame: Frame) -> Bool {
    guard self.connection.isOpen else { return true }
    let schedulesFlush = !self.connection.hasOutbound
    do {
      try self.connection.write(frame)
    } catch {
      self.logger.error("A frame for the worker is too long: \(error)")
      return false
    }
    if schedulesFlush { self.eventLoop.execute { self.flush() } }
    return true
  }

  func flush() {
    self.connection.flush()
    // Bodies wait for credit, so this is heads only: a worker that asks and does not listen.
    if self.connection.backlog > maximumBacklog { self.condemn("it does not read its socket") }
  }

  // MARK: From the worker

  /// Takes a frame of the worker. Returns whether further ones are of interest.
  func received(_ frame: Frame, generation: Int) -> Bool {
    guard generation == self.connection.generation, self.connection.isTrusted else { return false }
    if !self.handle(frame) {
      self.violated("it sent a frame that makes no sense (\(frame.name))", generation: generation)
    }
    return self.connection.isTrusted
  }

  /// Returns `false` where the frame makes no sense.
  private func handle(_ frame: Frame) -> Bool {
    switch frame {
    case .ready(let listeners): return self.becameReady(listeners)
    case .startFailed(let failure): return self.startFailed(failure)
    case .lifetimeSettled(let event, let failure): return self.lifetimeSettled(event, failure)
    case .eventsExtended(let areThere): return self.eventsExtended(areThere)
    case .respond(let event, let head, let body): return self.responded(event, head, body)
    case .respondRelay(let event, let fetch): return self.relayed(event, fetch: fetch)
    case .noResponse(let event, let defaultPrevented, let bodyUsed):
      return self.notResponded(event, defaultPrevented: defaultPrevented, bodyUsed: bodyUsed)
    case .respondFailed(let event, let message): return self.respondFailed(event, message)
    case .fetch(let fetch, let head, let event, let body):
      return self.fetchAsked(fetch, head, derivedFrom: event, body)
    case .abortFetch(let fetch): return self.fetchAborted(fetch)
    case .cloneFetch(let fetch): return self.fetchCloned(fetch)
    case .call(let call, let kind, let payload): return self.called(call, kind, payload)
    case .console(let level, let text, let position):
      self.console(level, text, position)
      return true
    case .pong(let number): return self.life.ponged(number)
    case .bodyChunk(let stream, let bytes): return self.bodyCame(stream, bytes)
    case .bodyEnd(let stream): return self.bodyEnded(stream) { $0.ended() }
    case .bodyFailed(let stream, let message):
      return self.bodyEnded(stream) { $0.failed(message) }
    case .bodyCredit(let stream, let bytes): return self.creditCame(stream, bytes)
    case .bodyCancel(let stream): return self.bodyUnwanted(stream)
    case .start, .install, .activate, .fetchEvent, .abortEvent, .fetchResult, .fetchFailed,
      .callResult, .ping, .stop, .cachedResponse, .fetchEventDetails, .registration, .broadcast:
      return false
    }
  }

  private func console(_ level: ConsoleLevel, _ text: String, _ position: String) {
    let logLevel: Logger.Level =
      switch level {
      case .debug: .debug
      case .log, .info: .info
      case .warn: .warning
      case .error: .error
      }
    guard logLevel >= self.logger.logLevel else { return }
    // A line of the log, not a store for a plugin's data.
    let line = text.utf8.count > 16_384 ? String(text.prefix(4_096)) + "…" : text
    guard self.mayLog(line) else { return }
    self.logger.log(
      level: logLevel, "\(line)",
      metadata: ["console": "\(level)", "position": "\(position.prefix(512))"])
  }
}

extension Frame {
  /// What it costs the host, about, in microseconds. Answers and bodies cost nothing: there are no
  /// more of them than the host has asked for.
  var cost: Int {
    switch self {
    case .respond, .respondRelay, .noResponse, .respondFailed, .bodyChunk, .bodyEnd, .bodyFailed: 0
    // One that no event is the reason of may be one of very many.
    case .fetch(_, _, derivedFrom: 0, _): 50
    case .fetch, .call, .console: 10
    default: 1
    }
  }

  /// The frame's name, for messages.
  var name: String { Mirror(reflecting: self).children.first?.label ?? "stop" }
}

extension WorkerLife {
  /// The state for a listing.
  var name: String {
    switch self.state {
    case .stopped: "stopped"
    case .backingOff: "backing-off"
    case .starting: "starting"
    case .running: "running"
    case .stopping: "stopping"
    case .dying: "dying"
    case .terminated: "terminated"
    }
  }

  /// Whether there is no process to watch.
  var isAtRest: Bool {
    switch self.state {
    case .stopped, .backingOff, .terminated: true
    case .starting, .running, .stopping, .dying: false
    }
  }

  /// Whether the host wants its end.
  var isExpectedToStop: Bool {
    switch self.state {
    case .stopping, .terminated: true
    default: false
    }
  }
}
