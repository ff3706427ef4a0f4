import NIOCore

/// How a record of the access log is written: one line each.
public enum AccessLogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line.
  case json
  /// The Common Log Format of the NCSA server.
  case common
}

extension AccessLogFormat {
  /// Appends a record with its line feed.
  func write(_ record: AccessRecord, into out: inout ByteBuffer) {
    switch self {
    case .json: JSONAccessLine.write(record, into: &out)
    case .common: CommonAccessLine.write(record, into: &out)
    }
  }
}

/// A point in time by the calendar, in UTC.
struct CalendarTime: Equatable {
  var year: Int
  /// 1 to 12.
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int
  var millisecond: Int

  /// - Parameter milliseconds: since 1970; years 0 to 9999 are meant.
  init(milliseconds: Int64) {
    let days = Int((milliseconds.quotientFloored(by: 86_400_000)))
    let rest = Int(milliseconds - Int64(days) * 86_400_000)
    self.millisecond = rest % 1000
    self.second = rest / 1000 % 60
    self.minute = rest / 60_000 % 60
    self.hour = rest / 3_600_000
    // Years are counted from March, so that a leap day is the last of its year; an era is the 400
    // years after which the calendar repeats.
    let sinceEpoch = days + 719_468
    let era = sinceEpoch.quotientFloored(by: 146_097)
    let dayOfEra = sinceEpoch - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
  }
}

/// A time by [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), in UTC and to the millisecond.
///
/// - Parameter milliseconds: since 1970.
public func utcTimestamp(milliseconds: Int64) -> String {
  let time = CalendarTime(milliseconds: milliseconds)
  var text = ByteBuffer()
  let parts = [
    (time.year, 4, "-"), (time.month, 2, "-"), (time.day, 2, "T"), (time.hour, 2, ":"),
    (time.minute, 2, ":"), (time.second, 2, "."), (time.millisecond, 3, "Z"),
  ]
  for (number, width, end) in parts {
    text.writeDecimal(max(0, number), width: width)
    text.writeString(end)
  }
  return String(buffer: text)
}

extension BinaryInteger {
  fileprivate func quotientFloored(by divisor: Self) -> Self {
    let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension ByteBuffer {
  /// Writes a number that is not negative with at least `width` digits.
  mutating func writeDecimal(_ number: Int, width: Int = 1) {
    var divisor = 1
    var digits = 1
    while digits < width || number / divisor >= 10 {
      divisor *= 10
      digits += 1
    }
    while divisor > 0 {
      self.writeInteger(UInt8(truncatingIfNeeded: 48 + number / divisor % 10))
      divisor /= 10
    }
  }

  /// Writes milliseconds with three decimals.
  mutating func writeMilliseconds(_ time: TimeAmount) {
    let microseconds = Int(max(0, time.nanoseconds) / 1000)
    self.writeDecimal(microseconds / 1000)
    self.writeStaticString(".")
    self.writeDecimal(microseconds % 1000, width: 3)
  }
}
