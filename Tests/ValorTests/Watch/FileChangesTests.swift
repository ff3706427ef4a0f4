import Testing

@testable import Valor

@Suite struct FileChangesTests {
  static func file(_ version: Int64, size: Int64 = 10, inode: UInt64 = 1) -> FileSignature {
    FileSignature(inode: inode, size: size, modified: version)
  }

  /// What each of some looks at one file finds.
  static func looks(_ signatures: FileSignature?...) -> [FileChanges.Change?] {
    var changes = FileChanges()
    return signatures.map { changes.observe(["a.js": $0])["a.js"] }
  }

  @Test func aChangeIsToldWhenItIsOver() {
    let (one, two, three) = (Self.file(1), Self.file(2), Self.file(3))
    #expect(Self.looks(one, one, one) == [nil, .changed, nil], "the first look counts as a change")
    #expect(Self.looks(one, one, two, two, two) == [nil, .changed, nil, .changed, nil])
    #expect(Self.looks(one, one, two, three, three) == [nil, .changed, nil, nil, .changed])
  }

  @Test func truncateThenWrite() {
    let (one, two, empty) = (Self.file(1), Self.file(3), Self.file(2, size: 0))
    #expect(
      Self.looks(one, one, empty, empty, empty, two, two)
        == [nil, .changed, nil, nil, nil, nil, .changed])
  }

  @Test func anotherFileInItsPlace() {
    let (one, two) = (Self.file(1), Self.file(1, inode: 2))
    #expect(Self.looks(one, one, two, two) == [nil, .changed, nil, .changed])
    #expect(Self.looks(one, one, nil, two, two) == [nil, .changed, nil, nil, .changed])
    #expect(Self.looks(one, one, nil, one, one) == [nil, .changed, nil, nil, .changed])
  }

  @Test func whatIsGoneOrEmptyForLongIsToldOnce() {
    for (signature, change) in [(nil, .gone), (Self.file(1, size: 0), .empty)]
      as [(FileSignature?, FileChanges.Change)]
    {
      var changes = FileChanges()
      let told = (0..<(3 * FileChanges.patience)).compactMap { _ in
        changes.observe(["a.js": signature])["a.js"]
      }
      #expect(told == [change])
      _ = changes.observe(["a.js": Self.file(2)])
      #expect(changes.observe(["a.js": Self.file(2)]) == ["a.js": .changed])
    }
  }

  @Test func whatIsRememberedChangesOnlyWhenItChanges() {
    var changes = FileChanges()
    func look(_ version: Int64) -> [String: FileChanges.Change] {
      changes.observe(["a.js": Self.file(1), "b.js": Self.file(version)])
    }
    changes.remember(["b.js": Self.file(1), "c.js": Self.file(1)])
    #expect(look(1) == [:])
    #expect(look(1) == ["a.js": .changed])
    // What is watched is known better.
    changes.remember(["b.js": Self.file(2)])
    #expect(look(2) == [:])
    #expect(look(2) == ["b.js": .changed])
    #expect(changes.observe([:]) == [:])
    #expect(look(3) == [:])
    #expect(look(3) == ["a.js": .changed, "b.js": .changed], "both were forgotten")
  }

  @Test func aChangeBeforeTheFirstLook() {
    var changes = FileChanges()
    changes.remember(["a.js": Self.file(1), "b.js": nil])
    let seen = ["a.js": Self.file(2), "b.js": Self.file(1)]
    #expect(changes.observe(seen) == [:])
    #expect(changes.observe(seen) == ["a.js": .changed, "b.js": .changed])
  }
}
