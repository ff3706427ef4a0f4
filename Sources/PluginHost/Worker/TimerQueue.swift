/// The timers of a script, by when they are due. Facts in, orders out: time is an argument, in
/// nanoseconds of a clock that never goes back.
struct TimerQueue {
  private struct Entry {
    var deadline: UInt64
    /// Timers of the same deadline fire in the order in which they were set.
    var order: UInt64
    var id: Int32
  }

  /// A binary heap, the earliest first. Cleared timers stay until they come to the top.
  private var heap: [Entry] = []
  /// The order number of the valid entry of each timer.
  private var orders: [Int32: UInt64] = [:]
  private var lastOrder: UInt64 = 0

  /// How many timers are set.
  var count: Int { self.orders.count }

  /// Sets a timer, instead of an earlier one of the same number.
  mutating func set(_ id: Int32, deadline: UInt64) {
    self.lastOrder += 1
    self.orders[id] = self.lastOrder
    self.heap.append(Entry(deadline: deadline, order: self.lastOrder, id: id))
    self.siftUp(self.heap.count - 1)
  }

  mutating func clear(_ id: Int32) { self.orders[id] = nil }

  /// When the next timer is due; `nil` where there is none.
  mutating func nextDeadline() -> UInt64? {
    self.dropCleared()
    return self.heap.first?.deadline
  }

  /// The order number of the last timer set: those after it belong to a later turn.
  var mark: UInt64 { self.lastOrder }

  /// Takes a timer that is due and was not set after `mark`.
  mutating func popDue(now: UInt64, mark: UInt64) -> Int32? {
    self.dropCleared()
    guard let first = self.heap.first, first.deadline <= now, first.order <= mark else {
      return nil
    }
    self.orders[first.id] = nil
    self.removeFirst()
    return first.id
  }

  private mutating func dropCleared() {
    while let first = self.heap.first, self.orders[first.id] != first.order { self.removeFirst() }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (a, b) = (self.heap[a], self.heap[b])
    return a.deadline == b.deadline ? a.order < b.order : a.deadline < b.deadline
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, self.isBefore(index, (index - 1) / 2) {
      self.heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func removeFirst() {
    guard let last = self.heap.popLast(), !self.heap.isEmpty else { return }
    self.heap[0] = last
    var index = 0
    while true {
      let (left, right) = (2 * index + 1, 2 * index + 2)
      var least = index
      if left < self.heap.count, self.isBefore(left, least) { least = left }
      if right < self.heap.count, self.isBefore(right, least) { least = right }
      if least == index { return }
      self.heap.swapAt(index, least)
      index = least
    }
  }
}
