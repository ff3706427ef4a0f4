import CProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program of a worker process: it runs one plugin and speaks frames with the proxy.
public enum PluginWorkerProcess {
  /// Runs the plugin that the first frame brings, until the proxy says stop or is gone.
  ///
  /// The process can do nothing else meanwhile and should end afterwards.
  ///
  /// - Parameters:
  ///   - descriptor: the worker's end of a stream socket pair, of which it becomes the owner.
  ///   - memoryLimit: the resident memory in bytes at which the process ends itself; 0 for none.
  /// - Returns: the exit code: 0, or 1 where the proxy sent something that is no frame.
  public static func run(descriptor: Int32, memoryLimit: Int = 0) -> Int32 {
    // The kernel ends it also where a script loops and so never sees the socket close.
    valor_die_with_parent()
    valor_give_up_privileges()
    // Where the kernel has no such filters the process is still one of its own.
    _ = valor_deny_system_calls()
    if memoryLimit > 0 { _ = valor_limit_memory(memoryLimit) }
    valor_name_process("valor:spare")
    let code = WorkerMain(descriptor: descriptor).run()
    // At once: taking a heap apart that the kernel frees anyway would only take time.
    if code == 0 { _exit(0) }
    return code
  }
}

/// A worker's life: one turn of its loop after the other.
struct WorkerMain {
  /// How often the socket is read in one turn, so that timers have their turn too.
  private static let readsPerTurn = 8

  private let socket: FrameSocket
  /// Made before there is a plugin, so that the plugin need not wait for it.
  private var global: Result<JavaScriptPlugin, ScriptFailure>?
  private var plugin: JavaScriptPlugin?
  private var isOver = false
  private var waker: LoopWaker?

  init(descriptor: CInt) { self.socket = FrameSocket(takingOwnership: descriptor) }

  /// Returns the process's exit code.
  func run() -> Int32 {
    var copy = self
    return copy.runLoop()
  }

  private mutating func runLoop() -> Int32 {
    // Before the engine's first context, which ties itself to the loop of its thread.
    guard let loop = WorkerLoop() else { return 1 }
    self.waker = loop.waker
    self.global = self.makeGlobal()
    while !self.isOver {
      guard self.socket.flush() else { return 0 }
      let ready = loop.wait(
        for: self.socket.descriptor, writable: self.socket.hasOutput, timeout: self.timeout())
      if ready.isReadable || self.socket.hasKept {
        do throws(FrameCodecError) {
          guard try self.readFrames() else { return 0 }
        } catch { return 1 }
      }
      self.plugin?.fireTimers()
      self.plugin?.runTasks()
      self.plugin?.deliverReads()
      self.plugin?.finishOperations()
    }
    _ = self.socket.flush()
    return 0
  }

  /// Milliseconds until the next timer, rounded up.
  private mutating func timeout() -> Int32? {
    // What a script kept waiting has waited long enough.
    if self.socket.hasKept || self.plugin?.hasTasks == true { return 0 }
    guard let plugin = self.plugin, let deadline = plugin.timers.nextDeadline() else { return nil }
    let now = plugin.clock.nanoseconds()
    return deadline <= now ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
  }

  /// Handles what has come. Returns `false` where the other side is gone.
  private mutating func readFrames() throws(FrameCodecError) -> Bool {
    for _ in 0..<Self.readsPerTurn {
      guard self.socket.fill() else { return false }
      var count = 0
      while !self.isOver, let frame = try self.socket.next() {
        self.handle(frame)
        count += 1
      }
      // What was asked may be of more use now than what waits to be read.
      if self.isOver || self.socket.hasOutput || count == 0 { break }
    }
    return true
  }

  private mutating func handle(_ frame: Frame) {
    switch frame {
    case .start(let start): self.start(start)
    case .stop: self.isOver = true
    default:
      // A frame that makes no sense now: the two sides are out of step.
      if self.plugin?.handle(frame) != true { self.isOver = true }
    }
  }

  private func makeGlobal() -> Result<JavaScriptPlugin, ScriptFailure> {
    do throws(ScriptFailure) {
      return .success(
        try JavaScriptPlugin(socket: self.socket, wake: { [waker] in waker?.wake() }))
    } catch { return .failure(error) }
  }

  private mutating func start(_ start: WorkerStart) {
    guard let global = self.global, self.plugin == nil else {
      self.isOver = true
      return
    }
    valor_name_process("valor:\(start.name)")
    do throws(ScriptFailure) {
      let plugin = try global.get()
      try plugin.begin(start)
      self.plugin = plugin
      self.isOver = !plugin.evaluatePlugin()
    } catch {
      self.socket.send(.startFailed(error))
      self.isOver = true
    }
  }
}
