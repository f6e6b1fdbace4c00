"""Garbage is collected seldom while a run lasts.

A run makes some hundred thousand objects that live to its end, and Python looks through all of
them again and again for cycles that are not there: a tenth of the time of a run. What there is when
a run begins, the code of all packages above all, is left out of that as well.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NEW_OBJECTS: Final = 50_000
"""Containers that are made before the youngest are looked through; usually 700."""
_LOCK: Final = threading.Lock()
_RUNS: Final[list[tuple[int, int, int]]] = []
"""The usual thresholds, once for each run under way in this process."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect seldom inside; the last run that leaves brings back what was usual."""
    with _LOCK:
        _RUNS.append(_RUNS[0] if _RUNS else gc.get_threshold())
        if len(_RUNS) == 1:
            gc.freeze()
            gc.set_threshold(NEW_OBJECTS, *_RUNS[0][1:])
    try:
        yield
    finally:
        with _LOCK:
            usual = _RUNS.pop()
            if not _RUNS:
                gc.set_threshold(*usual)
                gc.unfreeze()
