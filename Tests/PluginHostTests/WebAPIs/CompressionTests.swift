import Testing

@testable import PluginHost

@Suite struct CompressionTests {
  @Test(arguments: ["deflate", "deflate-raw", "gzip", "brotli"])
  func whatIsCompressedDecompressesToItself(_ format: String) throws {
    try ScriptCase(
      """
      const text = 'The quick brown fox. '.repeat(20000);
      const small = await bytes(new Blob([text]).stream().pipeThrough(new CompressionStream('\(format)')));
      const back = await bytes(new Blob([small]).stream().pipeThrough(new DecompressionStream('\(format)')));
      return [small.length < text.length / 50, new TextDecoder().decode(back) === text];
      \(bytesFunction)
      """, "true,true"
    ).check()
  }

  /// Data of zlib's and of Brotli's own programs.
  @Test(arguments: [
    ScriptCase(
      decompress(
        "deflate",
        "120, 156, 75, 173, 40, 72, 77, 46, 73, 77, 81, 200, 47, 45, 41, 40, 45, 1, 0, 48, 173, 6, 36"
      ),
      "expected output"),
    ScriptCase(
      decompress(
        "gzip",
        "31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 75, 173, 40, 72, 77, 46, 73, 77, 81, 200, 47, 45, 41, 40, 45, 1, 0, 176, 1, 57, 179, 15, 0, 0, 0"
      ),
      "expected output"),
    ScriptCase(
      decompress(
        "deflate-raw",
        "75, 173, 40, 72, 77, 46, 73, 77, 81, 200, 47, 45, 41, 40, 45, 1, 0"),
      "expected output"),
    ScriptCase(
      decompress(
        "brotli",
        "33, 56, 0, 4, 101, 120, 112, 101, 99, 116, 101, 100, 32, 111, 117, 116, 112, 117, 116, 3"),
      "expected output"),
  ])
  func knownData(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    // Cut off, damaged, with something behind it, nothing at all.
    ScriptCase(failure("deflate-raw", "[75, 173, 40]"), "TypeError"),
    ScriptCase(failure("deflate", "[1, 2, 3, 4]"), "TypeError"),
    ScriptCase(failure("gzip", "[31, 139, 9, 0, 0, 0, 0, 0, 0, 3]"), "TypeError"),
    ScriptCase(failure("brotli", "[255, 255, 255, 255]"), "TypeError"),
    ScriptCase(failure("deflate-raw", "[3, 0, 7]"), "TypeError"),
    ScriptCase(failure("gzip", "[]"), "TypeError"),
    ScriptCase(
      "const s = new DecompressionStream('deflate-raw'), w = s.writable.getWriter(); w.write(new Uint8Array([3, 0])).catch(() => {}); const late = rejected(w.write(new Uint8Array([7]))); return [await rejected(s.readable.getReader().read()), await late]",
      "TypeError,TypeError"),
    ScriptCase(
      "return ['zip', 'GZIP', undefined].map(f => thrown(() => new CompressionStream(f))).concat(thrown(() => new CompressionStream()), thrown(() => DecompressionStream('gzip')))",
      "TypeError,TypeError,TypeError,TypeError,TypeError"),
    ScriptCase(
      "const s = new CompressionStream('gzip'), w = s.writable.getWriter(); w.write('x').catch(() => {}); return [await rejected(s.readable.getReader().read()), await rejected(w.closed)]",
      "TypeError,TypeError"),
  ])
  func failures(_ test: ScriptCase) throws { try test.check() }

  /// A small chunk that becomes a big one comes in pieces, each when the one before has been read.
  @Test func aBombIsReadPieceByPiece() throws {
    try ScriptCase(
      """
      const zeros = new ReadableStream({ n: 0, pull(c) {
        if (++this.n > 32) c.close(); else c.enqueue(new Uint8Array(65536));
      } });
      const bomb = await bytes(zeros.pipeThrough(new CompressionStream('deflate')));
      const { readable, writable } = new DecompressionStream('deflate');
      const writer = writable.getWriter();
      let isTaken = false;
      writer.write(bomb).then(() => { isTaken = true; }, () => {});
      const reader = readable.getReader();
      const first = (await reader.read()).value;
      await new Promise(r => setTimeout(r, 2));
      const wasTaken = isTaken;
      await reader.cancel('enough');
      return [bomb.length < 4000, first.length, wasTaken, await writer.closed.catch(String)];
      \(bytesFunction)
      """, "true,65536,false,enough"
    ).check()
  }
}

private let bytesFunction =
  "async function bytes(s) { return new Uint8Array(await new Response(s).arrayBuffer()); }"

private func decompress(_ format: String, _ bytes: String) -> String {
  // A byte a chunk.
  "return new Response(ReadableStream.from([\(bytes)].map(b => new Uint8Array([b]))).pipeThrough(new DecompressionStream('\(format)'))).text()"
}

private func failure(_ format: String, _ bytes: String) -> String {
  "return rejected(new Response(new Blob([new Uint8Array(\(bytes))]).stream().pipeThrough(new DecompressionStream('\(format)'))).text())"
}
