"""The servers that tests talk to: those of the checkout, and one that takes the results."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Python closes TLS without saying so, which makes a response that ends with its connection a
# truncated one (RFC 9112 section 9.8): here it says close_notify, and waits a little for the other's.
SERVE = """
import ssl
import sys

close = ssl.SSLSocket.shutdown

def say_goodbye(connection, how):
    try:
        connection.settimeout(1)
        connection._sslobj.shutdown()
    except (AttributeError, OSError):
        pass
    close(connection, how)

ssl.SSLSocket.shutdown = say_goodbye
if __name__ == "__main__":
    sys.path.insert(0, sys.argv.pop(1))
    from tools import localpaths
    from tools.serve import serve
    serve.run(**vars(serve.get_parser().parse_args()))
"""

# Everything is on loopback; the names are given to the proxy by --resolve.
CONFIGURATION = {
    "server_host": "127.0.0.1",
    "check_subdomains": False,
    "ports": {
        "http": ["auto", "auto"], "https": ["auto", "auto"], "ws": ["auto"], "wss": ["auto"],
        "h2": [], "http-local": ["auto"], "http-public": ["auto"], "https-local": ["auto"],
        "https-public": ["auto"], "webtransport-h3": [],
    },
}

SUBDOMAINS = ["www", "www1", "www2", "xn--n8j6ds53lwwkrqhv28a", "xn--lve-6lad"]


def host_names() -> list[str]:
    """The names that WPT's servers answer to; what else lies below them does not exist."""
    names = []
    for domain in ["web-platform.test", "not-web-platform.test"]:
        names.append(domain)
        for first in SUBDOMAINS:
            names.append(f"{first}.{domain}")
            names += [f"{second}.{first}.{domain}" for second in SUBDOMAINS]
    return names


class TestServers:
    """wptserve with all its handlers, on free ports."""

    def __init__(self, checkout: str):
        self.folder = tempfile.TemporaryDirectory(prefix="valor-wpt-")
        script = os.path.join(self.folder.name, "serve_tests.py")
        configuration = os.path.join(self.folder.name, "config.json")
        with open(script, "w") as file:
            file.write(SERVE)
        with open(configuration, "w") as file:
            json.dump(CONFIGURATION, file)
        self.log = os.path.join(self.folder.name, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, script, os.path.abspath(checkout), "--no-h2", "--config", configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=checkout)
        self.http, self.https = self.wait()

    def wait(self) -> tuple[int, int]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with open(self.log) as log:
                text = log.read()
            http = re.search(r"\[\S+ \S+ http on port (\d+)\] INFO - Starting", text)
            https = re.search(r"\[\S+ \S+ https on port (\d+)\] INFO - Starting", text)
            if http and https and "Listen on" in text:
                return self.first_ports(int(http[1]))
            time.sleep(0.1)
        with open(self.log) as log:
            raise SystemExit(f"wpt: the servers of the checkout do not start:\n{log.read()[-3000:]}")

    def first_ports(self, http: int) -> tuple[int, int]:
        """The ports that tests take for their own: of two servers, either may be the first to start."""
        path = "/common/get-host-info.sub.js"
        with urllib.request.urlopen(f"http://127.0.0.1:{http}{path}", timeout=30) as answer:
            text = answer.read().decode()
        own = re.search(r"\bHTTP_PORT = '(\d+)'", text)
        secure = re.search(r"\bHTTPS_PORT = '(\d+)'", text)
        if own is None or secure is None:
            raise SystemExit(f"wpt: the servers of the checkout do not say their ports in {path}")
        return int(own[1]), int(secure[1])

    def close(self) -> None:
        # As an interrupt from the keyboard, which it ends its own processes on.
        self.process.send_signal(2)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.folder.cleanup()


class ResultServer:
    """Takes what the tests report, by the number of the run."""

    def __init__(self):
        self.results: dict[str, dict] = {}
        self.arrived = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.take(self.path.strip("/"), body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, number: str, body: bytes) -> None:
        try:
            result = json.loads(body)
        except ValueError:
            return
        with self.arrived:
            self.results[number] = result
            self.arrived.notify_all()

    def wait(self, number: str, timeout: float) -> dict | None:
        with self.arrived:
            self.arrived.wait_for(lambda: number in self.results, timeout)
            return self.results.pop(number, None)

    def close(self) -> None:
        self.server.shutdown()
