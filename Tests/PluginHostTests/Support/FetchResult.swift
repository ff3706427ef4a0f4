import FetchModel

@testable import PluginHost

extension Frame {
  /// The result of a fetch of the script's own origin.
  static func fetchResult(fetch: UInt32, _ head: ResponseHead, body: BodyKind) -> Frame {
    .fetchResult(
      fetch: fetch, type: .basic, head, coding: head.headers.first("Content-Encoding") ?? "",
      body: body)
  }
}
