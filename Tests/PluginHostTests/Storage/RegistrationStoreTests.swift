import GRDB
import Interceptor
import Testing

@testable import PluginHost

@Suite struct RegistrationStoreTests {
  private let folder: StorageFolder
  private let store: DatabaseRegistrationStore

  init() throws {
    self.folder = try StorageFolder()
    self.store = DatabaseRegistrationStore(in: self.folder.directory)
  }

  private static func worker(
    _ script: String, _ imported: [String: [UInt8]] = [:]
  ) -> StoredRegistration.Worker {
    StoredRegistration.Worker(
      eventTypes: ["install", "fetch"],
      resources: ScriptResources(main: Array(script.utf8), imported: imported))
  }

  private static func registration(
    _ name: String = "p", waiting: StoredRegistration.Worker? = nil,
    active: StoredRegistration.Worker? = worker("active")
  ) -> StoredRegistration {
    StoredRegistration(
      name: name, scriptURL: "https://a.test/\(name).js", scopes: ["https://a.test/\(name)"],
      waiting: waiting, active: active)
  }

  private var database: StorageDatabase {
    get throws { try self.folder.directory.contents().database }
  }

  private func count(_ table: String) throws -> Int? {
    try self.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
  }

  private func execute(_ sql: String) throws {
    try self.database.write { try $0.execute(sql: sql) }
  }

  @Test func everythingIsThereAfterARestart() async throws {
    var active = Self.worker(
      "main é\0", ["https://a.test/lib.js": [0, 255, 0xC3], "https://a.test/empty.js": []])
    active.resources.kind = .module
    active.routes = #"[{"condition":{"urlPattern":"/é"},"source":"network"}]"#
    var registration = Self.registration(waiting: Self.worker(""), active: active)
    registration.scopes = ["https://z.test/", "https://a.test/:x*", "https://a.test/"]
    registration.navigationPreload = NavigationPreloadState(isEnabled: true, headerValue: "ü")
    registration.lastUpdateCheck = 1_764_000_000_123
    await self.store.save(registration)
    await self.store.save(Self.registration("other"))
    let again = DatabaseRegistrationStore(in: self.folder.reopened())
    #expect(await again.load(name: "p") == registration)
    #expect(await again.load(name: "other") == Self.registration("other"))
    #expect(await again.load(name: "P") == nil)
  }

  @Test func aWorkerThatStaysIsNotWrittenAgain() async throws {
    let (old, new) = (Self.worker("old"), Self.worker("new", ["https://a.test/l.js": [1]]))
    await self.store.save(Self.registration(waiting: new, active: old))
    // A mark that only a row has that was left alone.
    try self.execute("UPDATE workerScript SET bytes = x'4D' WHERE url IS NULL")
    await self.store.save(Self.registration(active: new))
    #expect(try self.count("registrationWorker") == 1)
    #expect(try self.count("workerScript") == 2)
    #expect(try self.count("workerEventType") == 2)
    let again = DatabaseRegistrationStore(in: self.folder.reopened())
    let loaded = await again.load(name: "p")
    #expect(loaded?.waiting == nil)
    #expect(loaded?.active?.resources.main == [0x4D])
    #expect(loaded?.active?.resources.imported == ["https://a.test/l.js": [1]])
  }

  @Test func whatWasLoadedIsReplaced() async throws {
    await self.store.save(Self.registration(active: Self.worker("one")))
    let directory = self.folder.reopened()
    for script in ["two", "three"] {
      let again = DatabaseRegistrationStore(in: directory)
      // With and without having been read before.
      if script == "two" { _ = await again.load(name: "p") }
      await again.save(Self.registration(active: Self.worker(script)))
      let active = await DatabaseRegistrationStore(in: directory).load(name: "p")?.active
      #expect(active == Self.worker(script))
    }
    let scripts = try directory.contents().database.read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM workerScript")
    }
    #expect(scripts == 1)
    directory.close()
  }

  @Test func whatIsRemovedLeavesNothing() async throws {
    await self.store.save(Self.registration(waiting: Self.worker("new")))
    await self.store.save(Self.registration("other"))
    await self.store.remove(name: "p")
    #expect(await self.store.load(name: "p") == nil)
    #expect(await self.store.load(name: "other") != nil)
    #expect(try self.count("registrationScope") == 1)
    #expect(try self.count("workerScript") == 1)
    await self.store.save(Self.registration())
    #expect(await self.store.load(name: "p") == Self.registration())
  }

  @Test(arguments: [
    "UPDATE registrationWorker SET kind = 'x'", "UPDATE registrationWorker SET state = 'x'",
    "UPDATE registrationWorker SET state = x'FF'", "UPDATE workerScript SET url = 'http://a/'",
    "UPDATE registrationScope SET scope = x'FF'", "UPDATE registration SET lastUpdateCheck = 'x'",
    "UPDATE registrationWorker SET routes = x'FF'", "DELETE FROM workerScript",
  ])
  func rowsThatAreNotOursAreNoRegistration(_ sql: String) async throws {
    await self.store.save(Self.registration())
    try self.execute(sql)
    let again = DatabaseRegistrationStore(in: self.folder.directory)
    #expect(await again.load(name: "p") == nil)
    await again.save(Self.registration())
    #expect(await again.load(name: "p") == Self.registration())
  }

  @Test func aFullDiskLeavesWhatWasStored() async throws {
    await self.store.save(Self.registration())
    let pages = try self.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") }
    try self.execute("PRAGMA max_page_count = \(try #require(pages))")
    let large = Self.registration(active: Self.worker(String(repeating: "x", count: 100_000)))
    await self.store.save(large)
    #expect(await self.store.load(name: "p") == Self.registration())
    try self.execute("PRAGMA max_page_count = 1000000")
    await self.store.save(large)
    #expect(await self.store.load(name: "p") == large)
  }

  @Test func aFolderThatCannotBeUsedStoresNothing() async throws {
    let store = DatabaseRegistrationStore(in: StorageFolder.directory("/nonexistent/storage"))
    await store.save(Self.registration())
    #expect(await store.load(name: "p") == nil)
    await store.remove(name: "p")
  }
}
