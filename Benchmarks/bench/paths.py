"""Where things are."""

import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
REPOSITORY = FOLDER.parent
# What outlives a run: the load generator's program, the environments of mitmproxy and Deno. Git
# ignores it.
WORK = FOLDER / ".work"
LOAD = WORK / "load"
RESULTS = FOLDER / "RESULTS.md"


def mitmdump() -> str | None:
    """mitmdump of our own environment, or else the system's."""
    return program("mitmproxy", "mitmdump")


def program(package: str, name: str) -> str | None:
    """A program of a Python package in an environment of its own, or else the system's."""
    own = WORK / package / "bin" / name
    return str(own) if own.exists() else shutil.which(name)
