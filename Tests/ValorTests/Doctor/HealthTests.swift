import Foundation
import TestSupport
import Testing

@testable import Valor

@Suite struct HealthTests {
  @Test func findingsAreLines() {
    #expect(Finding(.ok, "clock", "right").line == "ok       clock: right\n")
    #expect(Finding(.problem, "x", "a\nb").line == "problem  x: a\n         b\n")
  }

  @Test func theClock() {
    #expect(MachineHealth.clock(now: 1_764_000_000).level == .ok)
    for now in [0, 1_500_000_000, 5_000_000_000] {
      #expect(MachineHealth.clock(now: now).level == .problem)
    }
  }

  @Test func esbuild() throws {
    let folder = try TemporaryFolder()
    let path = "/nonexistent:\(folder.path)"
    #expect(MachineHealth.esbuild(path: path).level == .note)
    let file = try folder.write("", to: "esbuild")
    #expect(MachineHealth.esbuild(path: path).level == .note, "it cannot be run")
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file)
    #expect(MachineHealth.esbuild(path: path) == Finding(.ok, "esbuild", file))
  }

  @Test func theDataDirectory() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("data")
    func level() -> [Finding.Level] { DirectoryHealth.data(path).map(\.level) }
    #expect(level() == [.note], "not there")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for (mode, expected) in [(0o700, Finding.Level.ok), (0o755, .warning), (0o777, .problem)] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      #expect(level() == [expected, .note], "\(mode)")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    try Data("short".utf8).write(to: URL(fileURLWithPath: path + "/admin-token"))
    #expect(level() == [.ok, .problem])
    let file = try folder.write("", to: "file")
    #expect(DirectoryHealth.data(file).map(\.level) == [.problem])
    #expect(DirectoryHealth.data(file + "/x").map(\.level) == [.problem])
    #expect(DirectoryHealth.data(folder.file("a/b/c/")).map(\.level) == [.note])
  }
}
