public import ArgumentParser
public import Interceptor
import NIOCore

extension FailurePolicy: ExpressibleByArgument {}

/// The options of `valor run` that contain plugins, for those that say nothing else of themselves.
struct PluginLimitOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin-idle-time"),
    help: "Seconds without anything to do after which a plugin's process ends.")
  var idleTime = 30.0
  @Option(
    name: .customLong("plugin-event-time"),
    help: "Seconds that a plugin may take over an event.")
  var eventTime = 300.0
  @Option(
    name: .customLong("plugin-unresponsive-time"),
    help: "Seconds after which a plugin's process that does not react is killed.")
  var unresponsiveTime = 10.0
  @Option(
    name: .customLong("plugin-memory"),
    help: ArgumentHelp(
      "MiB of resident memory beyond which a plugin's process is killed.", valueName: "MIB"))
  var memory = 512
  @Option(
    name: .customLong("spare-workers"),
    help: ArgumentHelp(
      "Processes that wait for the next plugin that needs one, so that it starts at once.",
      valueName: "N"))
  var spares = 1
  @Option(
    name: .customLong("on-plugin-failure"),
    help: ArgumentHelp(
      """
      What becomes of a request whose plugin has failed: error, or fail-open to the network where \
      nothing is lost or done twice.
      """))
  var failurePolicy = FailurePolicy.networkError

  func validate() throws {
    let times = [self.idleTime, self.eventTime, self.unresponsiveTime]
    guard times.allSatisfy({ PluginDefinition.Limits.times.contains($0) }) else {
      throw ValidationError("A time of plugins has to be from 0.1 to 86400 seconds.")
    }
    guard PluginDefinition.Limits.memoryMiB.contains(self.memory) else {
      throw ValidationError("--plugin-memory has to be from 64 to 1048576 MiB.")
    }
    guard (0...16).contains(self.spares) else {
      throw ValidationError("--spare-workers has to be from 0 to 16.")
    }
  }

  /// What holds for a plugin that says nothing else.
  var defaults: PluginDefaults {
    var limits = PluginDefinition.Limits()
    limits.idleTime = timeAmount(seconds: self.idleTime)
    limits.eventTime = timeAmount(seconds: self.eventTime)
    limits.unresponsiveTime = timeAmount(seconds: self.unresponsiveTime)
    limits.memory = self.memory << 20
    return PluginDefaults(limits: limits, failurePolicy: self.failurePolicy)
  }
}

/// What holds for plugins that say nothing else of themselves.
struct PluginDefaults: Sendable {
  var limits = PluginDefinition.Limits()
  var failurePolicy = FailurePolicy.networkError
}

extension PluginDefinition {
  /// The definition with what it leaves open filled in.
  func filled(from defaults: PluginDefaults) -> PluginDefinition {
    var filled = self
    filled.limits.idleTime = self.limits.idleTime ?? defaults.limits.idleTime
    filled.limits.eventTime = self.limits.eventTime ?? defaults.limits.eventTime
    filled.limits.unresponsiveTime =
      self.limits.unresponsiveTime ?? defaults.limits.unresponsiveTime
    filled.limits.memory = self.limits.memory ?? defaults.limits.memory
    filled.failurePolicy = self.failurePolicy ?? defaults.failurePolicy
    return filled
  }
}

/// A time in seconds.
func timeAmount(seconds: Double) -> TimeAmount { .milliseconds(Int64(seconds * 1000)) }
