/// The state of a service worker
/// ([Service Workers §2.1](https://w3c.github.io/ServiceWorker/#dfn-state)).
public enum ServiceWorkerState: String, Sendable {
  case parsed
  case installing
  /// Installed and waiting to become the active worker.
  case installed
  case activating
  case activated
  /// Replaced, unregistered, or failed to install.
  case redundant
}
