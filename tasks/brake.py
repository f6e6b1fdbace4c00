"""Stopping a run in the middle, so that nothing is written any more when its lock is given back."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from connectors.model.change import Change

HALTED = "the run was interrupted"
WhyNot = Callable[[], str | None]


def nothing() -> str | None:
    """Nothing speaks against it."""
    return None


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

    def why_not(self, also: WhyNot) -> str | None:
        """Why nobody else may be begun; None while nothing speaks against it.

        Args:
            also: Says what else speaks against it.
        """
        return HALTED if self.pulled else also()

    def until_pulled(self, changes: Iterable[Change], also: WhyNot = nothing) -> Iterator[Change]:
        """The changes, up to the first person that comes after the brake was pulled.

        Args:
            changes: A person's next to each other.
            also: Says what else is a reason to stop.
        """
        person: str | None = None
        for change in changes:
            if change.person != person and self.why_not(also) is not None:
                return
            person = change.person
            yield change

    def pull(self) -> None:
        """Stop; returns when every shard that was writing has stopped."""
        with self._quiet:
            self.pulled = True
            self._quiet.wait_for(lambda: self._shards == 0)
