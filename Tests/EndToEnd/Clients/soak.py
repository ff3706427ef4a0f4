"""Opens, drops and stalls connections at random and looks at what that leaves in the proxy.

    soak.py PROXY_PORT PID CA_FILE ORIGIN_PEM SECONDS SEED

The proxy runs with --intercept all and trusts the origin's chain; a plugin claims http://plugin.test/.
The same traffic runs before, for a baseline. Ends with 0 and a line of figures, or with 1 and what is
wrong. All traffic is on 127.0.0.1; the number of connections at a time is bounded.
"""

import asyncio
import os
import random
import socket
import ssl
import struct
import sys
import time

CONCURRENT = 60
BASELINE_SECONDS = 15
# What a general-purpose allocator may keep; one leaked connection in ten would be far above.
MEMORY_ALLOWANCE = 24 << 20


class Origin:
    """An origin that misbehaves when asked to; the path says how."""

    def __init__(self):
        self.writers = set()
        self.ports = {}

    async def start(self, pem):
        plain = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        secure = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context)
        self.servers = [plain, secure]
        self.ports = {
            "http": plain.sockets[0].getsockname()[1], "https": secure.sockets[0].getsockname()[1]}

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while await self.exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def exchange(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1]
        if not await read_body(head, reader):
            return False
        if path.startswith("/reset"):
            abort(writer)
            return False
        if path.startswith("/silent"):
            await asyncio.sleep(random.uniform(0, 2))
            return False
        size = random.choice([0, 1, 500, 70_000, 700_000])
        if path.startswith("/short"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (size + 10) + b"x" * size)
            await writer.drain()
            return False
        if path.startswith("/chunked"):
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(random.randrange(5)):
                writer.write(b"5\r\nhello\r\n")
                await writer.drain()
                await asyncio.sleep(random.uniform(0, 0.05))
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await writer.drain()
        return True

    async def stop(self):
        for server in self.servers:
            server.close()
        for writer in list(self.writers):
            abort(writer)


async def read_body(head, reader):
    fields = dict(
        line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if "chunked" in fields.get("transfer-encoding", ""):
        while (size := int(await reader.readuntil(b"\r\n"), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    return True


def abort(writer):
    """Closes with a reset, as a process that was killed does."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class Client:
    """One connection to the proxy and what it does before it goes."""

    def __init__(self, port, origin, trust):
        self.port, self.origin, self.trust = port, origin, trust

    async def run(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            self.base = random.choice([
                f"http://127.0.0.1:{self.origin.ports['http']}", "http://plugin.test", None])
            if self.base is None:
                if not await self.open_tunnel():
                    return
            for _ in range(random.randrange(1, 6)):
                if not await self.step():
                    return
        finally:
            if random.random() < 0.3:
                abort(self.writer)
            else:
                self.writer.close()

    async def open_tunnel(self):
        name = f"localhost:{self.origin.ports['https']}"
        self.writer.write(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        if random.random() < 0.1:
            return False
        await self.reader.readuntil(b"\r\n\r\n")
        if random.random() < 0.15:
            # The beginning of a handshake, or nonsense.
            self.writer.write(random.choice([b"\x16\x03\x01\x02\x00\x01", os.urandom(50)]))
            await asyncio.sleep(random.uniform(0, 0.5))
            return False
        await self.writer.start_tls(self.trust, server_hostname="localhost")
        self.base = ""
        return True

    def head(self, method, path, fields=""):
        host = "plugin.test" if self.base == "http://plugin.test" else (
            self.base[7:] or f"localhost:{self.origin.ports['https']}")
        return f"{method} {self.base}{path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode()

    async def step(self):
        """Returns whether the connection can go on."""
        action = random.choice([self.get] * 6 + [
            self.post, self.post, self.broken_head, self.broken_body, self.leave_early,
            self.slow_reader, self.idle, self.bad_origin, self.pipeline])
        return await action()

    async def response(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await read_body(head, self.reader)
        return "connection: close" not in head.lower()

    async def get(self):
        self.writer.write(self.head("GET", random.choice(["/a", "/chunked"])))
        return await self.response()

    async def pipeline(self):
        self.writer.write(self.head("GET", "/a") * 3)
        return all([await self.response() for _ in range(3)])

    async def post(self):
        size = random.choice([0, 1, 300_000])
        if random.random() < 0.5:
            self.writer.write(self.head("POST", "/a", f"Content-Length: {size}\r\n") + b"y" * size)
        else:
            self.writer.write(self.head("POST", "/a", "Transfer-Encoding: chunked\r\n"))
            for _ in range(3):
                self.writer.write(b"3\r\nabc\r\n")
                await asyncio.sleep(0.01)
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        return await self.response()

    async def broken_head(self):
        self.writer.write(random.choice([b"GET http://127", b"GET / HT\x00", b"\r\n" * 20 + b"x"]))
        await asyncio.sleep(random.uniform(0, 1))
        return False

    async def broken_body(self):
        self.writer.write(self.head("POST", "/a", "Content-Length: 1000000\r\n") + b"z" * 70_000)
        await asyncio.sleep(random.uniform(0, 1))
        return False

    async def leave_early(self):
        self.writer.write(self.head("GET", "/a"))
        await asyncio.sleep(random.uniform(0, 0.05))
        return False

    async def slow_reader(self):
        self.writer.write(self.head("GET", "/a"))
        await self.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(random.uniform(0, 1))
        return False

    async def idle(self):
        await asyncio.sleep(random.uniform(0, 1.5))
        return True

    async def bad_origin(self):
        self.writer.write(self.head("GET", random.choice(["/reset", "/silent", "/short"])))
        await self.response()
        return False


async def traffic(client, seconds):
    """Runs clients until the time is over. Returns how many there were."""
    deadline = time.monotonic() + seconds
    count = 0

    async def lane():
        nonlocal count
        while time.monotonic() < deadline:
            count += 1
            try:
                await asyncio.wait_for(client().run(), 20)
            except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.TimeoutError, ValueError,
                    ssl.SSLError):
                pass

    await asyncio.gather(*[lane() for _ in range(CONCURRENT)])
    return count


class Process:
    def __init__(self, pid):
        self.pid = pid

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def resident(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def settle(self, bound):
        """Waits until no more than so many descriptors are open, at most twenty seconds."""
        for _ in range(200):
            if self.descriptors() <= bound:
                break
            await asyncio.sleep(0.1)
        return self.descriptors()


async def main():
    port, pid, ca, pem, seconds, seed = sys.argv[1:7]
    random.seed(int(seed))
    process = Process(int(pid))
    trust = ssl.create_default_context(cafile=ca)
    before = process.descriptors()

    async def phase(seconds):
        origin = Origin()
        await origin.start(pem)
        count = await traffic(lambda: Client(int(port), origin, trust), seconds)
        await origin.stop()
        return count

    await phase(BASELINE_SECONDS)
    # The plugin's worker and what is kept for good belong to the baseline.
    descriptors = await process.settle(before + 8)
    threads, resident = process.threads(), process.resident()
    count = await phase(float(seconds))
    after = await process.settle(descriptors)
    grown = process.resident() - resident
    print(f"{count} connections, descriptors {descriptors} then {after}, "
          f"threads {threads} then {process.threads()}, resident {resident >> 10} KiB {grown >> 10:+} KiB")
    problems = []
    if after > descriptors + 2:
        problems.append("descriptors are left")
    if process.threads() > threads + 2:
        problems.append("threads are left")
    if grown > MEMORY_ALLOWANCE:
        problems.append("memory is left")
    if problems:
        sys.exit("soak: " + ", ".join(problems))


asyncio.run(main())
