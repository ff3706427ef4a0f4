import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// SIGTERM and SIGINT: the first asks to stop, a second one does not wait for anything.
final class StopSignals {
  private let stream: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    self.stream = stream
    let queue = DispatchQueue(label: "signals")
    let count = SignalCount()
    self.sources = [SIGTERM, SIGINT].map { number in
      // The default action would end the process before the source sees the signal.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if count.increment() > 1 { _exit(130) }
        continuation.yield()
      }
      source.resume()
      return source
    }
  }

  /// Returns when the first signal has come.
  func first() async {
    for await _ in self.stream { return }
  }
}

/// SIGUSR1: files that are written to all the time are to be opened again.
///
/// It is not SIGHUP, with which a terminal that is closed ends what was started in it.
final class ReopenSignal {
  private let source: any DispatchSourceSignal

  /// - Parameter handler: called on a queue of the system's for each signal.
  init(_ handler: @escaping @Sendable () -> Void) {
    signal(SIGUSR1, SIG_IGN)
    self.source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
    self.source.setEventHandler(handler: handler)
    self.source.resume()
  }

  func cancel() { self.source.cancel() }
}

/// Counts on the queue of the signals only.
private final class SignalCount: @unchecked Sendable {
  private var count = 0

  func increment() -> Int {
    self.count += 1
    return self.count
  }
}
