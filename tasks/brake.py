"""Stopping a run in the middle, so that nothing is written any more when its lock is given back."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from connectors.model.change import Change

HALTED = "the run was interrupted"


class Brake:
    """Stops the shards of a run between two persons, and waits until none of them writes.

    Attributes:
        pulled: Whether the run is to stop.
    """

    def __init__(self) -> None:
        """Not pulled; nobody writes."""
        self.pulled = False
        self._shards = 0
        self._quiet = threading.Condition()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A shard is being executed while the context lasts."""
        with self._quiet:
            self._shards += 1
        try:
            yield
        finally:
            with self._quiet:
                self._shards -= 1
                self._quiet.notify_all()

    def until_pulled(self, changes: Iterable[Change]) -> Iterator[Change]:
        """The changes, up to the first person that comes after the brake was pulled."""
        person: str | None = None
        for change in changes:
            if self.pulled and change.person != person:
                return
            person = change.person
            yield change

    def pull(self) -> None:
        """Stop; returns when every shard that was writing has stopped."""
        with self._quiet:
            self.pulled = True
            self._quiet.wait_for(lambda: self._shards == 0)
