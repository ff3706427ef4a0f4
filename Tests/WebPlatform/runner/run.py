"""One test: a worker of its own in a proxy of its own, with storage of its own."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field

from .server import ResultServer, TestServers, host_names
from .tests import Test

HARNESS_STATUS = {0: "OK", 1: "ERROR", 2: "TIMEOUT", 3: "PRECONDITION_FAILED"}
TEST_STATUS = {0: "PASS", 1: "FAIL", 2: "TIMEOUT", 3: "NOTRUN", 4: "PRECONDITION_FAILED"}

# Before everything: what the tests may replace is taken aside, and the worker stays while they run.
HEAD = """
(() => {
  const send = fetch, stringify = JSON.stringify, done = [];
  addEventListener('install', (event) => event.waitUntil(new Promise((resolve) => done.push(resolve))));
  self.__report = (result) => send(%(report)s, {
    method: 'POST', mode: 'no-cors', body: stringify(result),
  }).then(() => done.forEach((resolve) => resolve()));
})();
self.GLOBAL = {
  isWindow: () => false, isWorker: () => true, isShadowRealm: () => false,
};
"""

# A worker script of its own brings the harness along; this goes on once it is there.
WITH_HARNESS = """
(() => {
  const load = importScripts;
  self.importScripts = (...urls) => {
    load(...urls);
    if (!urls.includes('/resources/testharness.js')) return;
    self.importScripts = load;
    %(after)s
  };
})();
"""

AFTER_HARNESS = """
(() => {
  const report = self.__report;
  delete self.__report;
  add_completion_callback((tests, status) => report({
    status: status.status, message: String(status.message ?? ''),
    subtests: tests.map((t) => ({
      name: t.name.toWellFormed(), status: t.status, message: String(t.message ?? '').toWellFormed(),
    })),
  }));
  setTimeout(() => timeout(), %(milliseconds)d);
})();
"""


@dataclass
class Result:
    test: Test
    status: str
    message: str = ""
    subtests: list[dict] = field(default_factory=list)
    log: str = ""

    @property
    def passed(self) -> int:
        return sum(1 for subtest in self.subtests if subtest["status"] == "PASS")

    @property
    def total(self) -> int:
        # A file that gave no result counts as one failure.
        return max(len(self.subtests), 1)


class Runner:
    def __init__(self, binary: str, servers: TestServers, results: ResultServer, factor: float):
        self.binary = binary
        self.servers = servers
        self.results = results
        self.factor = factor
        self.folder = tempfile.TemporaryDirectory(prefix="valor-wpt-")
        self.resolve = [
            option for name in host_names() for option in ("--resolve", f"{name}=127.0.0.1")
        ]

    def close(self) -> None:
        self.folder.cleanup()

    def origin(self, test: Test) -> str:
        if test.is_secure:
            return f"https://web-platform.test:{self.servers.https}"
        return f"http://web-platform.test:{self.servers.http}"

    def write_script(self, folder: str, test: Test, number: str, seconds: float) -> str:
        """Writes the plugin: what WPT's own server wraps around a worker test."""
        # Not the name of the test itself, which would then be beside this file instead of on the server.
        name = os.path.basename(test.path).removesuffix(".js") + ".run.js"
        if test.path.endswith(".any.js"):
            name = os.path.basename(test.path).replace(".any.js", ".any.worker.js")
        report = json.dumps(f"http://127.0.0.1:{self.results.port}/{number}")
        parts = [HEAD % {"report": report}]
        if test.variant:
            parts.append(VARIANT % {"variant": json.dumps(test.variant)})
        after = AFTER_HARNESS % {"milliseconds": int(seconds * 1000)}
        if test.path.endswith(".any.js"):
            parts += ["importScripts(\"/resources/testharness.js\");", after]
            parts += [f"importScripts({json.dumps(script)});" for script in test.scripts]
            parts.append(f"importScripts({json.dumps('/' + test.path)});\ndone();")
        else:
            # A worker script of its own, which brings the harness and its end along.
            parts.append(WITH_HARNESS % {"after": after})
            parts.append(f"importScripts({json.dumps('/' + test.path)});")
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write("\n".join(parts))
        return path

    def run(self, test: Test, number: str) -> Result:
        seconds = (60 if test.is_long else 10) * self.factor
        with tempfile.TemporaryDirectory(dir=self.folder.name) as folder:
            script = self.write_script(folder, test, number, seconds)
            scope = f"{self.origin(test)}/{os.path.dirname(test.path)}/"
            with open(os.path.join(folder, "log"), "w+") as log:
                process = subprocess.Popen(
                    [self.binary, "run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                     "--ca-dir", os.path.join(self.folder.name, "ca"), "--data-dir", folder,
                     "--insecure-upstream", *self.resolve, "--plugin", f"{script}={scope}"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
                try:
                    result = self.wait(process, number, seconds + 5)
                finally:
                    process.terminate()
                    try:
                        process.wait(15)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
                log.seek(0)
                text = log.read()[-4000:]
        if result is None:
            return Result(test, "CRASH" if process.returncode not in (0, -15) else "TIMEOUT", log=text)
        return Result(
            test, HARNESS_STATUS.get(result["status"], "ERROR"), result["message"],
            [dict(subtest, status=TEST_STATUS.get(subtest["status"], "FAIL"))
             for subtest in result["subtests"]], text)

    def wait(self, process: subprocess.Popen, number: str, seconds: float) -> dict | None:
        """Waits for the report, or for an end of the proxy without one."""
        waited = 0.0
        while waited < seconds:
            result = self.results.wait(number, 0.5)
            if result is not None:
                return result
            if process.poll() is not None:
                return self.results.wait(number, 0.1)
            waited += 0.5
        return None


# The proxy gives a script its URL without a query, which is where tests look for their variant.
VARIANT = """
(() => {
  const url = new URL(location.href);
  url.search = %(variant)s;
  Object.defineProperty(self, 'location', { value: url, configurable: true });
})();
"""
