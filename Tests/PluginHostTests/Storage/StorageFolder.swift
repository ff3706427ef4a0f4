import FetchModel
import Foundation
import Logging
import NIOCore

@testable import PluginHost

/// A storage folder that is gone after the test.
final class StorageFolder: Sendable {
  let path: String
  let directory: StorageDirectory

  init() throws {
    self.path = FileManager.default.temporaryDirectory.path + "/valor-\(UUID().uuidString)"
    self.directory = Self.directory(self.path)
  }

  deinit {
    self.directory.close()
    try? FileManager.default.removeItem(atPath: self.path)
  }

  static func directory(_ path: String) -> StorageDirectory {
    StorageDirectory(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// What a proxy that starts anew finds.
  func reopened() -> StorageDirectory {
    self.directory.close()
    return Self.directory(self.path)
  }

  var bodyFiles: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: self.path + "/bodies")) ?? []).sorted()
  }
}

extension CacheEntry {
  /// A request and its response as short as can be.
  static func simple(
    _ url: String, _ text: String? = "body", requestHeaders: [(String, String)] = [],
    headers: [(String, String)] = [], type: ResponseType = .default
  ) throws -> CacheEntry {
    let request = RequestHead(
      method: "GET", url: url, headers: HeaderList(requestHeaders),
      attributes: RequestAttributes())
    let response = ResponseHead(
      status: 200, statusText: "OK", headers: HeaderList(headers), urlList: [])
    guard
      var entry = CacheEntry(
        request: request, response: response, type: type, isFromNetwork: false)
    else { throw StorageError(.failed, "no entry") }
    if let text { entry.body = .inline(ByteBuffer(string: text)) }
    return entry
  }
}

extension CacheQuery {
  static func get(
    _ url: String, _ headers: [(String, String)] = [], _ options: Options = []
  ) -> CacheQuery {
    CacheQuery(method: "GET", url: url, headers: HeaderList(headers), options: options)
  }
}
