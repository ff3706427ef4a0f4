import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A pair of connected stream sockets: the host's end and the worker's. Owns what was not given away.
final class WorkerSocketPair: Sendable {
  private struct State {
    var host: CInt
    var worker: CInt
  }

  private let state: Mutex<State>

  /// Neither end survives an `exec`. `nil` where there are no descriptors left.
  init?() {
    var ends: [CInt] = [-1, -1]
    #if os(Linux)
      let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    #else
      guard socketpair(AF_UNIX, SOCK_STREAM, 0, &ends) == 0 else { return nil }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #endif
    self.state = Mutex(State(host: ends[0], worker: ends[1]))
  }

  deinit {
    self.state.withLock { state in
      if state.host >= 0 { close(state.host) }
      if state.worker >= 0 { close(state.worker) }
    }
  }

  /// The host's end, which the caller closes from now on; `nil` the second time.
  func takeHostEnd() -> CInt? {
    self.state.withLock { state in
      defer { state.host = -1 }
      return state.host >= 0 ? state.host : nil
    }
  }

  /// Calls `body` with the worker's end, which stays this pair's.
  func withWorkerEnd<Result>(_ body: (CInt) -> Result) -> Result {
    self.state.withLock { body($0.worker) }
  }

  /// Closes the worker's end here, where nothing is to be read back from it.
  func closeWorkerEnd() {
    self.state.withLock { state in
      if state.worker >= 0 { close(state.worker) }
      state.worker = -1
    }
  }

  /// Takes out what the worker has not read and ends its direction.
  ///
  /// The worker's end stays open for what the host still writes: a failing write would close the
  /// channel before the worker's last bytes are read from it.
  ///
  /// - Returns: the number of bytes taken out.
  func drainWorkerEnd() -> Int {
    self.state.withLock { state in
      var total = 0
      withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { memory in
        while true {
          let count = recv(state.worker, memory.baseAddress, memory.count, CInt(MSG_DONTWAIT))
          if count > 0 { total += count } else if count == 0 || errno != EINTR { break }
        }
      }
      shutdown(state.worker, CInt(SHUT_WR))
      return total
    }
  }
}
