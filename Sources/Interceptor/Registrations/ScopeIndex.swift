import FetchModel

/// Which registration claims a URL: an immutable snapshot of all scopes, by origin and with the
/// longest first.
///
/// A look-up hashes the URL's origin, then compares the URL with the scopes of that origin as
/// strings (*Match Service Worker Registration*: a scope is a string prefix, not a path). It works
/// on raw bytes and allocates nothing.
///
/// What no such scope claims is tried on the scopes that are patterns, in the order in which they
/// were registered. Their hosts are looked at first, without allocating.
final class ScopeIndex: Sendable {
  /// One scope and who holds it.
  struct Entry: Sendable {
    /// The serialised URL, or a pattern.
    var scope: String
    var registration: ServiceWorkerRegistration
  }

  /// An origin in the hash table: where its text is and which scopes are its.
  private struct Origin {
    var text: Range<Int>
    var scopes: Range<Int>
  }

  /// The text of all scopes in a row.
  private let text: [UInt8]
  private let scopes: ContiguousArray<(text: Range<Int>, registration: ServiceWorkerRegistration)>
  private let origins: ContiguousArray<Origin>
  /// Indices into `origins`, -1 for a free place; open addressing, at most half full.
  private let table: [Int32]
  private let patterns: [(matcher: URLPatternMatcher, registration: ServiceWorkerRegistration)]

  init(_ entries: [Entry]) {
    var text: [UInt8] = []
    var scopes: ContiguousArray<(text: Range<Int>, registration: ServiceWorkerRegistration)> = []
    var origins: ContiguousArray<Origin> = []
    var previous: ArraySlice<UInt8>?
    let urls = entries.filter { !ScopePattern.isPattern($0.scope) }
    for (entry, utf8) in Self.sorted(urls) {
      let start = text.count
      let origin = utf8[..<Self.originLength(utf8)]
      text += utf8
      if origin != previous {
        let range = start..<start + origin.count
        origins.append(Origin(text: range, scopes: scopes.count..<scopes.count))
        previous = origin
      }
      scopes.append((start..<text.count, entry.registration))
      let first = origins[origins.count - 1].scopes.lowerBound
      origins[origins.count - 1].scopes = first..<scopes.count
    }
    self.text = text
    self.scopes = scopes
    self.origins = origins
    self.table = Self.hashTable(of: origins, text: text)
    self.patterns = entries.compactMap { entry in
      // Those that are none were refused when they were serialised.
      guard ScopePattern.isPattern(entry.scope), let pattern = try? ScopePattern(entry.scope)
      else { return nil }
      return (pattern.matcher, entry.registration)
    }
  }

  /// The scopes of the same origin together, the longest first among them.
  private static func sorted(_ entries: [Entry]) -> [(entry: Entry, utf8: [UInt8])] {
    entries.map { ($0, Array($0.scope.utf8)) }.sorted { a, b in
      let left = a.1[..<self.originLength(a.1)]
      let right = b.1[..<self.originLength(b.1)]
      return left == right ? a.1.count > b.1.count : left.lexicographicallyPrecedes(right)
    }
  }

  /// The registration with the longest scope that is a prefix of this URL, or else the first with a
  /// pattern that matches it.
  func match(_ url: UnsafeRawBufferPointer) -> ServiceWorkerRegistration? {
    if let registration = self.matchPrefix(url) { return registration }
    if self.patterns.isEmpty { return nil }
    let span = url.assumingMemoryBound(to: UInt8.self).span
    return self.patterns.first { $0.matcher.matches(serialized: span) }?.registration
  }

  private func matchPrefix(_ url: UnsafeRawBufferPointer) -> ServiceWorkerRegistration? {
    let length = Self.originLength(url)
    guard let found = self.find(UnsafeRawBufferPointer(rebasing: url[..<length])) else {
      return nil
    }
    return self.text.withUnsafeBytes { text in
      for index in self.origins[found].scopes {
        let scope = UnsafeRawBufferPointer(rebasing: text[self.scopes[index].text])
        if scope.count <= url.count, bytesAreEqual(scope, url, count: scope.count) {
          return self.scopes[index].registration
        }
      }
      return nil
    }
  }

  /// Whether some scope is of this origin or a pattern that can match it.
  func contains(origin: UnsafeRawBufferPointer) -> Bool {
    if self.find(origin) != nil { return true }
    if self.patterns.isEmpty { return false }
    let span = origin.assumingMemoryBound(to: UInt8.self).span
    return self.patterns.contains { $0.matcher.canMatch(origin: span) }
  }

  private func find(_ origin: UnsafeRawBufferPointer) -> Int? {
    let mask = self.table.count - 1
    guard mask > 0 else { return nil }
    var place = Int(truncatingIfNeeded: Self.hash(origin)) & mask
    return self.text.withUnsafeBytes { text in
      // Ends at a free place: at least half of them are.
      while self.table[place] >= 0 {
        let index = Int(self.table[place])
        let range = self.origins[index].text
        if range.count == origin.count,
          bytesAreEqual(
            UnsafeRawBufferPointer(rebasing: text[range]), origin, count: origin.count)
        {
          return index
        }
        place = (place + 1) & mask
      }
      return nil
    }
  }

  private static func hashTable(of origins: ContiguousArray<Origin>, text: [UInt8]) -> [Int32] {
    guard !origins.isEmpty else { return [] }
    var size = 4
    while size < origins.count * 2 { size *= 2 }
    var table = [Int32](repeating: -1, count: size)
    for (index, origin) in origins.enumerated() {
      let hash = text[origin.text].withUnsafeBytes { Self.hash($0) }
      var place = Int(truncatingIfNeeded: hash) & (size - 1)
      while table[place] >= 0 { place = (place + 1) & (size - 1) }
      table[place] = Int32(index)
    }
    return table
  }

  /// FNV-1a. The keys are the configured scopes, so nobody outside can choose colliding ones.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash ^ (hash >> 32)
  }

  /// How many bytes of a serialised URL are its origin: up to the third slash.
  private static func originLength(_ url: some RandomAccessCollection<UInt8>) -> Int {
    var slashes = 0
    for (index, byte) in url.enumerated() where byte == UInt8(ascii: "/") {
      slashes += 1
      if slashes == 3 { return index }
    }
    return url.count
  }
}

/// Whether the first `count` bytes of both are equal; both have as many.
private func bytesAreEqual(
  _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, count: Int
) -> Bool {
  var index = 0
  while index + 8 <= count {
    let left = a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    if left != b.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
    index += 8
  }
  while index < count {
    if a[index] != b[index] { return false }
    index += 1
  }
  return true
}
