/// A module as a text that a classic script can evaluate, and what it imports and exports: the
/// *Source Text Module Record*
/// ([ECMA-262 §16.2.1.6](https://tc39.es/ecma262/#sec-source-text-module-records)).
struct TransformedModule: Equatable {
  /// What a module imports from: one for each `from` with its attributes, in their order.
  struct Request: Equatable {
    var specifier: [UInt16]
    /// The attribute `type`; empty where there is none.
    var type: String
    var offset: Int
  }

  struct Import: Equatable {
    var request: Int
    /// `nil` for the namespace.
    var name: [UInt16]?
    var local: String
    var offset: Int
  }

  enum Export: Equatable {
    case local(name: [UInt16], local: String)
    case indirect(name: [UInt16], request: Int, importName: [UInt16]?, offset: Int)
    case star(request: Int)
  }

  /// The module's text with as many lines, its declarations of imports and exports taken out.
  var text: [UInt8]
  var requests: [Request] = []
  var imports: [Import] = []
  var exports: [Export] = []
  /// The exported variables that something may still be assigned to after the module has run.
  var mutableLocals: Set<String> = []
  /// What the text calls the object with `meta`, `imp` and `default`.
  var helper: String
  /// What the text calls a default export without a name of its own that is a declaration.
  var defaultName: String?
  /// Whether there is `export default` with an expression.
  var hasDefaultExpression = false
  /// Where the first `await` stands that is in no function.
  var firstTopLevelAwait: Int?
}
