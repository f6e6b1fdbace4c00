"""Keeping to a quota: calls are counted, and slowed down before Google does it.

A minute's quota may be spent at once; after that, calls follow each other at the rate at which it
fills up again. Where Google says that it was too much all the same (others spend the same quota),
what was left is taken as spent.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from connectors.sdk import clock

MINUTE_SECONDS: Final = 60.0


class Pace:
    """A quota of calls per minute, shared by all threads of a connection.

    Args:
        calls_per_minute: The quota.
        seconds: A clock that only grows.
    """

    def __init__(
        self, calls_per_minute: int, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is spent yet."""
        self._most, self._rate = float(calls_per_minute), calls_per_minute / MINUTE_SECONDS
        self._seconds = seconds
        self._left, self._at = self._most, seconds()
        self._lock = threading.Lock()

    def take(self, calls: int = 1) -> None:
        """Wait until so many calls may be sent."""
        with self._lock:
            self._fill()
            self._left -= calls
            wait = -self._left / self._rate
        if wait > 0:
            clock.wait(wait)

    def spent(self) -> None:
        """Google says that the quota is used up."""
        with self._lock:
            self._fill()
            self._left = min(self._left, 0.0)

    def _fill(self) -> None:
        moment = self._seconds()
        self._left = min(self._most, self._left + (moment - self._at) * self._rate)
        self._at = moment
