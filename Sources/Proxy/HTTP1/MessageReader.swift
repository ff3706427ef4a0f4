import NIOCore

/// What a message's body gives, piece by piece.
enum BodyEvent {
  case needMore
  case data(ByteBuffer)
  /// The body is complete; a trailer section's bytes with its empty line, where it has fields.
  case end(trailers: ByteBuffer?)
  case refused(Refusal)
}

/// Takes a body of any framing from its connection's bytes.
struct BodyReader {
  private enum State {
    case remaining(Int)
    case chunked(ChunkedDecoder)
    case untilClose
    case done
  }

  private var state: State

  init(_ framing: BodyFraming, limits: HeadLimits) {
    switch framing {
    case .none: self.state = .done
    case .length(let length): self.state = .remaining(length)
    case .chunked: self.state = .chunked(ChunkedDecoder(limits: limits))
    case .untilClose: self.state = .untilClose
    }
  }

  /// Takes the next piece from the input. After the end or a refusal it is not to be asked again.
  mutating func next(_ input: inout ByteBuffer) -> BodyEvent {
    switch self.state {
    case .done:
      return .end(trailers: nil)
    case .remaining(let remaining):
      guard remaining > 0 else { return .end(trailers: nil) }
      guard let data = input.readSlice(length: min(remaining, input.readableBytes)),
        data.readableBytes > 0
      else { return .needMore }
      self.state = .remaining(remaining - data.readableBytes)
      return .data(data)
    case .untilClose:
      guard let data = input.readSlice(length: input.readableBytes), data.readableBytes > 0 else {
        return .needMore
      }
      return .data(data)
    case .chunked(var decoder):
      self.state = .done
      let event = decoder.next(&input)
      self.state = .chunked(decoder)
      switch event {
      case .needMore: return .needMore
      case .data(let data): return .data(data)
      case .end(let trailers): return .end(trailers: trailers)
      case .refused(let refusal): return .refused(refusal)
      }
    }
  }

  /// Whether the body is complete when the connection closes now.
  var mayEndWithClose: Bool {
    switch self.state {
    case .untilClose, .done: true
    case .remaining(let remaining): remaining == 0
    case .chunked: false
    }
  }
}

/// Finds heads in the bytes of one connection; the bodies between them are ``BodyReader``s' matter.
struct HeadReader {
  /// What the bytes gave.
  enum Event<Head> {
    case needMore
    case head(Head)
    case refused(Refusal)
  }

  private var scanner = HeadScanner()
  private var skipped = 0
  let limits: HeadLimits

  init(limits: HeadLimits) { self.limits = limits }

  /// Whether a part of a head has come.
  private(set) var hasBegun = false

  /// Takes the next request head. Up to two empty lines before it are skipped, as old clients send
  /// them behind a body ([RFC 9112 §2.2](https://www.rfc-editor.org/rfc/rfc9112#section-2.2)).
  mutating func nextRequest(_ input: inout ByteBuffer) -> Event<RequestHead> {
    while !self.hasBegun, self.skipped < 2,
      let first = input.getInteger(at: input.readerIndex) as UInt8?,
      first == HTTP1Syntax.cr
    {
      guard let second = input.getInteger(at: input.readerIndex + 1) as UInt8? else {
        return .needMore
      }
      guard second == HTTP1Syntax.lf else { return .refused(.bareCR) }
      input.moveReaderIndex(forwardBy: 2)
      self.skipped += 1
    }
    let limits = self.limits
    return self.next(&input) { head throws(Refusal) in try RequestHead(head, limits: limits) }
  }

  /// Takes the next response head.
  ///
  /// - Parameter method: the method of the request that it answers.
  mutating func nextResponse(
    _ input: inout ByteBuffer, to method: HTTPMethod
  ) -> Event<ResponseHead> {
    let limits = self.limits
    return self.next(&input) { head throws(Refusal) in
      try ResponseHead(head, to: method, limits: limits)
    }
  }

  private mutating func next<Head>(
    _ input: inout ByteBuffer, parse: (ByteBuffer) throws(Refusal) -> Head
  ) -> Event<Head> {
    guard input.readableBytes > 0 else { return .needMore }
    self.hasBegun = true
    switch self.scanner.scan(input.readableBytesUInt8Span, limit: self.limits.headBytes) {
    case .incomplete:
      return .needMore
    case .refused(let refusal):
      return .refused(refusal)
    case .complete(let length):
      self.scanner = HeadScanner()
      self.hasBegun = false
      self.skipped = 0
      guard let head = input.readSlice(length: length) else { return .needMore }
      do { return .head(try parse(head)) } catch { return .refused(error) }
    }
  }
}
