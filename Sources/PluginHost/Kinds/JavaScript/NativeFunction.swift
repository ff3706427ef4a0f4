import CJavaScriptCore

/// The arguments of a call from one of our own scripts. One that is missing is `undefined`.
struct NativeArguments {
  let context: JavaScriptContext
  fileprivate let count: Int
  fileprivate let base: UnsafePointer<JSValue?>?

  subscript(_ index: Int) -> JSValue {
    guard index < self.count, let value = self.base?[index] else { return self.context.undefined }
    return value
  }

  func isUndefined(_ index: Int) -> Bool { self.context.isUndefined(self[index]) }
  func isNull(_ index: Int) -> Bool { JSValueIsNull(self.context.ref, self[index]) }
  func bool(_ index: Int) -> Bool { JSValueToBoolean(self.context.ref, self[index]) }
  func double(_ index: Int) -> Double { self.context.double(self[index]) }
  func uint32(_ index: Int) -> UInt32 { self.context.uint32(self[index]) }
  func text(_ index: Int) -> String { self.context.text(self[index]) }
}

/// A function of Swift that our own scripts call. Plugins cannot reach it.
final class NativeFunction {
  typealias Body = (NativeArguments) -> JSValue?

  private unowned let context: JavaScriptContext
  private let body: Body

  init(_ context: JavaScriptContext, _ body: @escaping Body) {
    self.context = context
    self.body = body
  }

  fileprivate func call(_ count: Int, _ arguments: UnsafePointer<JSValue?>?) -> JSValue? {
    // The engine would take no value for `null`.
    self.body(NativeArguments(context: self.context, count: count, base: arguments))
      ?? self.context.undefined
  }
}

/// Something of Swift's that scripts can hold without seeing what it is. The engine lets go of it on
/// whatever thread it collects garbage.
typealias NativeObject = AnyObject & Sendable

/// The classes of the objects that hold something of Swift's. Owner of both.
final class NativeClasses {
  private let functions: OpaquePointer
  private let handles: OpaquePointer
  private let keptObjects: OpaquePointer

  init?() {
    var function = kJSClassDefinitionEmpty
    function.attributes = JSClassAttributes(kJSClassAttributeNoAutomaticPrototype)
    function.callAsFunction = callNativeFunction
    var handle = kJSClassDefinitionEmpty
    handle.attributes = JSClassAttributes(kJSClassAttributeNoAutomaticPrototype)
    handle.finalize = finalizeHandle
    var kept = kJSClassDefinitionEmpty
    kept.attributes = JSClassAttributes(kJSClassAttributeNoAutomaticPrototype)
    kept.finalize = finalizeKept
    guard let functions = JSClassCreate(&function) else { return nil }
    guard let handles = JSClassCreate(&handle) else {
      JSClassRelease(functions)
      return nil
    }
    guard let keptObjects = JSClassCreate(&kept) else {
      JSClassRelease(functions)
      JSClassRelease(handles)
      return nil
    }
    self.functions = functions
    self.handles = handles
    self.keptObjects = keptObjects
  }

  deinit {
    JSClassRelease(self.functions)
    JSClassRelease(self.handles)
    JSClassRelease(self.keptObjects)
  }

  /// Makes a function object. `function` has to outlive the context.
  func function(_ function: NativeFunction, in context: JavaScriptContext) -> JSValue {
    let pointer = Unmanaged.passUnretained(function).toOpaque()
    return JSObjectMake(context.ref, self.functions, pointer) ?? context.undefined
  }

  /// Makes an object without properties that keeps `native` for as long as scripts keep it.
  func object(_ native: some NativeObject, in context: JavaScriptContext) -> JSValue {
    let pointer = Unmanaged<AnyObject>.passRetained(native)
    guard let object = JSObjectMake(context.ref, self.handles, pointer.toOpaque()) else {
      pointer.release()
      return context.undefined
    }
    return object
  }

  /// What an object made by ``object(_:in:)`` keeps; `nil` for any other value.
  func object(of value: JSValue, in context: JavaScriptContext) -> AnyObject? {
    guard JSValueIsObjectOfClass(context.ref, value, self.handles),
      let pointer = JSObjectGetPrivate(value)
    else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// The body that such an object stands for.
  func handle(_ value: JSValue, in context: JavaScriptContext) -> BodyHandle? {
    self.object(of: value, in: context) as? BodyHandle
  }

  /// Makes an object without properties that keeps `object` for as long as scripts keep it. The last
  /// reference may go on whatever thread the engine collects on.
  func object(keeping object: AnyObject, in context: JavaScriptContext) -> JSValue {
    let pointer = Unmanaged.passRetained(object)
    guard let value = JSObjectMake(context.ref, self.keptObjects, pointer.toOpaque()) else {
      pointer.release()
      return context.undefined
    }
    return value
  }

  /// What an object made by ``object(keeping:in:)`` keeps; `nil` for any other value.
  func kept<Kept: AnyObject>(_ value: JSValue, as: Kept.Type, in context: JavaScriptContext)
    -> Kept?
  {
    guard JSValueIsObjectOfClass(context.ref, value, self.keptObjects),
      let pointer = JSObjectGetPrivate(value)
    else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue() as? Kept
  }
}

private let callNativeFunction: JSObjectCallAsFunctionCallback = {
  _, function, _, count, arguments, _ in
  guard let function, let pointer = JSObjectGetPrivate(function) else { return nil }
  return Unmanaged<NativeFunction>.fromOpaque(pointer).takeUnretainedValue().call(count, arguments)
}

private let finalizeHandle: JSObjectFinalizeCallback = { object in
  guard let object, let pointer = JSObjectGetPrivate(object) else { return }
  let native = Unmanaged<AnyObject>.fromOpaque(pointer).takeRetainedValue()
  (native as? BodyHandle)?.wasCollected()
}

private let finalizeKept: JSObjectFinalizeCallback = { object in
  guard let object, let pointer = JSObjectGetPrivate(object) else { return }
  Unmanaged<AnyObject>.fromOpaque(pointer).release()
}
