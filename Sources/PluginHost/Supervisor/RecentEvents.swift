import FetchModel

/// The last events that were answered: a fetch made from one of their requests may come later.
struct RecentEvents {
  struct Entry {
    var number: UInt32
    var url: String
    var hidden: HeaderList
  }

  private var entries = [Entry?](repeating: nil, count: 64)

  mutating func note(_ number: UInt32, _ fetch: PendingFetchEvent) {
    self.entries[Int(number % 64)] = Entry(
      number: number, url: fetch.request.url, hidden: fetch.hidden)
  }

  func entry(_ number: UInt32) -> Entry? {
    self.entries[Int(number % 64)].flatMap { $0.number == number ? $0 : nil }
  }
}
