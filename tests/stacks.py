"""Where the threads of a process stand that does not go on: the last thing that it says."""

import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import psutil

SAYING: Final = {"PYTHONFAULTHANDLER": "1"}
"""Environment of processes that can be asked."""
_SECONDS: Final = 20


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def say_where_you_stand(processes: Sequence[psutil.Process]) -> None:
    """Have processes write the stacks of all their threads to stderr, and end.

    No thread has to be able to go on for it.

    Args:
        processes: Started with `SAYING`, as `family` lists them. Those who were started last come
            first: they end with whoever has started them.
    """
    for process in reversed(processes):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGABRT)
            psutil.wait_procs([process], _SECONDS)
    end(processes)


def end(processes: Iterable[psutil.Process]) -> None:
    """End processes, whatever they are doing."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
