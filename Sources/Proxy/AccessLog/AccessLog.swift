public import Logging
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The access log: takes lines from event loops and writes them on a thread of its own.
///
/// Lines wait in a queue of bounded size. Where the disk, or the reader of a pipe, is slower than
/// the proxy, new lines are dropped while the queue is full; how many is said in the proxy's own
/// log. An error of the disk is said there once and costs the lines that it hit, nothing else.
///
/// ```swift
/// let log = try AccessLog(.file("access.log"), format: .json, logger: logger)
/// // …
/// log.reopen()         // after the file has been renamed
/// await log.close()    // writes what is left
/// ```
public final class AccessLog: Sendable {
  /// Where the lines go.
  public enum Destination: Sendable, Equatable {
    case standardOutput
    /// A file's path. A file that is made is for its owner alone; one that is there keeps its
    /// permissions. Lines are appended.
    case file(String)
  }

  /// Why a log cannot be opened.
  public struct OpenError: Error, CustomStringConvertible {
    /// Such as "Permission denied".
    public let description: String
  }

  private struct Queue {
    var lines = ByteBuffer()
    var isScheduled = false
    var isClosed = false
    var dropped = 0
  }

  let format: AccessLogFormat
  private let destination: Destination
  private let logger: Logger
  private let capacity: Int
  private let queue = Mutex(Queue())
  private let file: Mutex<AccessLogFile>
  private let thread = NIOThreadPool(numberOfThreads: 1)

  /// How long lines may wait for others to be written with, in microseconds.
  private static let batchTime: UInt32 = 50_000

  /// - Parameters:
  ///   - capacity: bytes of lines that may wait to be written.
  ///   - logger: is told of errors and dropped lines.
  /// - Throws: ``OpenError`` where the file cannot be opened.
  public init(
    _ destination: Destination, format: AccessLogFormat, capacity: Int = 8_388_608, logger: Logger
  ) throws(OpenError) {
    self.destination = destination
    self.format = format
    self.capacity = capacity
    self.logger = logger
    do {
      self.file = Mutex(try AccessLogFile(destination))
    } catch {
      throw OpenError(description: error.reason)
    }
    self.thread.start()
  }

  // MARK: On event loops

  /// Queues a line; does not wait.
  func append(_ line: ByteBuffer) {
    let mustSchedule = self.queue.withLock { queue -> Bool in
      guard !queue.isClosed,
        queue.lines.readableBytes + line.readableBytes <= self.capacity
      else {
        queue.dropped += 1
        return false
      }
      queue.lines.writeImmutableBuffer(line)
      defer { queue.isScheduled = true }
      return !queue.isScheduled
    }
    if mustSchedule {
      self.thread.submit { state in if state == .active { self.drain() } }
    }
  }

  /// The time in milliseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  // MARK: On the log's thread

  /// Writes a batch every now and then until no more lines come.
  private func drain() {
    repeat { usleep(Self.batchTime) } while self.writeBatch()
  }

  /// Writes what waits. Returns whether there was anything.
  private func writeBatch() -> Bool {
    let (lines, dropped) = self.queue.withLock { queue in
      let lines = queue.lines
      let dropped = queue.dropped
      queue.dropped = 0
      if lines.readableBytes == 0 {
        queue.isScheduled = false
      } else {
        queue.lines = ByteBuffer()
      }
      return (lines, dropped)
    }
    if dropped > 0 {
      self.logger.warning(
        "the access log cannot be written as fast as lines come: some were dropped",
        metadata: ["lines": "\(dropped)"])
    }
    guard lines.readableBytes > 0 else { return false }
    let failure = self.file.withLock { file in
      file.write(lines, mayWait: { !self.queue.withLock { $0.isClosed } })
    }
    if let failure {
      self.logger.error(
        "the access log cannot be written; lines are lost until it can be again",
        metadata: ["cause": "\(failure.reason)"])
    }
    return true
  }

  // MARK: From outside

  /// Opens the file again by its path, after it has been renamed or removed. Lines that wait go into
  /// the old file. Where it cannot be opened the old one stays in use.
  public func reopen() {
    self.thread.submit { state in
      guard state == .active, case .file = self.destination else { return }
      _ = self.writeBatch()
      do throws(SystemError) {
        try self.file.withLock { file throws(SystemError) in
          file = try AccessLogFile(self.destination)
        }
      } catch {
        self.logger.error(
          "the access log cannot be reopened; the old file stays in use",
          metadata: ["cause": "\(error.reason)"])
      }
    }
  }

  /// Writes what waits and closes the file. A pipe that nobody reads is not waited for.
  public func close() async {
    self.queue.withLock { $0.isClosed = true }
    try? await self.thread.runIfActive { _ = self.writeBatch() }
    try? await self.thread.shutdownGracefully()
  }
}
