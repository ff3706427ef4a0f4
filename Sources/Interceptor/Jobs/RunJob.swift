import Synchronization

extension ServiceWorkerRegistry {
  /// *Schedule Job*. Returns the job that does it: an equivalent one may be under way.
  func schedule(_ job: Job) -> Job {
    let (job, runsNow) = self.queues.withLock {
      $0[job.name, default: JobQueue()].schedule(job)
    }
    // A task of its own: a job goes on where the one who asked for it does not wait.
    if runsNow { Task { await self.runJobs(from: job) } }
    return job
  }

  /// *Run Job*, until the queue is empty.
  private func runJobs(from first: Job) async {
    var next: Job? = first
    while let job = next {
      await self.run(job)
      next = self.queues.withLock { queues in
        let next = queues[job.name]?.finish()
        if next == nil { queues[job.name] = nil }
        return next
      }
    }
  }

  private func run(_ job: Job) async {
    do throws(PluginError) {
      switch job.kind {
      case .register(let description, let factory):
        job.finish(.success(try await self.register(job, description, factory)))
      case .update:
        job.finish(.success(try await self.update(job)))
      case .unregister:
        job.finish(.success(.unregistered(self.clear(name: job.name))))
      }
    } catch {
      job.finish(.failure(error))
    }
  }
}
