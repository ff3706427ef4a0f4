import Foundation
import TestSupport
import Testing

@testable import Valor

@Suite struct FileSignatureTests {
  @Test func whatTellsFilesApart() throws {
    let folder = try TemporaryFolder()
    #expect(FileSignature.read(folder.file("a.js")) == nil)
    #expect(FileSignature.read(folder.path) == nil, "a directory is no file")
    let path = try folder.write("one", to: "a.js")
    let first = try #require(FileSignature.read(path))
    #expect(first.size == 3)
    #expect(FileSignature.read(path) == first)
    try folder.write("two", to: "b.js")
    #expect(rename(folder.file("b.js"), path) == 0)
    #expect(FileSignature.read(path) != first)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.js"), withDestinationPath: "a.js")
    #expect(FileSignature.read(folder.file("link.js")) == FileSignature.read(path))
  }

  @Test func scriptsBelowADirectory() throws {
    let folder = try TemporaryFolder()
    for directory in ["lib/deep", "node_modules/x", ".git"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(directory), withIntermediateDirectories: true)
    }
    let files = [
      "a.js", "lib/b.mjs", "lib/deep/c.json", "x.txt", "node_modules/x/d.js", ".git/e.js",
    ]
    for file in files { try folder.write("", to: file) }
    let found = scriptFiles(below: folder.path + "/").sorted()
    #expect(found == ["a.js", "lib/b.mjs", "lib/deep/c.json"].map { folder.file($0) })
    #expect(scriptFiles(below: folder.path, depth: 0) == [folder.file("a.js")])
    #expect(scriptFiles(below: folder.path, limit: 1).count == 1)
    #expect(scriptFiles(below: folder.file("gone")) == [])
  }
}
