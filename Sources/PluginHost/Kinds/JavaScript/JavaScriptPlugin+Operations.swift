import CJavaScriptCore

/// What came of a native operation, made where it ran and still without the engine.
enum OperationResult: Sendable {
  case bytes([UInt8])
  case bool(Bool)
  /// Objects of Swift's, which the script gets as an array of handles.
  case objects([any NativeObject])
  /// The name and the message of the `DOMException` that the script gets.
  case failed(name: String, message: String)
}

extension JavaScriptPlugin {
  /// Begins an operation whose result goes to `hooks.operationFinished`.
  ///
  /// - Parameters:
  ///   - isShort: whether a thread would cost more than the work.
  ///   - work: must not use the engine.
  /// - Returns: the operation's number for the script; `undefined` where it could not begin.
  func startOperation(
    isShort: Bool = false, _ work: @escaping @Sendable () -> OperationResult
  ) -> JSValue? {
    self.operations.start(isShort: isShort, work).map { self.context.number(Double($0)) }
  }

  /// Gives scripts the results of the operations that have finished. Microtasks run after each; what
  /// they begin is for the next turn.
  func finishOperations() {
    for (number, result) in self.operations.takeFinished() {
      self.call(.operationFinished, 3) {
        $0[0] = self.context.number(Double(number))
        $0[1] = self.context.undefined
        switch result {
        case .bytes(let bytes): $0[2] = self.context.bytes(bytes)
        case .bool(let value): $0[2] = self.context.bool(value)
        case .objects(let objects):
          $0[2] = self.context.array(count: objects.count) {
            self.classes.object(objects[$0], in: self.context)
          }
        case .failed(let name, let message):
          $0[1] = self.context.string(name)
          $0[2] = self.context.string(message)
        }
      }
      self.deliverReads()
    }
  }
}
