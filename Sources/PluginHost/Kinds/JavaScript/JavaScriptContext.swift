import CJavaScriptCore
import NIOCore

/// A value of JavaScript. Valid while the engine can find it: on the stack, in its own heap, or
/// protected (``ProtectedValue``).
typealias JSValue = OpaquePointer

/// A global object of JavaScriptCore with its own heap. Owner of the context group and the context.
final class JavaScriptContext {
  private let group: OpaquePointer
  let ref: OpaquePointer
  let undefined: JSValue
  let null: JSValue

  /// - Returns: `nil` where the engine gives no context.
  init?() {
    guard let group = JSContextGroupCreate() else { return nil }
    guard let ref = JSGlobalContextCreateInGroup(group, nil),
      let undefined = JSValueMakeUndefined(ref), let null = JSValueMakeNull(ref)
    else {
      JSContextGroupRelease(group)
      return nil
    }
    self.group = group
    self.ref = ref
    self.undefined = undefined
    self.null = null
  }

  deinit {
    JSGlobalContextRelease(self.ref)
    JSContextGroupRelease(self.group)
  }

  // MARK: Making values

  func number(_ value: Double) -> JSValue { JSValueMakeNumber(self.ref, value) ?? self.undefined }

  func bool(_ value: Bool) -> JSValue { JSValueMakeBoolean(self.ref, value) ?? self.undefined }

  func string(_ value: String) -> JSValue {
    var value = value
    return value.withUTF8 { self.string(utf8: UnsafeRawBufferPointer($0)) }
  }

  /// Makes a string from valid UTF-8.
  func string(utf8: UnsafeRawBufferPointer) -> JSValue {
    // The engine's own conversion is the fastest, but ends at a zero byte.
    guard let start = utf8.baseAddress, memchr(start, 0, utf8.count) == nil else {
      return self.string(utf16: Array(String(decoding: utf8, as: UTF8.self).utf16))
    }
    return withUnsafeTemporaryAllocation(byteCount: utf8.count + 1, alignment: 1) { copy in
      copy.copyMemory(from: utf8)
      copy[utf8.count] = 0
      let characters = copy.bindMemory(to: CChar.self).baseAddress
      return self.value(taking: JSStringCreateWithUTF8CString(characters))
    }
  }

  func string(utf16: [UInt16]) -> JSValue {
    self.value(taking: JSStringCreateWithCharacters(utf16, utf16.count))
  }

  private func value(taking string: OpaquePointer?) -> JSValue {
    guard let string else { return self.undefined }
    defer { JSStringRelease(string) }
    return JSValueMakeString(self.ref, string) ?? self.undefined
  }

  /// Makes a `Uint8Array` with memory of its own.
  func bytes(_ bytes: some ContiguousBytesView) -> JSValue {
    bytes.withBytes { source in
      // Never empty: the engine takes no null pointer.
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, source.count), alignment: 16)
      if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
      let array = JSObjectMakeTypedArrayWithBytesNoCopy(
        self.ref, kJSTypedArrayTypeUint8Array, memory, source.count,
        { memory, _ in memory?.deallocate() }, nil, nil)
      return array ?? self.undefined
    }
  }

  func array(_ first: JSValue, _ second: JSValue, _ third: JSValue) -> JSValue {
    withUnsafeTemporaryAllocation(of: Optional<JSValue>.self, capacity: 3) { items in
      items[0] = first
      items[1] = second
      items[2] = third
      return JSObjectMakeArray(self.ref, 3, items.baseAddress, nil) ?? self.undefined
    }
  }

  /// Makes an array of a few values, which are on the stack while `make` makes them.
  func array(count: Int, _ make: (Int) -> JSValue) -> JSValue {
    withUnsafeTemporaryAllocation(of: Optional<JSValue>.self, capacity: max(1, count)) { items in
      items.initialize(repeating: nil)
      for index in 0..<count { items[index] = make(index) }
      return JSObjectMakeArray(self.ref, count, items.baseAddress, nil) ?? self.undefined
    }
  }

  // MARK: Reading values

  func isUndefined(_ value: JSValue) -> Bool { JSValueIsUndefined(self.ref, value) }

  /// The value as a number; 0 where it is none.
  func double(_ value: JSValue) -> Double {
    guard JSValueIsNumber(self.ref, value) else { return 0 }
    let number = JSValueToNumber(self.ref, value, nil)
    return number.isFinite ? number : 0
  }

  func uint32(_ value: JSValue) -> UInt32 { UInt32(exactly: self.double(value)) ?? 0 }

  /// The value as a string; empty where it cannot be one.
  func text(_ value: JSValue) -> String {
    guard let string = CopiedString(value, self) else { return "" }
    return string.text()
  }

  /// Calls `body` with the bytes of a typed array or an array buffer; with none for other values.
  ///
  /// The engine pins that memory: it is called for arrays only that our own scripts have made.
  func withBytes<Result>(_ value: JSValue, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let type = JSValueGetTypedArrayType(self.ref, value, nil)
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    switch type {
    case kJSTypedArrayTypeNone: return body(empty)
    case kJSTypedArrayTypeArrayBuffer:
      let count = JSObjectGetArrayBufferByteLength(self.ref, value, nil)
      guard let base = JSObjectGetArrayBufferBytesPtr(self.ref, value, nil) else {
        return body(empty)
      }
      return body(UnsafeRawBufferPointer(start: base, count: count))
    default:
      // The pointer is that of the buffer, not of the view.
      let offset = JSObjectGetTypedArrayByteOffset(self.ref, value, nil)
      let count = JSObjectGetTypedArrayByteLength(self.ref, value, nil)
      guard let base = JSObjectGetTypedArrayBytesPtr(self.ref, value, nil) else {
        return body(empty)
      }
      return body(UnsafeRawBufferPointer(start: base + offset, count: count))
    }
  }

  /// A string's UTF-8 or an array's bytes; `nil` for other values.
  func buffer(_ value: JSValue) -> ByteBuffer? {
    if JSValueIsString(self.ref, value) {
      return CopiedString(value, self)?.buffer()
    }
    guard JSValueIsObject(self.ref, value),
      JSValueGetTypedArrayType(self.ref, value, nil) != kJSTypedArrayTypeNone
    else { return nil }
    return self.withBytes(value) { ByteBuffer(bytes: $0) }
  }

  /// A property; `undefined` where reading it throws.
  func property(_ name: String, of object: JSValue) -> JSValue {
    guard let string = JSStringCreateWithUTF8CString(name) else { return self.undefined }
    defer { JSStringRelease(string) }
    return JSObjectGetProperty(self.ref, object, string, nil) ?? self.undefined
  }

  func setProperty(_ name: String, of object: JSValue, to value: JSValue) {
    guard let string = JSStringCreateWithUTF8CString(name) else { return }
    defer { JSStringRelease(string) }
    JSObjectSetProperty(
      self.ref, object, string, value, JSPropertyAttributes(kJSPropertyAttributeNone), nil)
  }

  // MARK: Running

  /// Calls a function. Microtasks run before it returns where no other script is running.
  ///
  /// - Parameters:
  ///   - count: the number of arguments.
  ///   - fill: makes them; on the stack, where the engine's collector finds them.
  /// - Returns: `nil` where it threw; `exception` is the value then.
  func call(
    _ function: JSValue, _ count: Int, exception: inout JSValue?,
    _ fill: (UnsafeMutableBufferPointer<JSValue?>) -> Void
  ) -> JSValue? {
    withUnsafeTemporaryAllocation(of: Optional<JSValue>.self, capacity: max(1, count)) {
      arguments in
      arguments.initialize(repeating: nil)
      fill(arguments)
      return JSObjectCallAsFunction(
        self.ref, function, nil, count, arguments.baseAddress, &exception)
    }
  }

  /// Evaluates a script as a classic one.
  func evaluate(_ source: JSValue, file: String, exception: inout JSValue?) -> JSValue? {
    guard let script = CopiedString(source, self),
      let file = CopiedString(self.string(file), self)
    else { return nil }
    return JSEvaluateScript(self.ref, script.ref, nil, file.ref, 1, &exception)
  }

  /// Whether a script can be parsed.
  func checkSyntax(_ source: JSValue, file: String, exception: inout JSValue?) -> Bool {
    guard let script = CopiedString(source, self),
      let file = CopiedString(self.string(file), self)
    else { return false }
    return JSCheckScriptSyntax(self.ref, script.ref, file.ref, 1, &exception)
  }
}

