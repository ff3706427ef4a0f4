import FetchModel
import Testing

@Suite struct MultipartFormDataTests {
  private func parse(_ text: String, boundary: String = "b") -> [MultipartFormData.Part]? {
    Array(text.utf8).withUnsafeBytes { MultipartFormData.parse($0, boundary: boundary) }
  }

  @Test func partsOfEveryKind() throws {
    let body =
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
      + "--b\r\ncontent-type: Image/PNG\r\nContent-Disposition: FORM-DATA; filename=\"x%22;y\"; name=f%0Ag\r\n\r\n-bee\r\n--b--"
    let parts = try #require(self.parse(body))
    #expect(parts.count == 2)
    #expect(parts[0].name == "a")
    #expect(parts[0].filename == nil)
    #expect(parts[0].contentType == nil)
    #expect(Array(body.utf8)[parts[0].content].elementsEqual("one".utf8))
    #expect(parts[1].name == "f\ng")
    #expect(parts[1].filename == "x\";y")
    #expect(parts[1].contentType == "Image/PNG")
    #expect(Array(body.utf8)[parts[1].content].elementsEqual("-bee".utf8))
  }

  @Test(arguments: [
    "", "--b", "--b\r\n", "x--b--", "--c--",
    "--b\r\nContent-Disposition: form-data; name=a\r\n\r\none",
    "--b\r\nContent-Disposition: form-data; name=a\r\n\r\none\r\n--b",
    "--b\r\nContent-Disposition: attachment; name=a\r\n\r\none\r\n--b--",
    "--b\r\nContent-Disposition: form-data\r\n\r\none\r\n--b--",
    "--b\r\nno field\r\n\r\none\r\n--b--", "--b\r\n\r\none\r\n--b--",
  ])
  func refuses(_ body: String) { #expect(self.parse(body) == nil) }

  @Test(arguments: ["--b--", "--b--\r\n", "\r\n--b--\r\nepilogue"])
  func emptyForms(_ body: String) { #expect(self.parse(body)?.isEmpty == true) }

  @Test func everyPrefixOfAFormIsRefusedOrParsed() {
    let body = Array(
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--b--\r\n".utf8)
    for count in 0..<(body.count - 2) {
      let isWhole = count == body.count - 2
      let parts = body[..<count].withUnsafeBytes {
        MultipartFormData.parse($0, boundary: "b")
      }
      #expect((parts != nil) == isWhole, "\(count)")
    }
  }
}
