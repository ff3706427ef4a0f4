/// A *job* ([Service Workers, Appendix A](https://w3c.github.io/ServiceWorker/#dfn-job)): to
/// register, update or unregister one plugin.
final class Job: Sendable {
  enum Kind: Sendable {
    case register(PluginDescription, any PluginWorkerFactory)
    /// Compares the script with its source.
    case update
    /// `registration.unregister()` of a script.
    case unregister
  }

  /// The plugin's name.
  let name: String
  let kind: Kind
  /// The *job promise*: settled where *Install* begins, or where the job ends without.
  let promise = Promise<Void>()
  /// Settled when the job is finished.
  let completion = Promise<JobResult>()

  init(name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Settles both.
  func finish(_ result: Result<JobResult, PluginError>) {
    self.promise.settle(result.map { _ in })
    self.completion.settle(result)
  }

  /// Whether the other job asks for the same.
  func isEquivalent(to other: Job) -> Bool {
    switch (self.kind, other.kind) {
    case (.register(let a, let factory), .register(let b, let other)):
      factory === other && a.scriptURL == b.scriptURL && a.scopes == b.scopes
        && a.updateViaCache == b.updateViaCache
    case (.update, .update), (.unregister, .unregister): true
    default: false
    }
  }
}

/// What came of a job.
enum JobResult: Sendable {
  case unchanged
  /// This worker is installed: it waits, or is on its way to be activated.
  case installed(ServiceWorker)
  /// Whether there was something to unregister.
  case unregistered(Bool)
}

/// The *job queue* of one plugin: one job at a time, in the order in which they came.
struct JobQueue: Sendable {
  /// The first one runs.
  private var jobs: [Job] = []

  var isEmpty: Bool { self.jobs.isEmpty }

  /// *Schedule Job*.
  ///
  /// - Returns: the job that does it, which is the last one where that asks for the same and nobody
  ///   was told of its outcome; and whether it is to run now.
  mutating func schedule(_ job: Job) -> (job: Job, runsNow: Bool) {
    if let last = self.jobs.last, last.isEquivalent(to: job), !last.promise.isSettled {
      return (last, false)
    }
    self.jobs.append(job)
    return (job, self.jobs.count == 1)
  }

  /// *Finish Job*: the first one is over. Returns the next one.
  mutating func finish() -> Job? {
    if !self.jobs.isEmpty { self.jobs.removeFirst() }
    return self.jobs.first
  }
}