extension JavaScriptContext {
  /// Collects garbage now; for tests, as scripts cannot ask for it.
  func collectGarbage() { JSSynchronousGarbageCollectForDebugging(self.ref) }
}

/// Something whose bytes lie in one piece.
protocol ContiguousBytesView {
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}

extension Array: ContiguousBytesView where Element == UInt8 {
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    self.withUnsafeBytes { body($0) }
  }
}

/// Keeps a value alive for as long as this object lives.
final class ProtectedValue {
  let value: JSValue
  private let context: JavaScriptContext

  init(_ value: JSValue, in context: JavaScriptContext) {
    self.value = value
    self.context = context
    JSValueProtect(context.ref, value)
  }

  deinit { JSValueUnprotect(self.context.ref, self.value) }
}

/// The engine's copy of a value as a string. Owner of it.
struct CopiedString: ~Copyable {
  let ref: OpaquePointer

  init?(_ value: JSValue, _ context: JavaScriptContext) {
    guard let ref = JSValueToStringCopy(context.ref, value, nil) else { return nil }
    self.ref = ref
  }

  deinit { JSStringRelease(self.ref) }

  /// The number of UTF-16 code units.
  var count: Int { JSStringGetLength(self.ref) }

  func text() -> String {
    let capacity = JSStringGetMaximumUTF8CStringSize(self.ref)
    return String(unsafeUninitializedCapacity: capacity) { memory in
      self.write(into: UnsafeMutableRawBufferPointer(memory))
    }
  }

  func buffer() -> ByteBuffer {
    let capacity = JSStringGetMaximumUTF8CStringSize(self.ref)
    var buffer = ByteBuffer()
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { self.write(into: $0) }
    return buffer
  }

  /// Adds the UTF-8 of the string to `bytes`; returns whether it is all ASCII.
  func append(to bytes: inout [UInt8]) -> Bool {
    let start = bytes.count
    let capacity = JSStringGetMaximumUTF8CStringSize(self.ref)
    bytes.append(contentsOf: repeatElement(0, count: capacity))
    let written = bytes.withUnsafeMutableBytes { memory in
      self.write(into: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
    }
    bytes.removeLast(capacity - written)
    return written == self.count
  }

  /// Calls `body` with the UTF-16 code units.
  func withCharacters<Result>(_ body: (UnsafeBufferPointer<UInt16>) -> Result) -> Result {
    body(UnsafeBufferPointer(start: JSStringGetCharactersPtr(self.ref), count: self.count))
  }

  private func write(into memory: UnsafeMutableRawBufferPointer) -> Int {
    let written = JSStringGetUTF8CString(
      self.ref, memory.bindMemory(to: CChar.self).baseAddress, memory.count)
    // The terminating zero is counted.
    return written > 0 ? written - 1 : 0
  }
}
