import FetchModel

/// The field names that *Handle Fetch* looks at, told apart without a `String` for each field.
enum FieldName: Sendable {
  case accept, acceptEncoding, accessControlRequestHeaders, accessControlRequestMethod
  case authorization, cacheControl, connection, contentEncoding, contentLength, cookie, cookie2,
    dnt, expect, host, ifModifiedSince
  case ifNoneMatch, keepAlive, origin, pragma, proxy, referer, secFetchDest, secFetchMode
  case secFetchSite, secFetchUser, secPurpose, serviceWorker, setCookie, setCookie2, te, trailer
  case transferEncoding, upgrade, upgradeInsecureRequests, userAgent
  case other

  init(_ name: UnsafeRawBufferPointer) {
    self = Self.candidates(ofLength: name.count).first { isName(name, $0.0) }?.1 ?? .other
    if case .other = self, name.count > 6, isName(.init(rebasing: name[..<6]), "proxy-") {
      self = .proxy
    }
  }

  private static let byLength: [[(StaticString, FieldName)]] = {
    let names: [(StaticString, FieldName)] = [
      ("accept", .accept), ("accept-encoding", .acceptEncoding),
      ("access-control-request-headers", .accessControlRequestHeaders),
      ("access-control-request-method", .accessControlRequestMethod),
      ("authorization", .authorization), ("cache-control", .cacheControl),
      ("connection", .connection), ("content-encoding", .contentEncoding),
      ("content-length", .contentLength), ("cookie", .cookie), ("cookie2", .cookie2),
      ("dnt", .dnt), ("expect", .expect), ("host", .host),
      ("if-modified-since", .ifModifiedSince), ("if-none-match", .ifNoneMatch),
      ("keep-alive", .keepAlive), ("origin", .origin), ("pragma", .pragma),
      ("referer", .referer), ("sec-fetch-dest", .secFetchDest),
      ("sec-fetch-mode", .secFetchMode), ("sec-fetch-site", .secFetchSite),
      ("sec-fetch-user", .secFetchUser), ("sec-purpose", .secPurpose),
      ("service-worker", .serviceWorker), ("set-cookie", .setCookie),
      ("set-cookie2", .setCookie2), ("te", .te), ("trailer", .trailer),
      ("transfer-encoding", .transferEncoding), ("upgrade", .upgrade),
      ("upgrade-insecure-requests", .upgradeInsecureRequests), ("user-agent", .userAgent),
    ]
    var table = [[(StaticString, FieldName)]](repeating: [], count: 32)
    for name in names { table[name.0.utf8CodeUnitCount].append(name) }
    return table
  }()

  private static func candidates(ofLength length: Int) -> [(StaticString, FieldName)] {
    length < self.byLength.count ? self.byLength[length] : []
  }
}

/// Whether the bytes are this name in small letters, compared without case.
private func isName(_ name: UnsafeRawBufferPointer, _ expected: StaticString) -> Bool {
  guard name.count == expected.utf8CodeUnitCount else { return false }
  return expected.withUTF8Buffer { expected in
    for index in 0..<name.count where asciiLowercase(name[index]) != expected[index] {
      return false
    }
    return true
  }
}

extension HeaderList {
  /// The list with only those fields that `keep` wants; the bytes are shared.
  func filter(_ keep: (FieldName) -> Bool) -> HeaderList {
    var kept = self
    kept.ranges.removeAll()
    var index = 0
    self.forEachField { name, _ in
      if keep(FieldName(name)) { kept.ranges.append(self.ranges[index]) }
      index += 1
    }
    return kept
  }
}
