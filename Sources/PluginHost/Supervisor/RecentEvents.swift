import FetchModel
import Interceptor

/// The last events that were answered: a fetch made from one of their requests may come later.
struct RecentEvents {
  struct Entry {
    var number: UInt32
    var url: String
    var hidden: HeaderList
    var origin: String?

    init(_ number: UInt32, _ fetch: PendingFetchEvent) {
      self.number = number
      self.url = fetch.request.url
      self.hidden = fetch.hidden
      self.origin = fetch.event.origin
    }
  }

  private var entries = [Entry?](repeating: nil, count: 64)

  mutating func note(_ number: UInt32, _ fetch: PendingFetchEvent) {
    self.entries[Int(number % 64)] = Entry(number, fetch)
  }

  func entry(_ number: UInt32) -> Entry? {
    self.entries[Int(number % 64)].flatMap { $0.number == number ? $0 : nil }
  }
}
