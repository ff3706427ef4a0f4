import NIOCore
import NIOPosix

/// Asks the admin listener of a running proxy.
struct AdminClient {
  let address: SocketAddress
  /// The URL for messages.
  let url: String
  /// The bearer token; `nil` for what needs none.
  let token: String?

  /// An answer.
  struct Answer {
    var status: Int
    var body: [UInt8]
  }

  /// - Parameters:
  ///   - url: `http://HOST:PORT`, or `HOST:PORT`.
  /// - Throws: ``ExitFailure`` where that is none.
  init(url: String, token: String?) throws {
    var text = url.hasPrefix("http://") ? String(url.dropFirst("http://".count)) : url
    if text.hasSuffix("/") { text.removeLast() }
    guard let address = ListenAddress(argument: text)?.address, address.port != 0 else {
      throw ExitFailure(.usage, "--admin \(url) is no URL such as http://127.0.0.1:8081.")
    }
    // The token goes in the clear.
    guard ListenAddress.isLoopback(address) else {
      throw ExitFailure(.usage, "--admin has to be a loopback address.")
    }
    self.address = address
    self.url = "http://\(ListenAddress.text(address))"
    self.token = token
  }

  /// Sends a request and waits for the whole answer.
  ///
  /// - Throws: ``ExitFailure`` where nobody answers.
  func send(_ method: String, _ path: String, body: String = "") async throws -> Answer {
    var request = "\(method) \(path) HTTP/1.1\r\nHost: \(ListenAddress.text(self.address))\r\n"
    if let token { request += "Authorization: Bearer \(token)\r\n" }
    request += "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    let bytes: [UInt8]
    do {
      bytes = try await self.exchange(ByteBuffer(string: request))
    } catch {
      throw ExitFailure(
        .unavailable, "\(self.url) does not answer (\(error)): is `valor run` running there?")
    }
    guard let answer = Self.parse(bytes) else {
      throw ExitFailure(.failure, "\(self.url) gave no answer that can be understood.")
    }
    return answer
  }

  private func exchange(_ request: ByteBuffer) async throws -> [UInt8] {
    let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [UInt8].self)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(10))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise))
        }
      }
    do {
      let channel = try await bootstrap.connect(to: self.address).get()
      channel.writeAndFlush(request, promise: nil)
    } catch {
      promise.fail(error)
    }
    return try await promise.futureResult.get()
  }

  /// Takes apart what the admin listener sends: a length, then the connection's end.
  static func parse(_ bytes: [UInt8]) -> Answer? {
    let end = Array("\r\n\r\n".utf8)
    guard
      let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
    else { return nil }
    let words = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: " ")
    guard words.count > 1, words[0] == "HTTP/1.1", let status = Int(words[1]) else { return nil }
    return Answer(status: status, body: Array(bytes[(headEnd + end.count)...]))
  }
}

/// Collects everything until the connection's end.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<[UInt8]>
  private var bytes: [UInt8] = []

  init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    self.bytes += self.unwrapInboundIn(data).readableBytesView
    // No answer of ours comes near.
    if self.bytes.count > 64 << 20 { context.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) { self.promise.succeed(self.bytes) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.promise.fail(error)
    context.close(promise: nil)
  }
}
