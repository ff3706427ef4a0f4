"""Which tests there are: the `.any.js` and `.worker.js` files that a worker can run."""

import os
import re
from dataclasses import dataclass, field

META = re.compile(r"//\s*META:\s*(\w+)=(.*)")

# What `global=` may name for a file that a service worker can run, too.
WORKER_GLOBALS = {
    "worker", "dedicatedworker", "sharedworker", "serviceworker",
    "dedicatedworker-module", "sharedworker-module", "serviceworker-module",
}


@dataclass(frozen=True)
class Test:
    """One run: a file with one of its variants."""

    path: str
    """Relative to the checkout, with slashes."""
    variant: str = ""
    scripts: tuple[str, ...] = ()
    is_long: bool = False
    is_module: bool = False
    is_secure: bool = True

    @property
    def name(self) -> str:
        return f"/{self.path}{self.variant}"


@dataclass
class Metadata:
    globals: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)
    is_long: bool = False


def read_metadata(file: str) -> Metadata:
    metadata = Metadata()
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.startswith("//"):
                if line.strip():
                    break
                continue
            match = META.match(line)
            if match is None:
                continue
            key, value = match[1], match[2].strip()
            if key == "global":
                metadata.globals = {name.strip() for name in value.split(",")}
            elif key == "script":
                metadata.scripts.append(value)
            elif key == "variant":
                metadata.variants.append(value)
            elif key == "timeout":
                metadata.is_long = value == "long"
    return metadata


def tests_of(checkout: str, path: str, include_tentative: bool) -> list[Test]:
    """The runs of one file; none where a worker cannot run it."""
    if ".tentative." in path and not include_tentative:
        return []
    metadata = read_metadata(os.path.join(checkout, path))
    is_module = False
    if path.endswith(".any.js"):
        globals = metadata.globals or {"window", "dedicatedworker"}
        runnable = globals & WORKER_GLOBALS
        if not runnable:
            return []
        is_module = all(name.endswith("-module") for name in runnable)
    elif not path.endswith((".worker.js", ".serviceworker.js")):
        return []
    is_secure = ".https." in path or "serviceworker" in metadata.globals or "worker" in metadata.globals
    return [
        Test(path, variant, tuple(metadata.scripts), metadata.is_long, is_module, is_secure)
        for variant in metadata.variants or [""]
    ]


def find_tests(checkout: str, roots: list[str], include_tentative: bool) -> list[Test]:
    """All runs below the folders, in the order of their paths."""
    paths: set[str] = set()
    for root in roots:
        full = os.path.join(checkout, root)
        if os.path.isfile(full):
            paths.add(root)
            continue
        if not os.path.isdir(full):
            raise SystemExit(f"wpt: {root} is no folder or file of {checkout}")
        for folder, _, files in os.walk(full):
            for name in files:
                if name.endswith((".any.js", ".worker.js", ".serviceworker.js")):
                    paths.add(os.path.relpath(os.path.join(folder, name), checkout))
    return [
        test
        for path in sorted(paths)
        for test in tests_of(checkout, path.replace(os.sep, "/"), include_tentative)
    ]
