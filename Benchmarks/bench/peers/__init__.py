"""The servers that are compared. Each class starts one and knows how load reaches it:
``endpoint(is_secure, path)`` for a path of the origin, ``version()``, ``stop()``."""

from .mitmproxy import Mitmproxy
from .nginx import Nginx
from .squid import Squid
from .valor import Valor

PEERS = {"valor": Valor, "nginx": Nginx, "squid": Squid, "mitmproxy": Mitmproxy}
