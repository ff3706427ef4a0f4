"""Opens many connections to a proxy, has one exchange on each and holds them all; then asks again on
some of them.

    idle_connections.py PROXY_PORT URL COUNT PID
"""

import asyncio
import os
import resource
import sys

port, url, count, pid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
HOST = url.split("/")[2]
REQUEST = f"GET {url} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def resident():
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def ask(connection):
    reader, writer = connection
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.decode("latin-1").lower()
    await reader.readexactly(int(fields.split("content-length: ")[1].split("\r\n")[0]))
    return fields.startswith("http/1.1 200 ")


async def open_one(gate):
    async with gate:
        connection = await asyncio.open_connection("127.0.0.1", port)
        assert await ask(connection)
        return connection


async def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    before = resident()
    gate = asyncio.Semaphore(100)
    connections = await asyncio.gather(*[open_one(gate) for _ in range(count)])
    each = (resident() - before) // count
    assert len(os.listdir(f"/proc/{pid}/fd")) > count
    answers = [await ask(connection) for connection in connections[::100]]
    assert all(answers)
    print(f"{count} connections held, {each} bytes resident each")
    for _, writer in connections:
        writer.close()


asyncio.run(main())
