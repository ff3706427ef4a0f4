import Testing

@testable import PluginHost

@Suite struct FileTests {
  @Test(arguments: [
    ScriptCase(
      "const b = new Blob(['ab', new Blob(['cd']), new Uint8Array([101, 102]).subarray(1), '\\r\\n\\r'], {type: 'A/B', endings: 'native'}); return [b.size, b.type, JSON.stringify(await b.text())]",
      #"7,a/b,"abcdf\n\n""#),
    ScriptCase(
      "const b = new Blob(['abc', 'def']).slice(1, -1).slice(1, 3, 'X/é'); return [await b.text(), b.size, JSON.stringify(b.type), await b.slice(-1).text(), b.slice(2, 1).size, b.slice(0.5).size, b.slice(1.5).size]",
      #"cd,2,"",d,0,2,0"#),
    ScriptCase(
      "const a = new Uint8Array([1, 2]); const b = new Blob([a, {toString() { a[0] = 9; return 'x'; }}]); a[1] = 9; (await b.bytes())[1] = 7; new Uint8Array(await b.arrayBuffer())[1] = 7; return await b.bytes()",
      "9,2,120"),
    ScriptCase(
      "const b = new Blob([new Uint8Array(70000), 'x']); const sizes = []; for await (const c of b.stream()) { sizes.push(c.length); c[0] = 1; } return [sizes, (await b.bytes())[0]]",
      "65536,4464,1,0"),
    ScriptCase(
      "return [thrown(() => new Blob('ab')), thrown(() => new Blob(null)), thrown(() => new Blob({})), thrown(() => new Blob([], 1)), thrown(() => new Blob([], {endings: 'x'})), thrown(() => Blob([])), thrown(() => new File([])), await rejected(Blob.prototype.text.call({}))]",
      "TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,TypeError"),
    ScriptCase(
      "const f = new File(['a'], 'n/\\ud800', {type: 't/x', lastModified: 1.9}); return [f.name, f.type, f.size, f.lastModified, f instanceof Blob, Math.abs(new File([], '').lastModified - Date.now()) < 60000, f.slice() instanceof File]",
      "n/\u{FFFD},t/x,1,1,true,true,false"),
    ScriptCase(
      "return [typeof FileReaderSync, typeof URL.createObjectURL, thrown(() => new FileList()), new ProgressEvent('p', {loaded: 0.5, total: 2, lengthComputable: 1}).loaded]",
      "undefined,undefined,TypeError,0.5"),
    ScriptCase(
      "const read = (method, parts, ...rest) => new Promise((done) => { const r = new FileReader(); const log = []; for (const type of ['loadstart', 'progress', 'load', 'error', 'loadend']) r['on' + type] = (e) => { log.push(type + e.loaded); if (type === 'loadend') done([log, typeof r.result === 'string' ? JSON.stringify(r.result) : new Uint8Array(r.result), r.readyState]); }; r[method](new Blob(parts, {type: 'text/plain;charset=windows-1252'}), ...rest); }); return [await read('readAsText', [new Uint8Array([0xe9])]), await read('readAsText', [new Uint8Array([0xff, 0xfe, 0x41, 0])], 'utf-8'), await read('readAsDataURL', ['a']), await read('readAsBinaryString', ['é']), await read('readAsArrayBuffer', [])].join(';')",
      "loadstart0,progress1,load1,loadend1,\"é\",2;loadstart0,progress4,load4,loadend4,\"A\",2;loadstart0,progress1,load1,loadend1,\"data:text/plain;charset=windows-1252;base64,YQ==\",2;loadstart0,progress2,load2,loadend2,\"Ã©\",2;loadstart0,load0,loadend0,,2"
    ),
    ScriptCase(
      "const r = new FileReader(); const log = []; for (const type of ['loadstart', 'load', 'abort', 'loadend']) r.addEventListener(type, () => log.push(type)); r.readAsText(new Blob(['x'])); const busy = thrown(() => r.readAsText(new Blob([]))); r.abort(); await new Promise((done) => setTimeout(done, 10)); return [busy, log, r.result, r.readyState, FileReader.DONE]",
      "InvalidStateError,abort,loadend,,2,2"),
    ScriptCase(
      "const r = new Response(new Blob(['ab'], {type: 'x/y'})); const q = new Response('a', {headers: [['content-type', 'Text/HTML;a=b'], ['content-type', 'text/plain; Q=\"1 2\"']]}); return [r.headers.get('content-type'), await r.text(), (await q.blob()).type, (await new Response('a', {headers: {'content-type': 'x'}}).blob()).type]",
      "x/y,ab,text/plain;q=\"1 2\","),
  ])
  func files(_ test: ScriptCase) throws { try test.check() }
}
