public import Foundation

/// What the system says about running processes.
public enum ProcessTable {
  /// The processes whose parent is this one.
  public static func children(of parent: pid_t) -> [pid_t] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.filter { Self.parent(of: $0) == parent }.sorted()
  }

  /// Whether a process with this number exists and has not ended yet.
  public static func isRunning(_ process: pid_t) -> Bool {
    guard let state = Self.statusField("State", of: process) else { return false }
    return !state.hasPrefix("Z") && !state.hasPrefix("X")
  }

  /// The most memory that the process ever had resident, in bytes.
  public static func peakResidentBytes(of process: pid_t) -> Int? {
    Self.statusField("VmHWM", of: process)
      .flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// How many descriptors the process has open.
  public static func openDescriptors(of process: pid_t) -> Int? {
    try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
  }

  /// The name of the process, as `ps` shows it.
  public static func name(of process: pid_t) -> String? { Self.statusField("Name", of: process) }

  /// The program that the process executes.
  public static func executable(of process: pid_t) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
  }

  private static func parent(of process: pid_t) -> pid_t? {
    Self.statusField("PPid", of: process).flatMap { pid_t($0) }
  }

  private static func statusField(_ name: String, of process: pid_t) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}
