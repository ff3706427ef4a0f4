"""The command: runs folders of tests and prints how many subtests of each pass."""

import argparse
import collections
import itertools
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from .run import Result, Runner
from .server import ResultServer, TestServers
from .tests import find_tests

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# Those of the interfaces that workers have, each a line of the table.
FOLDERS = [
    "compression", "console", "dom/abort", "dom/events", "encoding", "fetch/api",
    "fetch/content-encoding", "fetch/content-length", "fetch/content-type", "fetch/data-urls",
    "fetch/range", "FileAPI", "hr-time", "html/infrastructure/safe-passing-of-structured-data",
    "html/webappapis/atob", "html/webappapis/microtask-queuing", "html/webappapis/scripting",
    "html/webappapis/structured-clone", "html/webappapis/timers", "mimesniff",
    "performance-timeline", "service-workers/cache-storage", "service-workers/service-worker",
    "streams", "url", "urlpattern", "user-timing", "wasm/jsapi", "wasm/webapi", "WebCryptoAPI",
    "webidl", "webmessaging/broadcastchannel", "webmessaging/message-channels",
    "workers/interfaces/WorkerUtils", "workers/modules", "xhr/formdata",
]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/wpt", description="Runs the Web Platform Tests that need no page in workers of valor.")
    parser.add_argument("checkout", metavar="DIR", help="a checkout of the Web Platform Tests")
    parser.add_argument("roots", metavar="FOLDER|FILE", nargs="*", help="what to run")
    parser.add_argument("--binary", default=os.environ.get("VALOR_BINARY"),
                        help="the program (default: VALOR_BINARY, else the release build)")
    parser.add_argument("--jobs", type=int, default=2, help="tests at a time (2)")
    parser.add_argument("--report", metavar="FILE", help="writes the results as wptreport JSON")
    parser.add_argument("--failures", action="store_true", help="prints each subtest that fails")
    parser.add_argument("--logs", action="store_true", help="prints the proxy's log of each failing file")
    parser.add_argument("--tentative", action="store_true", help="runs tentative tests, too")
    parser.add_argument("--markdown", action="store_true", help="prints the table as Markdown")
    parser.add_argument("--timeout-factor", type=float, default=1.0, help="multiplies all time limits")
    return parser.parse_args()


def folder_of(path: str, roots: list[str]) -> str:
    """The line of the table that a file counts for."""
    found = [root for root in roots if path == root or path.startswith(root.rstrip("/") + "/")]
    return max(found, key=len) if found else os.path.dirname(path)


def print_failures(result: Result, with_log: bool) -> None:
    failing = [subtest for subtest in result.subtests if subtest["status"] != "PASS"]
    if result.status == "OK" and not failing:
        return
    print(f"\n{result.test.name}: {result.status} {result.message}")
    for subtest in failing:
        print(f"  {subtest['status']} {subtest['name']}: {subtest['message'][:160]}")
    if with_log or not result.subtests:
        print("  " + result.log.strip()[-1500:].replace("\n", "\n  "))


def print_table(results: list[Result], roots: list[str], is_markdown: bool) -> None:
    rows: dict[str, list[Result]] = collections.defaultdict(list)
    for result in results:
        rows[folder_of(result.test.path, roots)].append(result)
    width = max([len(name) for name in rows] + [6])
    if is_markdown:
        print("| folder | files | subtests | passed | % |\n|---|---|---|---|---|")
    for name in sorted(rows) + ["all"]:
        row = results if name == "all" else rows[name]
        passed, total = sum(r.passed for r in row), sum(r.total for r in row)
        share = f"{100 * passed / total:.1f}" if total else "-"
        if is_markdown:
            print(f"| {name} | {len(row)} | {total} | {passed} | {share} |")
        else:
            print(f"{name:<{width}}  {len(row):>4} files  {passed:>6}/{total:<6}  {share:>5} %")


def write_report(file: str, results: list[Result], start: float) -> None:
    """The format of wpt.fyi."""
    report = {
        "run_info": {"product": "valor", "os": sys.platform},
        "time_start": int(start * 1000), "time_end": int(time.time() * 1000),
        "results": [
            {"test": result.test.name, "status": result.status, "message": result.message or None,
             "subtests": [dict(s, message=s["message"] or None) for s in result.subtests]}
            for result in results
        ],
    }
    with open(file, "w") as output:
        json.dump(report, output, indent=1)


def main() -> int:
    options = read_options()
    binary = options.binary or os.path.join(REPOSITORY, ".build/release/valor")
    if not os.access(binary, os.X_OK):
        raise SystemExit(f"wpt: there is no {binary}; run scripts/build or set VALOR_BINARY")
    if not os.path.isfile(os.path.join(options.checkout, "resources/testharness.js")):
        raise SystemExit(f"wpt: {options.checkout} is no checkout of the Web Platform Tests")
    roots = options.roots or [root for root in FOLDERS if os.path.isdir(os.path.join(options.checkout, root))]
    roots = [os.path.normpath(root) for root in roots]
    tests = find_tests(options.checkout, roots, options.tentative)
    start = time.time()
    servers, reports = TestServers(options.checkout), ResultServer()
    runner = Runner(os.path.abspath(binary), servers, reports, options.timeout_factor)
    numbers = itertools.count(1)
    try:
        with ThreadPoolExecutor(max(1, options.jobs)) as pool:
            results = []
            for result in pool.map(lambda test: runner.run(test, str(next(numbers))), tests):
                results.append(result)
                if options.failures:
                    print_failures(result, options.logs)
                if sys.stderr.isatty():
                    print(f"\r{len(results)}/{len(tests)}", end="", file=sys.stderr)
    finally:
        runner.close()
        reports.close()
        servers.close()
    print_table(results, roots, options.markdown)
    if options.report:
        write_report(options.report, results, start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
