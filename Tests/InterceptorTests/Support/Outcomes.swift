import FetchModel
import Interceptor
import NIOCore

func get(_ url: String, _ fields: [(String, String)] = []) -> FetchRequest {
  FetchRequest(method: "GET", url: url, headers: HeaderList(fields))
}

func post(_ url: String, body: String, _ fields: [(String, String)] = []) -> FetchRequest {
  FetchRequest(
    method: "POST", url: url, headers: HeaderList(fields), body: .bytes(ByteBuffer(string: body)))
}

/// An outcome in one line.
func describe(_ outcome: FetchOutcome) -> String {
  switch outcome {
  case .respond(let response):
    "respond \(response.status) \(text(response.headers)) \(describe(response.body))"
  case .fallBack(let body): "fallBack \(describe(body))"
  case .networkError(let error): "error \(error.code.rawValue): \(error.message)"
  }
}

func describe(_ body: FetchBody) -> String {
  switch body {
  case .none: "none"
  case .bytes(let bytes): "\"\(String(buffer: bytes))\""
  case .stream: "stream"
  }
}

func handle(_ claim: any Claim, _ request: FetchRequest) async -> String {
  await withCheckedContinuation { continuation in
    claim.handleFetch(request) { continuation.resume(returning: describe($0)) }
  }
}
