import Foundation
import GRDB
import NIOCore

/// Bytes in a column of the database.
struct StorageBlob: DatabaseValueConvertible, StatementColumnConvertible {
  var bytes: ByteBuffer

  init(_ bytes: ByteBuffer) { self.bytes = bytes }

  init?(sqliteStatement: SQLiteStatement, index: CInt) {
    self.bytes = ByteBuffer(bytes: Data(sqliteStatement: sqliteStatement, index: index))
  }

  var databaseValue: DatabaseValue { Data(self.bytes.readableBytesView).databaseValue }

  static func fromDatabaseValue(_ value: DatabaseValue) -> StorageBlob? {
    Data.fromDatabaseValue(value).map { StorageBlob(ByteBuffer(bytes: $0)) }
  }
}
