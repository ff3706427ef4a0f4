import FetchModel
import NIOCore
import Synchronization

/// Finds the addresses of host names for all event loops, without ever making one wait.
///
/// Lookups run on a few threads of their own; whoever asks for a name that is being looked up gets
/// that answer; answers are kept for a short while. How long anybody is willing to wait is their own
/// matter.
final class HostResolver: Sendable {
  typealias Answer = Result<[SocketAddress], FetchError>
  /// Gives the addresses of a name, the port being 0; may wait.
  typealias Lookup = @Sendable (_ name: String) -> Answer

  private struct Waiter: Sendable {
    let eventLoop: any EventLoop
    let done: NIOLoopBound<(Answer) -> Void>
  }

  private let cache: Mutex<ResolverCache<Waiter>> = Mutex(ResolverCache())
  private let threads: LookupThreads
  private let lookUp: Lookup
  private let overrides: AddressOverrides

  /// - Parameters:
  ///   - threads: how many lookups may run at a time.
  ///   - overrides: names that are not looked up.
  ///   - lookUp: what finds the addresses.
  init(
    threads: Int = 8, overrides: AddressOverrides = AddressOverrides(),
    lookUp: @escaping Lookup = SystemLookup.addresses
  ) {
    self.overrides = overrides
    self.threads = LookupThreads(limit: threads)
    self.lookUp = lookUp
  }

  /// Finds the addresses of a host.
  ///
  /// - Parameters:
  ///   - eventLoop: the caller's, on which `done` is called once: before this returns where the
  ///     answer is known.
  func resolve(
    _ name: String, on eventLoop: any EventLoop, done: @escaping (Answer) -> Void
  ) {
    guard !name.isEmpty, name.utf8.count <= SystemLookup.longestName else {
      return done(.failure(FetchError(.dnsError, .client, "\(name) is no host name.")))
    }
    if let addresses = self.overrides.addresses(of: name) { return done(.success(addresses)) }
    let waiter = Waiter(eventLoop: eventLoop, done: NIOLoopBound(done, eventLoop: eventLoop))
    let reply = self.cache.withLock { $0.asked(for: name, by: waiter, at: .now()) }
    switch reply {
    case .known(let answer): done(answer)
    case .joined: break
    case .start:
      self.threads.run { hasThread in
        self.finish(name, hasThread ? self.lookUp(name) : .failure(Self.noThread))
      }
    case .refused:
      done(.failure(FetchError(.dnsTimeout, .proxy, "Too many host names are being looked up.")))
    }
  }

  private static let noThread = FetchError(
    .dnsError, .proxy, "The system has no thread for looking up host names.")

  private func finish(_ name: String, _ answer: Answer) {
    self.cache.withLock { Self.tell($0.answered(name, answer, at: .now()), answer) }
  }

  /// Ends all waiting: the event loops are about to end. Lookups under way are left to themselves.
  func stop() {
    let error = FetchError(.proxyInternalError, .proxy, "The proxy has stopped.")
    self.cache.withLock { Self.tell($0.stopped(), .failure(error)) }
  }

  /// Called with the lock held, so that after ``stop()`` nothing reaches an event loop any more.
  private static func tell(_ waiters: [Waiter], _ answer: Answer) {
    for waiter in waiters { waiter.eventLoop.execute { waiter.done.value(answer) } }
  }
}
