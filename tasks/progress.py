"""What a run tells while it goes on, to whoever listens in this process. Nothing depends on it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tasks.run import Ending, Run


class Listener:
    """Hears what a run does; each method says nothing here and may be overridden.

    Called from several threads. An exception in a listener is an exception in the run.
    """

    def began(self, run: Run) -> None:
        """The profile is compiled and the lock is held."""

    def imported(self, persons: int) -> None:
        """The source was read."""

    def read(self, target: str, accounts: int) -> None:
        """A target was read."""

    def planned(self, changes: Mapping[str, int]) -> None:
        """Everything is decided: number of changes by target, in the order they are executed."""

    def answered(self, target: str, changes: int) -> None:
        """So many more changes of a target have a receipt."""

    def ended(self, ending: Ending) -> None:
        """The run is over, however it ended; told before the lock is given back."""


class _Everybody(Listener):
    """Passes on what it hears to all that listen now, in the order in which they began to."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._turn = threading.Lock()

    def add(self, listener: Listener) -> None:
        with self._turn:
            self._listeners = (*self._listeners, listener)

    def remove(self, listener: Listener) -> None:
        with self._turn:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def _pass_on(self, say: Callable[[Listener], None]) -> None:
        for listener in self._listeners:
            say(listener)

    def began(self, run: Run) -> None:
        self._pass_on(lambda one: one.began(run))

    def imported(self, persons: int) -> None:
        self._pass_on(lambda one: one.imported(persons))

    def read(self, target: str, accounts: int) -> None:
        self._pass_on(lambda one: one.read(target, accounts))

    def planned(self, changes: Mapping[str, int]) -> None:
        self._pass_on(lambda one: one.planned(changes))

    def answered(self, target: str, changes: int) -> None:
        self._pass_on(lambda one: one.answered(target, changes))

    def ended(self, ending: Ending) -> None:
        self._pass_on(lambda one: one.ended(ending))


# Threads of Prefect's pool have no other way to find it.
_everybody = _Everybody()


def tell() -> Listener:
    """Whoever listens now: none, one or several."""
    return _everybody


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let a listener, beside others, hear the runs of this process while the context lasts."""
    _everybody.add(listener)
    try:
        yield
    finally:
        _everybody.remove(listener)
