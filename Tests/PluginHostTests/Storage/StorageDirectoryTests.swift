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

  /// Overwrites a part of the closed database.
  private static func damage(_ folder: StorageFolder, from offset: Int) throws {
    folder.directory.close()
    let path = folder.path + "/valor.sqlite"
    for file in [path + "-wal", path + "-shm"] { try? FileManager.default.removeItem(atPath: file) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.replaceSubrange(offset..., with: Data(repeating: 0x5A, count: bytes.count - offset))
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  @Test func movesADamagedDatabaseAside() throws {
    let folder = try StorageFolder()
    _ = try folder.directory.contents()
    try Self.damage(folder, from: 0)
    let garbage = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/valor.sqlite"))
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/bodies/body"))
    let store = CacheStore(in: folder.reopened())
    #expect(try store.names("https://app.test").isEmpty)
    _ = try store.open("https://app.test", CacheName("v1"))
    let aside = folder.path + "/damaged-1"
    #expect(try Data(contentsOf: URL(fileURLWithPath: aside + "/valor.sqlite")) == garbage)
    #expect(FileManager.default.fileExists(atPath: aside + "/bodies/body"))
    #expect(folder.bodyFiles.isEmpty)
  }

  @Test func movesADatabaseAsideWhoseDamageIsFoundLater() throws {
    let folder = try StorageFolder()
    let origin = "https://app.test"
    let first = CacheStore(in: folder.directory)
    let cache = try first.open(origin, CacheName("v1"))
    for number in 0..<200 {
      let entry = try CacheEntry.simple("\(origin)/\(number)", String(repeating: "x", count: 1_000))
      #expect(try first.put([entry], in: cache, origin))
    }
    try Self.damage(folder, from: 20 * 4_096)
    let store = CacheStore(in: folder.reopened())
    // The damage is met while the folder is opened, or by this.
    _ = try? store.entries(in: .origin(origin, nil), matching: nil)
    let again = try store.open(origin, CacheName("v1"))
    #expect(again != cache)
    let entry = try CacheEntry.simple("\(origin)/a")
    #expect(try store.put([entry], in: again, origin))
    #expect(try store.entries(in: .origin(origin, nil), matching: nil).count == 1)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/damaged-1/valor.sqlite"))
  }

  @Test func movesAnotherProgramsDatabaseAside() throws {
    let folder = try StorageFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    do {
      let foreign = try DatabaseQueue(path: folder.path + "/valor.sqlite")
      try foreign.write { try $0.execute(sql: "CREATE TABLE cache (theirs TEXT)") }
    }
    _ = try folder.directory.contents()
    #expect(FileManager.default.fileExists(atPath: folder.path + "/damaged-1/valor.sqlite"))
  }

  @Test func leavesALaterVersionsDatabaseAsItIs() throws {
    let folder = try StorageFolder()
    try folder.directory.contents().database.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of the future')")
    }
    let error = #expect(throws: StorageError.self) { try folder.reopened().contents() }
    #expect(error?.code == .failed)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/damaged-1"))
  }

  @Test func keepsOnlySoManyDamagedOnes() throws {
    let folder = try StorageFolder()
    for number in 1...5 {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/damaged-\(number)", withIntermediateDirectories: true)
    }
    _ = try folder.directory.contents()
    try Self.damage(folder, from: 0)
    let error = #expect(throws: StorageError.self) { try folder.reopened().contents() }
    #expect(error?.code == .damaged)
    #expect(error?.message.contains("remove some") == true)
  }

  @Test func aFullDiskIsAQuotaExceededError() throws {
    let full = try StorageFile(openingOrCreating: "/dev/full")
    let ofFile = #expect(throws: StorageError.self) {
      try full.append(ByteBuffer(string: "body"))
    }
    #expect(ofFile?.code == .diskFull)
    let folder = try StorageFolder()
    let store = CacheStore(in: folder.directory)
    let origin = "https://app.test"
    let cache = try store.open(origin, CacheName("v1"))
    try folder.directory.contents().database.write {
      _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1")
    }
    let long = String(repeating: "x", count: 100_000)
    let entry = try CacheEntry.simple("\(origin)/long", long)
    let ofDatabase = #expect(throws: StorageError.self) {
      try store.put([entry], in: cache, origin)
    }
    #expect(ofDatabase?.code == .diskFull)
    #expect(ofDatabase?.exceptionName == "QuotaExceededError")
    #expect(try store.entries(in: .cache(cache), matching: nil).isEmpty)
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
