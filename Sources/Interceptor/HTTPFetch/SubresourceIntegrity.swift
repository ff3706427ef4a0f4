public import FetchModel

/// The hash functions of [Subresource Integrity](https://w3c.github.io/webappsec-subresource-integrity/).
public enum IntegrityAlgorithm: String, Sendable {
  case sha256, sha384, sha512

  fileprivate var strength: Int {
    switch self {
    case .sha256: 1
    case .sha384: 2
    case .sha512: 3
    }
  }
}

/// What a body's digest has to be, read from a request's integrity metadata.
struct IntegrityMetadata: Sendable, Equatable {
  var algorithm: IntegrityAlgorithm
  /// The digests of which the body has to have one, in base64.
  var digests: [String]

  /// *Parse metadata* and *get the strongest metadata from set*
  /// ([§3.3](https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata)).
  ///
  /// - Returns: `nil` where nothing in it is known, which asks for nothing.
  init?(_ metadata: String) {
    var strongest: Self?
    for item in metadata.split(whereSeparator: { " \t\n\r\u{0C}".contains($0) }) {
      let expression = item.prefix { $0 != "?" }
      guard let dash = expression.firstIndex(of: "-"),
        let algorithm = IntegrityAlgorithm(rawValue: expression[..<dash].lowercased())
      else { continue }
      // The alphabet of URLs is taken as well.
      let digest = String(
        expression[expression.index(after: dash)...].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
      let strength = strongest?.algorithm.strength ?? 0
      if algorithm.strength > strength {
        strongest = Self(algorithm: algorithm, digests: [digest])
      } else if algorithm.strength == strength {
        strongest?.digests.append(digest)
      }
    }
    guard let strongest else { return nil }
    self = strongest
  }

  private init(algorithm: IntegrityAlgorithm, digests: [String]) {
    self.algorithm = algorithm
    self.digests = digests
  }

  /// *Do bytes match metadataList?*
  func matches(_ digest: [UInt8]) -> Bool {
    self.digests.contains { forgivingBase64Decode(Array($0.utf8)) == digest }
  }
}

/// Computes digests of bodies, as a browser's fetch has them: with the content codings undone.
public protocol BodyDigester: Sendable {
  /// `completion` is called once, on any thread, with the digest and the body as it was, now at hand.
  func digest(
    _ body: FetchBody, contentEncoding: String?, _ algorithm: IntegrityAlgorithm,
    completion: @escaping @Sendable (Result<(digest: [UInt8], body: FetchBody), FetchError>) -> Void
  )
}
