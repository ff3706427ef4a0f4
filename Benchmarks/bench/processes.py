"""Processes that this run started: starting, their CPU time with their children's, ending."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen, log: Path, seconds: float = 20) -> None:
    """Waits until somebody listens; an end of the process is a failure with its last words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended at its start:\n{tail(log)}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen on {port}:\n{tail(log)}")


def tail(log: Path) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


class Stat:
    """The fields of /proc/PID/stat that are of interest here."""

    def __init__(self, text: str):
        # The name in parentheses may hold anything, so what follows its last one counts.
        fields = text[text.rindex(")") + 2 :].split()
        self.parent = int(fields[1])
        # The process's own ticks and those of its children that it has waited for.
        self.ticks = sum(int(field) for field in fields[11:15])
        self.start = int(fields[19])


def all_processes() -> dict[int, Stat]:
    """Every process by its id."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found[int(entry)] = Stat(Path("/proc", entry, "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def tree(root: int) -> dict[int, Stat]:
    """The process and its descendants that are alive."""
    processes = all_processes()
    members = {root} & processes.keys()
    grown = True
    while grown:
        more = {pid for pid, stat in processes.items() if stat.parent in members} - members
        members |= more
        grown = bool(more)
    return {pid: processes[pid] for pid in members}


def name_of(pid: int) -> str:
    """The name of a process, as `ps` shows it; nothing where it has ended."""
    try:
        return Path("/proc", str(pid), "comm").read_text().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def cpu_seconds(root: int) -> float:
    """User and system time of the process tree so far, ended children included."""
    members = tree(root)
    if root not in members:
        raise RuntimeError(f"process {root}, which was to be measured, has ended")
    return sum(stat.ticks for stat in members.values()) / TICKS_PER_SECOND


class Server:
    """A process that serves until it is stopped."""

    def __init__(self, arguments: list[str], log: Path, **options):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=options.pop("stdout", output),
                stderr=output,
                # An interrupt of the terminal is for the driver, which then ends the servers.
                start_new_session=True,
                **options,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """Ends the process, and after it whichever of its children is left."""
        members = tree(self.pid)
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        left = all_processes()
        for pid, stat in members.items():
            # A number that now belongs to another process has another start.
            if pid in left and left[pid].start == stat.start:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if self.process.stdout:
            self.process.stdout.close()
