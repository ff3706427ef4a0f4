import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `valor doctor` looks at of the addresses that `valor run` listens on.
enum ListenerHealth {
  static func findings(listen: SocketAddress, admin: SocketAddress) async -> [Finding] {
    guard ListenAddress.isLoopback(admin) else {
      return [Finding(.problem, "--admin", "has to be a loopback address, such as 127.0.0.1:8081")]
    }
    let isRunning = await Self.answers(admin)
    return [
      await Self.finding("--listen", listen, isRunning: isRunning),
      await Self.finding("--admin", admin, isRunning: isRunning),
    ]
  }

  private static func finding(
    _ option: String, _ address: SocketAddress, isRunning: Bool
  ) async -> Finding {
    let text = ListenAddress.text(address)
    do {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(to: address).get()
      try? await channel.close()
      return Finding(.ok, option, "\(text) is free")
    } catch let error as IOError where error.errnoCode == EADDRINUSE && isRunning {
      return Finding(.note, option, "\(text) is taken, and a `valor run` answers at --admin")
    } catch let error as IOError {
      let cause = String(cString: strerror(error.errnoCode))
      return Finding(.problem, option, "\(text) cannot be listened on: \(cause). Choose another.")
    } catch {
      return Finding(.problem, option, "\(text) cannot be listened on: \(error)")
    }
  }

  /// Whether a proxy of ours answers there.
  private static func answers(_ address: SocketAddress) async -> Bool {
    guard address.port != 0,
      let client = try? AdminClient(url: ListenAddress.text(address), token: nil),
      let answer = try? await client.send("GET", "/_health")
    else { return false }
    return answer.status == 200 && String(decoding: answer.body, as: UTF8.self).contains("\"ok\"")
  }
}
