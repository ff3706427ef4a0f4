#if os(Linux)
  import Dispatch
  import Glibc

  /// Tells when an entry of one of some directories has changed: its file was written, replaced,
  /// removed, or is new. Owns an inotify instance; the directory is watched rather than the file,
  /// because editors put a new file in the place of the old one.
  ///
  /// Unchecked, because the source is resumed once, before anybody has it, and cancelled at the end.
  final class DirectoryWatch: @unchecked Sendable {
    private let source: any DispatchSourceRead

    /// - Parameter handler: called on a queue of its own with the directory's number, from
    ///   ``add(_:)``, and the entry's name; `nil` where changes were lost and all may have changed.
    /// - Throws: ``UnreadableFile`` where the system has no more of these.
    init(_ handler: @escaping @Sendable (_ change: (directory: Int32, name: String)?) -> Void)
      throws
    {
      let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
      guard descriptor >= 0 else {
        throw UnreadableFile(reason: String(cString: strerror(errno)))
      }
      let queue = DispatchQueue(label: "directory watch")
      self.source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
      self.source.setEventHandler { Self.read(descriptor, handler) }
      self.source.setCancelHandler { close(descriptor) }
      self.source.resume()
    }

    deinit { self.source.cancel() }

    /// Watches a directory. Returns its number, which is the same for the same directory.
    ///
    /// - Throws: ``UnreadableFile`` where it is not there or cannot be watched.
    func add(_ path: String) throws -> Int32 {
      let events =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR
      let directory = path.isEmpty ? "." : path
      let number = inotify_add_watch(Int32(self.source.handle), directory, UInt32(events))
      guard number >= 0 else { throw UnreadableFile(reason: String(cString: strerror(errno))) }
      return number
    }

    private static func read(
      _ descriptor: Int32,
      _ handler: (_ change: (directory: Int32, name: String)?) -> Void
    ) {
      withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { memory in
        while true {
          let count = Glibc.read(descriptor, memory.baseAddress, memory.count)
          guard count > 0 else { return }
          Self.parse(UnsafeRawBufferPointer(rebasing: memory[..<count]), handler)
        }
      }
    }

    private static func parse(
      _ bytes: UnsafeRawBufferPointer,
      _ handler: (_ change: (directory: Int32, name: String)?) -> Void
    ) {
      let headSize = MemoryLayout<inotify_event>.size
      var offset = 0
      while offset + headSize <= bytes.count {
        let head = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        let nameStart = offset + headSize
        offset = nameStart + Int(head.len)
        guard offset <= bytes.count else { return }
        if head.mask & UInt32(IN_Q_OVERFLOW) != 0 {
          handler(nil)
        } else if head.len > 0 {
          let name = bytes[nameStart..<offset].prefix { $0 != 0 }
          handler((head.wd, String(decoding: name, as: UTF8.self)))
        }
      }
    }
  }
#endif
