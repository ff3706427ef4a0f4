"""Where things are."""

import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
REPOSITORY = FOLDER.parent
# What outlives a run: the load generator's program and mitmproxy's environment. Git ignores it.
WORK = FOLDER / ".work"
LOAD = WORK / "load"
RESULTS = FOLDER / "RESULTS.md"


def mitmdump() -> str | None:
    """mitmdump of our own environment, or else the system's."""
    own = WORK / "mitmproxy/bin/mitmdump"
    return str(own) if own.exists() else shutil.which("mitmdump")
