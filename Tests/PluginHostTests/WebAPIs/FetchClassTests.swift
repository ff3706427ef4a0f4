import Testing

@testable import PluginHost

@Suite struct FetchClassTests {
  @Test(arguments: [
    ScriptCase(
      "const h = new Headers({b: '2', A: ' 1 '}); h.append('b', '3'); return JSON.stringify([...h])",
      #"[["a","1"],["b","2, 3"]]"#),
    ScriptCase(
      "const h = new Headers([['set-cookie', 'a=1'], ['x', 'y'], ['Set-Cookie', 'b=2']]); return JSON.stringify([h.getSetCookie(), [...h.keys()], h.get('Set-Cookie')])",
      #"[["a=1","b=2"],["set-cookie","set-cookie","x"],"a=1, b=2"]"#),
    ScriptCase(
      "return [thrown(() => new Headers({'a b': '1'})), thrown(() => new Headers({a: 'x\\ny'})), thrown(() => new Headers({a: '☃'})), thrown(() => new Headers([['a']])), thrown(() => new Headers(7))]",
      "TypeError,TypeError,TypeError,TypeError,TypeError"),
    ScriptCase(
      "const h = new Headers({a: '1', b: '2'}); h.set('A', '3'); h.delete('b'); h.delete('c'); return [h.get('a'), h.has('b'), h.get('c'), String(h)]",
      "3,false,,[object Headers]"),
    ScriptCase(
      "return [event.request.headers.get('accept'), thrown(() => event.request.headers.set('a', 'b')), thrown(() => Headers.prototype.get.call({}, 'a'))]",
      "*/*,TypeError,TypeError"),
    ScriptCase(
      "const r = new Request('/', {headers: {Cookie: 'a', 'Sec-Fetch-Mode': 'x', 'X-A': '1', Host: 'h'}}); return [...r.headers.keys()]",
      "x-a"),
    ScriptCase(
      "const r = new Request('/', {mode: 'no-cors', headers: {'X-A': '1', Accept: 'text/html', 'Content-Type': 'application/json'}}); return [...r.headers.keys()]",
      "accept"),
    ScriptCase(
      "return [...new Response('', {headers: {'Set-Cookie': 'a=1', 'X-A': 'b'}}).headers.keys()]",
      "content-type,x-a"),
  ])
  func headers(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const r = new Request('../x?y#z', {method: 'post', body: 'b'}); return [r.method, r.url, r.mode, r.credentials, r.redirect, r.cache, r.referrer, r.duplex, r.headers.get('content-type')]",
      "POST,https://app.test/x?y#z,cors,same-origin,follow,default,about:client,half,text/plain;charset=UTF-8"
    ),
    ScriptCase(
      "return [thrown(() => new Request('http://a:b@c/')), thrown(() => new Request('/', {body: 'x'})), thrown(() => new Request('/', {method: 'TRACE'})), thrown(() => new Request('/', {mode: 'navigate'})), thrown(() => new Request('/', {cache: 'x'})), thrown(() => new Request('http://'))]",
      "TypeError,TypeError,TypeError,TypeError,TypeError,TypeError"),
    ScriptCase(
      "const a = new Request('/', {method: 'POST', body: 'abc'}); const b = new Request(a); return [a.bodyUsed, await b.text(), thrown(() => new Request(a))]",
      "true,abc,TypeError"),
    ScriptCase(
      "const a = new Request('/', {method: 'POST', body: 'abc'}); const b = a.clone(); return [await a.text(), await b.text(), a.bodyUsed, thrown(() => a.clone())]",
      "abc,abc,true,TypeError"),
    ScriptCase(
      "return [event.request.url, event.request.method, event.request.mode, event.request.body, event.request.bodyUsed, event.request.destination]",
      "https://app.test/page?q=1,GET,no-cors,,false,"),
    ScriptCase(
      "const c = new AbortController(); const r = new Request('/', {signal: c.signal}); c.abort(); return [r.signal.aborted, r.signal !== c.signal]",
      "true,true"),
    ScriptCase(
      "const r = new Request('/', {method: 'POST', body: new URLSearchParams({a: 'b c'})}); return [r.headers.get('content-type'), await r.text()]",
      "application/x-www-form-urlencoded;charset=UTF-8,a=b+c"),
  ])
  func request(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const r = new Response('é', {status: 201, statusText: 'Made'}); return [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, (await r.bytes()).length]",
      "201,Made,true,default,,false,2"),
    ScriptCase(
      "return [thrown(() => new Response('', {status: 199})), thrown(() => new Response('x', {status: 204})), thrown(() => new Response('', {statusText: '\\n'})), thrown(() => new Response(Symbol()))]",
      "RangeError,TypeError,TypeError,TypeError"),
    ScriptCase(
      "const r = Response.redirect('/x', 307); return [r.status, r.headers.get('location'), thrown(() => Response.redirect('/', 200)), thrown(() => r.headers.set('a', 'b'))]",
      "307,https://app.test/x,RangeError,TypeError"),
    ScriptCase(
      "const r = Response.json({a: [1]}, {status: 404}); return [r.status, r.headers.get('content-type'), JSON.stringify(await r.json())]",
      #"404,application/json,{"a":[1]}"#),
    ScriptCase("const r = Response.error(); return [r.type, r.status]", "error,0"),
    ScriptCase(
      "const r = new Response('x'); await r.text(); return [r.bodyUsed, await rejected(r.text()), thrown(() => r.clone())]",
      "true,TypeError,TypeError"),
    ScriptCase(
      "const r = new Response('\\ufeffx'); const c = r.clone(); return [(await r.text()).length, (await c.arrayBuffer()).byteLength]",
      "1,4"),
    ScriptCase(
      "const b = new Blob(['ab', new Uint8Array([99])], {type: 'Text/Plain'}); const r = new Response(b); return [r.headers.get('content-type'), await r.text(), b.size, await b.slice(1, -1).text()]",
      "text/plain,abc,3,b"),
    ScriptCase("return rejected(new Response('{').json())", "SyntaxError"),
    ScriptCase(
      "const bytes = new Uint8Array([1, 2]); const r = new Response(bytes); bytes[0] = 9; return await r.bytes()",
      "1,2"),
    ScriptCase(
      "return (await new Response().text()) === '' && new Response().body === null", "true"),
    ScriptCase(
      "return [Response.prototype.text.length, Object.keys(Response.prototype).includes('text'), await rejected(Response.prototype.text.call({}))]",
      "0,true,TypeError"),
  ])
  func response(_ test: ScriptCase) throws { try test.check() }

  @Test(arguments: [
    ScriptCase(
      "const s = new ReadableStream({start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); }}); const l = []; for await (const x of s) l.push(x); return [l, s.locked]",
      "a,b,false"),
    ScriptCase(
      "let n = 0; const s = new ReadableStream({pull(c) { c.enqueue(n++); if (n === 3) c.close(); }}, {highWaterMark: 0}); const r = s.getReader(); const l = []; for (;;) { const {done, value} = await r.read(); if (done) break; l.push(value); } return [l, n]",
      "0,1,2,3"),
    ScriptCase(
      "let why; const s = new ReadableStream({cancel(r) { why = r; }}); await s.cancel('x'); return [why, (await s.getReader().read()).done]",
      "x,true"),
    ScriptCase(
      "const s = new ReadableStream({start(c) { c.error(new RangeError('x')); }}); return rejected(s.getReader().read())",
      "RangeError"),
    ScriptCase(
      "const s = new ReadableStream(); s.getReader(); return [s.locked, thrown(() => s.getReader()), await rejected(s.cancel())]",
      "true,TypeError,TypeError"),
    ScriptCase(
      "const e = new TextEncoder(); const r = new Response(new ReadableStream({start(c) { c.enqueue(e.encode('ab')); c.enqueue(e.encode('c')); c.close(); }})); const c = r.clone(); return [await r.text(), await c.text()]",
      "abc,abc"),
    ScriptCase(
      "const [a, b] = new ReadableStream({start(c) { c.enqueue(1); c.close(); }}).tee(); return [(await a.getReader().read()).value, (await b.getReader().read()).value]",
      "1,1"),
    ScriptCase(
      "const r = new Response('abc'); const reader = r.body.getReader(); const {value} = await reader.read(); return [value, r.bodyUsed, await rejected(r.text())]",
      "97,98,99,true,TypeError"),
    ScriptCase(
      "return rejected(new Response(new ReadableStream({start(c) { c.enqueue('text'); }})).text())",
      "TypeError"),
  ])
  func streams(_ test: ScriptCase) throws { try test.check() }
}
