import Interceptor

extension RegistrationSnapshot {
  /// What goes to the worker's script: a line each for the worker itself, the installing, the waiting
  /// and the active one (number and state, or nothing), and one for `updateViaCache`.
  var packed: String {
    func line(_ worker: Worker?) -> String {
      worker.map { "\($0.number) \($0.state.rawValue)" } ?? ""
    }
    return [
      line(self.own), line(self.installing), line(self.waiting), line(self.active),
      self.updateViaCache.rawValue,
    ].joined(separator: "\n")
  }
}
