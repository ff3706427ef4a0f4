import Synchronization

/// One version of a plugin's script: a *service worker* of the specification.
///
/// Its state changes only under the lock of its registration's ``RegistrationState``, or before it is
/// part of one.
final class ServiceWorker: Sendable {
  /// What is known of the script and what it has asked for.
  struct Record: Sendable {
    var state = ServiceWorkerState.parsed
    /// The *skip waiting flag*.
    var skipsWaiting = false
    /// The *set of event types to handle*, recorded when the script was first evaluated.
    var eventTypes: Set<String> = []
    var listensForFetch = false
    /// The *list of router rules*.
    var routes = RouterRules()
    /// The *script resource map* and the main script, once it is installed.
    var resources: ScriptResources?
  }

  let number: UInt32
  let worker: any PluginWorker
  private let record = Mutex(Record())
  private let registrationReference: Weak<ServiceWorkerRegistration>
  /// Fulfilled when it is activated, rejected when it becomes redundant before.
  let activation = Promise<Void>()

  init(number: UInt32, worker: any PluginWorker, registration: ServiceWorkerRegistration) {
    self.number = number
    self.worker = worker
    self.registrationReference = Weak(registration)
  }

  var registration: ServiceWorkerRegistration? { self.registrationReference.value }

  func withRecord<Result: Sendable>(_ body: (inout sending Record) -> sending Result) -> Result {
    self.record.withLock { body(&$0) }
  }

  var state: ServiceWorkerState { self.record.withLock { $0.state } }

  var skipsWaiting: Bool { self.record.withLock { $0.skipsWaiting } }

  var resources: ScriptResources? { self.record.withLock { $0.resources } }

  var eventTypes: Set<String> { self.record.withLock { $0.eventTypes } }

  /// *Update Worker State*, without telling anybody.
  func setState(_ state: ServiceWorkerState) { self.record.withLock { $0.state = state } }

  /// Whether a fetch event would find a listener.
  var listensForFetch: Bool { self.record.withLock { $0.listensForFetch } }

  /// What decides whether a fetch event is needed.
  var dispatching: (listensForFetch: Bool, routes: RouterRules?) {
    self.record.withLock { ($0.listensForFetch, $0.routes.isEmpty ? nil : $0.routes) }
  }

  /// Notes what the script listens for.
  func setEventTypes(_ types: Set<String>) {
    self.record.withLock {
      $0.eventTypes = types
      $0.listensForFetch = types.contains("fetch")
    }
  }

  /// *Should Skip Event*, negated: whether the script listens for events of this type.
  func listens(for type: String) -> Bool { self.record.withLock { $0.eventTypes.contains(type) } }
}

/// A reference that keeps nothing alive.
///
/// Unchecked, because a weak reference that is never assigned again may be read from any thread.
struct Weak<Object: AnyObject & Sendable>: @unchecked Sendable {
  private(set) weak var value: Object?

  init(_ value: Object) { self.value = value }
}
