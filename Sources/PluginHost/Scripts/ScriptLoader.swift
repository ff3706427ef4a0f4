import FetchModel
import NIOCore
import NIOPosix

/// Loads what a plugin's script imports: from the files beside the script, or from the network.
///
/// May be used from any thread; nothing of it waits on an event loop.
struct ScriptLoader: Sendable {
  /// A script as it was loaded.
  struct Script: Sendable {
    /// What messages call it: a path or a URL.
    var name: String
    var bytes: [UInt8]
    /// The origin that answered, `nil` for a file beside the script.
    var origin: String?
    /// Where a module is after redirects, `nil` for the URL that was asked for.
    var url: String?
  }

  /// What a script is loaded as.
  enum Kind: Sendable {
    /// By `importScripts()`.
    case classic
    /// By an `import`, which needs permission from another origin.
    case module
    /// By an `import` with the type `json`.
    case json
  }

  struct Failure: Error, Sendable { var message: String }

  /// The greatest length of one script, in bytes.
  static let maximumLength = 32 << 20

  /// How long a script may take to come: a worker waits for it and does nothing else.
  static let patience = TimeAmount.seconds(60)

  let directory: ScriptDirectory
  /// The plugin's script's URL.
  let scriptURL: String
  let network: any Fetcher

  init(scriptPath: String, scriptURL: String, network: any Fetcher) {
    self.directory = ScriptDirectory(scriptPath: scriptPath, scriptURL: scriptURL)
    self.scriptURL = scriptURL
    self.network = network
  }

  /// Loads a script. `completion` is called exactly once, on any thread.
  ///
  /// - Parameters:
  ///   - url: an absolute http(s) URL; its fragment has no meaning.
  ///   - kind: what it is to be.
  ///   - signal: ends the wait for the network.
  func load(
    _ url: WebURL, as kind: Kind = .classic, signal: FetchSignal,
    completion: @escaping @Sendable (Result<Script, Failure>) -> Void
  ) {
    let scheme = url.scheme
    guard scheme == "http" || scheme == "https" else {
      return completion(.failure(Failure(message: "\(url.href.prefix(200)) is no http(s) URL.")))
    }
    NIOThreadPool.singleton.submit { state in
      guard case .active = state else {
        return completion(.failure(Failure(message: "The program is about to end.")))
      }
      switch self.directory.read(url, limit: Self.maximumLength) {
      case .file(let file):
        let isJSON = file.path.lowercased().hasSuffix(".json")
        guard isJSON == (kind == .json) else {
          let expected = kind == .json ? "JSON" : "JavaScript"
          return completion(.failure(Failure(message: "\(file.path) is not \(expected).")))
        }
        completion(.success(Script(name: file.path, bytes: file.bytes)))
      case .failed(let message): completion(.failure(Failure(message: message)))
      case .none:
        self.fetch(url, kind, signal: signal, completion: completion)
      }
    }
  }

  /// *Fetch a classic worker-imported script*
  /// ([HTML](https://html.spec.whatwg.org/#fetch-a-classic-worker-imported-script)), the fetching.
  private func fetch(
    _ url: WebURL, _ kind: Kind, signal: FetchSignal,
    completion: @escaping @Sendable (Result<Script, Failure>) -> Void
  ) {
    var attributes = RequestAttributes()
    attributes.mode = kind == .classic ? "no-cors" : "cors"
    attributes.destination = kind == .json ? "json" : "script"
    attributes.referrer = self.scriptURL
    let own = WebURL(self.scriptURL)?.origin ?? "null"
    var headers = HeaderList([("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate")])
    if kind != .classic, url.origin != own { headers.append(name: "Origin", value: own) }
    let request = FetchRequest(
      method: "GET", url: url.hrefWithoutFragment, headers: headers, attributes: attributes,
      signal: signal)
    self.network.fetch(request) { result in
      switch result {
      case .failure(let error):
        completion(.failure(Failure(message: "\(request.url): \(error.message)")))
      case .success(let response):
        if let failure = Self.refusal(response, kind, own: own, asked: url) {
          response.body.cancel()
          return completion(.failure(Failure(message: "\(request.url): \(failure)")))
        }
        Self.collect(response) { bytes in
          let final = response.urlList.last ?? request.url
          completion(
            bytes.map {
              Script(
                name: final, bytes: $0, origin: WebURL(final)?.origin ?? "null",
                url: final == request.url || kind == .classic ? nil : final)
            }.mapError { Failure(message: "\(request.url): \($0.message)") })
        }
      }
    }
  }

