"""A process of its own for each measurement, so that none pays for another's memory."""

import ctypes
import gc
import resource
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

_CLEAR: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """What a function of a module answers, in a fresh process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def peak(*, anew: bool = False) -> float:
    """Highest memory use of this process so far, in MB; `anew` counts from now on (Linux only)."""
    if not _CLEAR.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if anew:
        _CLEAR.write_text("5", encoding="ascii")
    status = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def tidy() -> None:
    """Give back what is free, so that what is used next is seen."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
