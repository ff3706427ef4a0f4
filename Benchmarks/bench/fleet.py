"""All servers of a run: each is started when a case first needs it, and ended with the run."""

import shutil
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from .certificates import Certificates
from .origin import Origin
from .paths import FOLDER
from .peers import PEERS
from .peers.runtimes import RUNTIMES, Runtime
from .peers.valor import Valor

PLUGIN = FOLDER / "plugins/answer.js"
PLUGIN_COUNT = 10


class Fleet:
    """Use it as a context: leaving it stops what was started and removes its files."""

    def __init__(self):
        self._stack = ExitStack()
        self._peers = {}
        self._runtimes = {}

    def __enter__(self) -> "Fleet":
        # Not /tmp/NAME with mode 0700, which mkdtemp makes: squid's user has to get in.
        self.folder = Path(tempfile.mkdtemp(prefix="valor-benchmarks-"))
        self.folder.chmod(0o755)
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.certificates = Certificates(self.folder / "certificates")
            self.origin = self._keep(Origin(self.folder / "origin", self.certificates))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def _keep(self, server):
        self._stack.callback(server.stop)
        return server

    def peer(self, name: str):
        """One of the proxies that relay."""
        if name not in self._peers:
            start = PEERS[name]
            self._peers[name] = self._keep(
                start(self.folder / name, self.certificates, self.origin)
            )
        return self._peers[name]

    def runtime(self, name: str) -> Runtime:
        """A JavaScript runtime's own server."""
        if name not in self._runtimes:
            self._runtimes[name] = self._keep(RUNTIMES[name](self.folder / name))
        return self._runtimes[name]

    def _valor_with(self, name: str, plugins: list[str], options: list[str] = []) -> Valor:
        folder = self.folder / name
        return self._keep(Valor(folder, self.certificates, self.origin, plugins, options))

    @cached_property
    def valor_with_plugin(self) -> Valor:
        """One plugin, which answers http://plugin.example/."""
        return self._valor_with("valor-plugin", [f"{PLUGIN}=http://plugin.example/"])

    @cached_property
    def valor_with_ten_plugins(self) -> Valor:
        """Ten plugins: half of them claim other paths of the origin that load goes to, half of
        them other origins; plugin N answers http://plugin-N.example/."""
        return self._valor_with("valor-ten-plugins", self._ten_plugins())

    @cached_property
    def valor_without_spares(self) -> Valor:
        """The same, without a process that waits for the next plugin."""
        return self._valor_with("valor-no-spares", self._ten_plugins(), ["--spare-workers", "0"])

    def _ten_plugins(self) -> list[str]:
        plugins = []
        for number in range(PLUGIN_COUNT):
            script = self.folder / f"plugin-{number}.js"
            shutil.copy(PLUGIN, script)
            scopes = [plugin_url(number)]
            if number % 2:
                scopes.append(self.origin.url(False, f"/claimed/by/{number}/"))
            plugins.append(f"{script}={','.join(scopes)}")
        return plugins


def plugin_url(number: int) -> str:
    return f"http://plugin-{number}.example/"