  /// Why the response is no script; `nil` where it is one.
  private static func refusal(
    _ response: FetchResponse, _ kind: Kind, own: String, asked: WebURL
  ) -> String? {
    guard (200...299).contains(response.status) else { return "the status is \(response.status)." }
    let isForeign =
      asked.origin != own || response.urlList.contains { WebURL($0)?.origin != own }
    let allowed = response.headers.first("Access-Control-Allow-Origin")
    guard kind == .classic || !isForeign || allowed == "*" || allowed == own else {
      return "its origin does not allow \(own) to import it."
    }
    switch ScriptMIMEType(response.headers) {
    case .javaScript where kind != .json: return nil
    case .typeScript where kind != .json && ScriptLanguage(url: asked.href) == .typeScript:
      return nil
    case .json where kind == .json: return nil
    default:
      let type = response.headers.first("Content-Type")
      return
        "its Content-Type is \(type.map { "'\($0.prefix(100))'" } ?? "missing"), not that of "
        + (kind == .json ? "JSON." : "a script.")
    }
  }

  private static func collect(
    _ response: FetchResponse,
    completion: @escaping @Sendable (Result<[UInt8], Failure>) -> Void
  ) {
    let encoding = response.headers.first("Content-Encoding")
    switch response.body {
    case .none: completion(.success([]))
    case .bytes(let bytes):
      let body = ScriptBody(encoding: encoding, limit: self.maximumLength)
      body.take(bytes)
      completion(body.finish())
    case .stream(let pipe):
      let body = ScriptBody(encoding: encoding, limit: self.maximumLength)
      pipe.setConsumer { Self.drain(pipe, into: body, completion: completion) }
      Self.drain(pipe, into: body, completion: completion)
    }
  }

  private static func drain(
    _ pipe: BodyPipe, into body: ScriptBody,
    completion: @escaping @Sendable (Result<[UInt8], Failure>) -> Void
  ) {
    while true {
      switch pipe.read() {
      case .pending: return
      case .chunk(let chunk):
        guard body.take(chunk) else {
          pipe.cancel()
          return completion(body.finish())
        }
      case .end: return completion(body.finish())
      case .failed(let error):
        return completion(.failure(Failure(message: error.message)))
      }
    }
  }
}

/// The body of a script's response, decoded and bounded.
///
/// Unchecked, because only one read of a pipe is under way at a time: the next one begins with the
/// pipe's call that follows it.
private final class ScriptBody: @unchecked Sendable {
  private let decoder: ContentDecoder?
  private let limit: Int
  private var bytes: [UInt8] = []
  private var failure: ScriptLoader.Failure?

  init(encoding: String?, limit: Int) {
    self.decoder = encoding.flatMap { ContentDecoder(encoding: $0) }
    self.limit = limit
  }

  /// Adds a chunk. Returns `false` where nothing more is of use.
  @discardableResult
  func take(_ chunk: ByteBuffer) -> Bool {
    guard self.failure == nil else { return false }
    if let decoder = self.decoder {
      decoder.write(chunk)
      do throws(ContentDecoder.Failure) {
        // What is beyond the limit stays compressed.
        try decoder.read(limit: self.limit + 1, into: &self.bytes)
      } catch { self.failure = ScriptLoader.Failure(message: error.message) }
    } else {
      self.bytes.append(contentsOf: chunk.readableBytesView)
    }
    if self.bytes.count > self.limit {
      self.bytes = []
      self.failure = ScriptLoader.Failure(message: "it is longer than \(self.limit >> 20) MiB.")
    }
    return self.failure == nil
  }

  func finish() -> Result<[UInt8], ScriptLoader.Failure> {
    if let failure = self.failure { return .failure(failure) }
    do throws(ContentDecoder.Failure) {
      try self.decoder?.finish()
      return .success(self.bytes)
    } catch { return .failure(ScriptLoader.Failure(message: error.message)) }
  }
}
