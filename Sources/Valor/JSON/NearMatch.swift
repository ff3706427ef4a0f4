/// The known name that a mistyped one was most likely meant to be; `nil` where none is near.
func nearMatch(_ name: String, of known: [String]) -> String? {
  let typed = normalised(name)
  let distances = known.map { (name: $0, distance: editDistance(typed, normalised($0))) }
  guard let nearest = distances.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }),
    // Of a short name little may be wrong.
    nearest.distance <= max(1, min(typed.count, 9) / 3)
  else { return nil }
  return nearest.name
}

/// `urlPrefix`, `url-prefix` and `url_prefix` are the same to whoever types them.
private func normalised(_ name: String) -> [UInt8] {
  name.prefix(64).lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
}

/// How many letters have to be changed, added, left out or swapped with their neighbour.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      let change = rows[i][j] + (a[i] == b[j] ? 0 : 1)
      var least = min(change, rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        least = min(least, rows[i - 1][j - 1] + 1)
      }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
