/// A dictionary that holds a bounded number of entries and drops the one not used for longest.
///
/// The entries are nodes of a doubly linked list, kept in an array and named by their index there,
/// the most recently used one first.
struct LRUCache<Key: Hashable, Value> {
  private struct Node {
    var key: Key
    var value: Value
    var newer: Int
    var older: Int
  }

  private static var none: Int { -1 }

  private let capacity: Int
  private var indices: [Key: Int] = [:]
  private var nodes: [Node] = []
  private var newest = Self.none
  private var oldest = Self.none

  /// - Parameter capacity: how many entries there may be; at least one is kept.
  init(capacity: Int) { self.capacity = max(capacity, 1) }

  var count: Int { self.nodes.count }

  /// The value of a key, which thereby becomes the most recently used one.
  mutating func value(for key: Key) -> Value? {
    guard let index = self.indices[key] else { return nil }
    self.makeNewest(index)
    return self.nodes[index].value
  }

  /// Adds or replaces a value, and drops the one not used for longest where there are too many.
  mutating func insert(_ value: Value, for key: Key) {
    if let index = self.indices[key] {
      self.nodes[index].value = value
      self.makeNewest(index)
    } else if self.nodes.count < self.capacity {
      self.nodes.append(Node(key: key, value: value, newer: Self.none, older: Self.none))
      self.indices[key] = self.nodes.count - 1
      self.link(self.nodes.count - 1)
    } else {
      let index = self.oldest
      self.indices[self.nodes[index].key] = nil
      self.nodes[index].key = key
      self.nodes[index].value = value
      self.indices[key] = index
      self.makeNewest(index)
    }
  }

  private mutating func makeNewest(_ index: Int) {
    guard index != self.newest else { return }
    self.unlink(index)
    self.link(index)
  }

  private mutating func link(_ index: Int) {
    self.nodes[index].newer = Self.none
    self.nodes[index].older = self.newest
    if self.newest != Self.none { self.nodes[self.newest].newer = index }
    self.newest = index
    if self.oldest == Self.none { self.oldest = index }
  }

  private mutating func unlink(_ index: Int) {
    let (newer, older) = (self.nodes[index].newer, self.nodes[index].older)
    if newer != Self.none { self.nodes[newer].older = older } else { self.newest = older }
    if older != Self.none { self.nodes[older].newer = newer } else { self.oldest = newer }
  }
}
