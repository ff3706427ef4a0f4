import Foundation
import GRDB
import NIOCore
import Testing

@testable import PluginHost

@Suite struct StorageDirectoryTests {
  @Test func isMadeForItsOwnerAloneWhenItIsNeeded() throws {
    let folder = try StorageFolder()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
    _ = try folder.directory.contents()
    #expect(try Self.permissions(folder.path) == 0o700)
    #expect(try Self.permissions(folder.path + "/bodies") == 0o700)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0 != "bodies" }
    #expect(files.contains("valor.sqlite"))
    for file in files { #expect(try Self.permissions(folder.path + "/" + file) == 0o600) }
  }

  @Test func isOfOneProxyAtATime() throws {
    let folder = try StorageFolder()
    _ = try folder.directory.contents()
    let second = StorageFolder.directory(folder.path)
    let error = #expect(throws: StorageError.self) { try second.contents() }
    #expect(error?.code == .inUse)
    #expect(error?.message.contains("\(ProcessInfo.processInfo.processIdentifier)") == true)
    folder.directory.close()
    _ = try second.contents()
  }

  @Test func leavesADamagedDatabaseAsItIs() throws {
    let folder = try StorageFolder()
    _ = try folder.directory.contents()
    folder.directory.close()
    let path = folder.path + "/valor.sqlite"
    let garbage = Data(repeating: 0x5A, count: 8_192)
    for file in [path + "-wal", path + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
    try garbage.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: StorageError.self) {
      try StorageFolder.directory(folder.path).contents()
    }
    #expect(error?.code == .damaged)
    #expect(error?.message.contains(path) == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
  }

  @Test(arguments: [
    ("INSERT INTO grdb_migrations VALUES ('of the future')", "newer version"),
    ("DROP TABLE grdb_migrations", "another program"),
  ])
  func leavesTheDatabaseOfAnotherAsItIs(_ sql: String, _ message: String) throws {
    let folder = try StorageFolder()
    try folder.directory.contents().database.write { try $0.execute(sql: sql) }
    let again = folder.reopened()
    let error = #expect(throws: StorageError.self) { try again.contents() }
    #expect(error?.message.contains(message) == true)
    #expect(error?.message.contains(folder.path + "/valor.sqlite") == true)
  }

  @Test func saysWhyItCannotBeMade() throws {
    let error = #expect(throws: StorageError.self) {
      try StorageFolder.directory("/nonexistent/storage").contents()
    }
    #expect(error?.code == .failed)
    #expect(error?.message.contains("/nonexistent/storage") == true)
  }

  @Test func removesFilesThatNoRowNames() throws {
    let folder = try StorageFolder()
    _ = try folder.directory.contents()
    for name in ["orphan", "half.part"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/bodies/" + name))
    }
    _ = try folder.reopened().contents()
    #expect(folder.bodyFiles.isEmpty)
  }

  private static func permissions(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }
}
