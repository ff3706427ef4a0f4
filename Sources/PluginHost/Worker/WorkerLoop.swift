import CJavaScriptCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The event loop of a worker: a GLib main context, which JavaScriptCore uses for work that it
/// finishes later, with the socket polled beside its descriptors.
///
/// Owner of the context. It has to be made before the first context group of JavaScriptCore, on the
/// thread that both live on.
final class WorkerLoop {
  /// What has happened to the socket.
  struct Readiness {
    var isReadable = false
    var isWritable = false
  }

  private let context: OpaquePointer
  private var descriptors = [GPollFD](repeating: GPollFD(), count: 8)

  /// Lets the loop have a turn without anything on its socket.
  let waker: LoopWaker

  init?() {
    guard let context = g_main_context_new() else { return nil }
    self.context = context
    self.waker = LoopWaker(context)
    g_main_context_push_thread_default(context)
    valor_initialize_main_thread()
  }

  deinit {
    g_main_context_pop_thread_default(self.context)
    g_main_context_unref(self.context)
  }

  /// Waits for the socket, for a time or for GLib's own sources, and runs the latter.
  ///
  /// - Parameter timeout: the longest wait in milliseconds, `nil` for no end.
  func wait(for descriptor: CInt, writable: Bool, timeout: Int32?) -> Readiness {
    var priority: gint = 0
    g_main_context_prepare(self.context, &priority)
    var own: gint = -1
    let count = self.query(priority, &own)
    self.descriptors[count] = GPollFD(
      fd: descriptor, events: gushort(POLLIN) | (writable ? gushort(POLLOUT) : 0), revents: 0)
    _ = g_poll(&self.descriptors, guint(count + 1), Self.earlier(own, timeout))
    let events = self.descriptors[count].revents
    if g_main_context_check(self.context, priority, &self.descriptors, gint(count)) != 0 {
      g_main_context_dispatch(self.context)
    }
    return Readiness(
      isReadable: events & gushort(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0,
      isWritable: events & gushort(POLLOUT) != 0)
  }

  /// Asks GLib for its descriptors, with room for one more behind them.
  private func query(_ priority: gint, _ timeout: inout gint) -> Int {
    while true {
      let room = self.descriptors.count - 1
      let count = Int(
        g_main_context_query(
          self.context, priority, &timeout, &self.descriptors, gint(room)))
      if count <= room { return count }
      self.descriptors = [GPollFD](repeating: GPollFD(), count: count + 1)
    }
  }

  private static func earlier(_ own: gint, _ timeout: Int32?) -> gint {
    guard let timeout else { return own }
    return own < 0 ? timeout : min(own, timeout)
  }
}

/// Ends the wait of a ``WorkerLoop``, the present one or else the next. Owner of a reference to the
/// context, whose wake-up GLib makes for calls on any thread.
final class LoopWaker: @unchecked Sendable {
  private let context: OpaquePointer

  fileprivate init(_ context: OpaquePointer) {
    self.context = context
    g_main_context_ref(context)
  }

  deinit { g_main_context_unref(self.context) }

  func wake() { g_main_context_wakeup(self.context) }
}
