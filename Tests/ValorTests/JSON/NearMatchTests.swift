import Testing

@testable import Valor

@Suite struct NearMatchTests {
  @Test(arguments: [
    ("listne", "listen"), ("scope", "scopes"), ("urlPrefix", "url_prefix"), ("NAME", "name"),
    ("instance", "instances"), ("max-conections", "max-connections"), ("nmae", "name"),
  ])
  func whatWasMeant(typed: String, meant: String) {
    let known = ["listen", "name", "scopes", "url_prefix", "instances", "max-connections"]
    #expect(nearMatch(typed, of: known) == meant)
  }

  @Test(arguments: ["", "x", "nothing", "match", String(repeating: "a", count: 100_000)])
  func whatIsNearToNothing(typed: String) {
    #expect(nearMatch(typed, of: ["name", "listen", "scopes"]) == nil)
    #expect(nearMatch(typed, of: []) == nil)
  }
}
