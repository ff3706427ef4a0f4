import COpenSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// What certificates say, as text for people. Certificates come from anybody, so every text is
// bounded and consists of printable characters.

private let longestText = 200

/// A subject or an issuer on one line: its common name alone where it has one, all of it otherwise.
func distinguishedName(_ name: OpaquePointer?) -> String {
  guard let name else { return "(no name)" }
  let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
  if index >= 0, let entry = X509_NAME_get_entry(name, index),
    let value = X509_NAME_ENTRY_get_data(entry)
  {
    var utf8: UnsafeMutablePointer<UInt8>?
    let length = ASN1_STRING_to_UTF8(&utf8, value)
    defer { CRYPTO_free(utf8, #fileID, #line) }
    if length > 0, let utf8 {
      return printable(UnsafeBufferPointer(start: utf8, count: Int(length)))
    }
  }
  let text = PEMSink.write { X509_NAME_print_ex($0, name, 0, valor_XN_FLAG_ONELINE) >= 0 } ?? []
  return text.isEmpty ? "(no name)" : text.withUnsafeBufferPointer(printable)
}

/// The host names and addresses that a certificate is for, no more than `limit`, and how many there
/// are in all.
func alternativeNames(
  of certificate: OpaquePointer, limit: Int
) -> (names: [String], count: Int) {
  let extensionValue = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil)
  guard let extensionValue else {
    OpenSSLErrorQueue.clear()
    return ([], 0)
  }
  let stack = OpaquePointer(extensionValue)
  defer { GENERAL_NAMES_free(stack) }
  var names: [String] = []
  var count = 0
  for index in 0..<valor_sk_GENERAL_NAME_num(stack) {
    guard let name = valor_sk_GENERAL_NAME_value(stack, index),
      let value = valor_GENERAL_NAME_string(name), let bytes = ASN1_STRING_get0_data(value)
    else { continue }
    count += 1
    guard names.count < limit else { continue }
    let content = UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(value)))
    names.append(name.pointee.type == GEN_DNS ? printable(content) : addressText(content))
  }
  return (names, count)
}

/// An ASN.1 time in seconds since 1970.
func unixTime(_ time: UnsafePointer<ASN1_TIME>) -> Int? {
  var parts = tm()
  guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
  let seconds = timegm(&parts)
  return Int(seconds)
}

/// A point in time as `2025-11-23 07:00:00 UTC`.
func dateText(_ seconds: Int) -> String {
  var time = time_t(seconds)
  var parts = tm()
  guard gmtime_r(&time, &parts) != nil else { return "an unknown date" }
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let day = "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
}

private func addressText(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  switch bytes.count {
  case 4: ServerName.ipv4(Array(bytes)).description
  case 16: ServerName.ipv6(Array(bytes)).description
  default: "(malformed address)"
  }
}

/// The bytes as UTF-8 with everything that does not print replaced, cut where they are too long.
private func printable(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  let cut = bytes.prefix(longestText)
  var text = String.UnicodeScalarView()
  for scalar in String(decoding: cut, as: UTF8.self).unicodeScalars {
    let isPrintable: Bool
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      isPrintable = false
    default: isPrintable = true
    }
    text.append(isPrintable ? scalar : "\u{FFFD}")
  }
  return String(text) + (bytes.count > longestText ? "…" : "")
}
