import CJavaScriptCore
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension JavaScriptPlugin {
  /// The console, time, chance and what the global says of itself.
  var environmentNatives: [Native] {
    [
      ("console", { [unowned self] in self.printLine($0) }),
      (
        "environment",
        { [unowned self] _ in
          self.context.string("\(self.start.scriptURL)\n\(self.start.scope)")
        }
      ),
      ("pluginConfig", { [unowned self] _ in self.context.string(self.start.config) }),
      (
        "registration",
        { [unowned self] _ in
          self.observesRegistration = true
          return self.context.string(self.registration)
        }
      ),
      ("now", { [unowned self] _ in self.context.number(self.clock.milliseconds()) }),
      ("timeOrigin", { [unowned self] _ in self.context.number(self.clock.timeOrigin) }),
      (
        "hardwareConcurrency",
        { [unowned self] _ in
          self.context.number(Double(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))))
        }
      ),
      (
        "setTimer",
        { [unowned self] in
          let delay = UInt64(max(0, $0.double(1)) * 1_000_000)
          self.timers.set(
            Int32(clamping: $0.uint32(0)), deadline: self.clock.nanoseconds() + delay)
          return nil
        }
      ),
      (
        "wantTask",
        { [unowned self] _ in
          self.hasTasks = true
          return nil
        }
      ),
      (
        "clearTimer",
        { [unowned self] in
          self.timers.clear(Int32(clamping: $0.uint32(0)))
          return nil
        }
      ),
      (
        "randomBytes",
        { [unowned self] in
          self.context.bytes(randomBytes(Int(min($0.uint32(0), 65_536))))
        }
      ),
      ("randomUUID", { [unowned self] _ in self.context.string(randomUUID()) }),
    ]
  }

  private func printLine(_ arguments: NativeArguments) -> JSValue? {
    let level = ConsoleLevel(rawValue: UInt8(clamping: arguments.uint32(0))) ?? .log
    self.socket.send(
      .console(level: level, text: arguments.text(1), position: arguments.text(2)))
    return nil
  }
}

private func randomBytes(_ count: Int) -> [UInt8] {
  // The system's generator, which Swift documents as cryptographically secure where there is one.
  var generator = SystemRandomNumberGenerator()
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// A version 4 UUID ([RFC 9562 §5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
private func randomUUID() -> String {
  var bytes = randomBytes(16)
  bytes[6] = bytes[6] & 0x0F | 0x40
  bytes[8] = bytes[8] & 0x3F | 0x80
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for (index, byte) in bytes.enumerated() {
    if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
