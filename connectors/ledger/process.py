"""Which process this is, and whether another one is still there."""

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
STARTED: Final = 19
"""Position of the start time in /proc/PID/stat, counted behind the name (proc(5): field 22)."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told apart from a later one with the same number.

    Attributes:
        host: Name of the host, for people.
        machine: Whose process numbers it shares: boot and PID name space. Two containers may bear
            one host name and both have a process 7. "" where the system does not say.
        pid: Its number.
        started: When it started, in ticks since boot; "" where the system does not say.
    """

    host: str
    machine: str
    pid: int
    started: str


def this_process() -> Process:
    """The process we are in."""
    pid = os.getpid()
    return Process(platform.node(), _machine(), pid, _started(pid) or "")


def is_gone(process: Process) -> bool:
    """Whether that process has certainly ended; False also when it cannot be seen from here."""
    if (process.host, process.machine) != (platform.node(), _machine()):
        return False
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's, and alive
        return False
    started = _started(process.pid)
    return started is None or bool(started and process.started and started != process.started)


def _machine() -> str:
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(PROC / 'self/ns/pid').readlink()}"
    return ""


def _started(pid: int) -> str | None:
    """Start time; None for a process that has ended and waits to be collected; "" when unknown."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in {"Z", "X"} else rest[STARTED - 1]
