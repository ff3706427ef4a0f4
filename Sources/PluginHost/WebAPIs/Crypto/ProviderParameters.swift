import COpenSSL

/// A list of parameters for OpenSSL's providers (`OSSL_PARAM`), with memory of its own while it is
/// lent.
struct ProviderParameters {
  private struct Item {
    /// Null-terminated and valid for ever, as the list holds the pointer.
    var name: StaticString
    var type: UInt32
    var bytes: [UInt8]
  }

  private var items: [Item] = []

  /// Adds a number that is not negative, its bytes from the highest to the lowest.
  mutating func add(_ name: StaticString, number: [UInt8]) {
    // Providers read numbers in the order of the machine.
    #if _endian(little)
      let bytes = Array(number.reversed())
    #else
      let bytes = number
    #endif
    self.items.append(
      Item(
        name: name, type: UInt32(OSSL_PARAM_UNSIGNED_INTEGER), bytes: bytes.isEmpty ? [0] : bytes))
  }

  mutating func add(_ name: StaticString, number: UInt64) {
    self.add(name, number: withUnsafeBytes(of: number.bigEndian) { Array($0) })
  }

  mutating func add(_ name: StaticString, octets: [UInt8]) {
    self.items.append(Item(name: name, type: UInt32(OSSL_PARAM_OCTET_STRING), bytes: octets))
  }

  mutating func add(_ name: StaticString, text: String) {
    self.items.append(
      Item(name: name, type: UInt32(OSSL_PARAM_UTF8_STRING), bytes: Array(text.utf8)))
  }

  /// Lends the list. Its memory is overwritten afterwards: it may hold keys.
  func withList<Result>(_ body: (UnsafeMutablePointer<OSSL_PARAM>) -> Result) -> Result {
    // OSSL_PARAM_UNMODIFIED, the highest `size_t`.
    let unmodified = -1
    // A terminating zero behind each, for the texts.
    let size = self.items.reduce(0) { $0 + ($1.bytes.count + 16) / 8 * 8 }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(8, size), alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    defer {
      OPENSSL_cleanse(memory.baseAddress, memory.count)
      memory.deallocate()
    }
    var list: [OSSL_PARAM] = []
    var offset = 0
    for item in self.items {
      let place = UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
      place.copyBytes(from: item.bytes)
      let name = UnsafeRawPointer(item.name.utf8Start).assumingMemoryBound(to: CChar.self)
      list.append(
        OSSL_PARAM(
          key: name, data_type: item.type, data: place.baseAddress, data_size: item.bytes.count,
          return_size: unmodified))
      offset += (item.bytes.count + 16) / 8 * 8
    }
    // The end of the list.
    list.append(OSSL_PARAM())
    return list.withUnsafeMutableBufferPointer { list in
      // Not empty: it has an end.
      list.baseAddress.map { body($0) } ?? withUnsafeMutablePointer(to: &list[0]) { body($0) }
    }
  }
}
