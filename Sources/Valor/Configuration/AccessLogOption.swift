import ArgumentParser
import Proxy

/// The value of `--access-log`: a file's path, or `-` for standard output.
struct AccessLogOption: ExpressibleByArgument {
  /// As it was written.
  let text: String

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.text = argument
  }

  var destination: AccessLog.Destination {
    self.text == "-" ? .standardOutput : .file(self.text)
  }
}
