"""Once: what several readers of one run need is read by the first who asks."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")


class Once:
    """Readings of one run, by key. Never outlives the run: the next one reads anew."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._readings: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], _T]) -> _T:
        """What `read` gives; called by whoever asks first for the key, the others wait for it.

        Args:
            key: Names the reading. May hold secrets: it is kept in memory and never shown.
            read: Reads.

        Raises:
            Exception: Whatever `read` raised, for everybody who asks.
        """
        with self._lock:
            mine = key not in self._readings
            reading: Future[_T] = self._readings.setdefault(key, Future())
        if mine:
            try:
                reading.set_result(read())
            except BaseException as error:
                reading.set_exception(error)
                raise
        return reading.result()

    def __repr__(self) -> str:
        """Counts only: keys may hold secrets."""
        return f"Once({len(self._readings)} readings)"
