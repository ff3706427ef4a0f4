import Testing

@testable import PluginHost

@Suite struct FormDataTests {
  @Test(arguments: [
    ScriptCase(
      "const f = new FormData(); f.append('a', 1); f.append('b', new Blob(['x'])); f.append('a', '2'); f.set('c', new File(['y'], 'n', {lastModified: 5}), 'm'); return [f.getAll('a'), f.get('b').name, f.get('b') instanceof File, f.get('c').name, f.get('c').lastModified, f.has('d'), f.get('d'), [...f.keys()]]",
      "1,2,blob,true,m,5,false,,a,b,a,c"),
    ScriptCase(
      "const f = new FormData(); f.append('a', '1'); f.append('b', '2'); f.append('a', '3'); f.set('a', '4'); f.delete('b'); return JSON.stringify([...f])",
      #"[["a","4"]]"#),
    ScriptCase(
      "return [thrown(() => new FormData({})), thrown(() => new FormData().append('a')), thrown(() => new FormData().append('a', 'b', 'c')), thrown(() => FormData.prototype.get.call({}, 'a')), String(new FormData())]",
      "TypeError,TypeError,TypeError,TypeError,[object FormData]"),
    ScriptCase(
      "const f = new FormData(); f.append('a\"\\r\\n', 'x\\ny'); f.append('f', new File(['é'], 'n\"', {type: 'Text/Plain'})); const r = new Response(f); const b = r.headers.get('content-type').split('boundary=')[1]; return (await r.text()).replaceAll(b, 'B')",
      "--B\r\nContent-Disposition: form-data; name=\"a%22%0D%0A\"\r\n\r\nx\r\ny\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n%22\"\r\nContent-Type: text/plain\r\n\r\né\r\n--B--\r\n"
    ),
    ScriptCase(
      "const f = new FormData(); f.append('é', '☃'); f.append('b', new Blob([new Uint8Array([0, 255])], {type: 'x/y'}), 'z'); const g = await new Request('/', {method: 'POST', body: f}).formData(); const b = g.get('b'); return [g.get('é'), b.name, b.type, new Uint8Array(await b.arrayBuffer())]",
      "☃,z,x/y,0,255"),
    ScriptCase(
      "const r = new Response('?a=%C3%A9+1&b=&=c', {headers: {'content-type': 'application/x-www-form-urlencoded; charset=x'}}); return JSON.stringify([...await r.formData()])",
      #"[["?a","é 1"],["b",""],["","c"]]"#),
    ScriptCase(
      "const r = (body, type) => rejected(new Response(body, {headers: {'content-type': type}}).formData()); return [await r('', 'multipart/form-data'), await r('', 'multipart/form-data; boundary=a'), await r('a=b', 'text/plain'), await r('--a--', 'multipart/form-data; boundary=\"a\"')]",
      "TypeError,TypeError,TypeError,nothing"),
  ])
  func forms(_ test: ScriptCase) throws { try test.check() }
}
