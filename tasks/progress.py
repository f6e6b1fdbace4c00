"""What a run tells while it goes on, to whoever listens in this process. Nothing depends on it."""

from collections.abc import Iterator, Mapping
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


_listener = Listener()


def tell() -> Listener:
    """Whoever listens now."""
    return _listener


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let a listener hear the runs of this process while the context lasts."""
    global _listener  # noqa: PLW0603 - threads of Prefect's pool have no other way to find it
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before
