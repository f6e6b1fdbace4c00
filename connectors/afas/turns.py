"""One person, one write at a time, in this process: whoever comes second waits for the first.

AFAS refuses a second writer on one person. The run keeps the changes of one HR person apart, but
somebody who is employed twice may be two HR persons, and is one person in AFAS.

Source: README of Tools4everBV/HelloID-Conn-Prov-Target-AFAS-Profit-Users ("changed by another
user" with more than one action on a person at a time).
"""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Final


class Turns:
    """Who has the turn, by key. Nobody waits for another key, and no key is remembered."""

    def __init__(self) -> None:
        """Nobody has it."""
        self._changed = threading.Condition()
        self._taken: set[Hashable] = set()

    @contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        """Wait for the turn of a key, and have it for a while."""
        with self._changed:
            self._changed.wait_for(lambda: key not in self._taken)
            self._taken.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(key)
                self._changed.notify_all()


TURNS: Final = Turns()
"""Those of this process, over all targets and runs; a key is an environment and a person number."""
