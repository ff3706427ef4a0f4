import Interceptor

/// What a script asks of its `NavigationPreloadManager`: the payload of
/// ``CallKind/navigationPreload``. The answer's payload is `true` or `false`, and after a line feed the
/// header's value.
struct NavigationPreloadCall {
  /// `nil` where only the state is asked for.
  var change: NavigationPreloadChange?

  /// - Parameter payload: `enable`, `disable`, `header:` and the value, or `state`.
  init(_ payload: String) {
    switch payload {
    case "enable": self.change = .enable
    case "disable": self.change = .disable
    default:
      self.change =
        payload.hasPrefix("header:") ? .setHeaderValue(String(payload.dropFirst(7))) : nil
    }
  }
}
