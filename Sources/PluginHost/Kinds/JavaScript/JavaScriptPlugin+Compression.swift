import CJavaScriptCore

extension JavaScriptPlugin {
  /// What CompressionStream and DecompressionStream work with.
  var compressionNatives: [Native] {
    [
      (
        "openCodec",
        { [unowned self] arguments in
          guard let format = CompressionFormat(rawValue: arguments.uint32(0)),
            let codec = StreamCodec(format, compresses: arguments.bool(1))
          else { return nil }
          return self.classes.object(keeping: codec, in: self.context)
        }
      ),
      ("runCodec", { [unowned self] in self.runCodec($0) }),
    ]
  }

  /// `(codec, bytes or undefined for more of the last ones, whether nothing more comes)` →
  /// `[output, whether there is more, why it failed behind that or undefined]`
  private func runCodec(_ arguments: NativeArguments) -> JSValue? {
    guard
      let codec = self.classes.kept(
        arguments[0], as: StreamCodec.self, in: self.context)
    else { return nil }
    if arguments.bool(2) {
      codec.finish()
    } else if !arguments.isUndefined(1) {
      codec.write(self.context.withBytes(arguments[1]) { Array($0) })
    }
    let output = codec.read()
    return self.context.array(
      self.context.bytes(output.bytes), self.context.bool(output.hasMore),
      output.failure.map { self.context.string($0) } ?? self.context.undefined)
  }
}
