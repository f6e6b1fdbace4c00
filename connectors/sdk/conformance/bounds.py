"""Time in the laws: waits that are heard of instead of waited for, and work that has to end."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from connectors.sdk import clock
from connectors.sdk.conformance.subject import BrokenLaw

_T = TypeVar("_T")
BOUND_SECONDS: Final = 30.0
"""How long one attempt may take whatever the other side does, with the settings of a subject."""


@contextmanager
def unhurried() -> Iterator[list[float]]:
    """Time passes at once: gives the list to which every `clock.wait` is added, in seconds."""
    waits: list[float] = []
    kept = clock.wait
    clock.wait = waits.append
    try:
        yield waits
    finally:
        clock.wait = kept


def bounded(work: Callable[[], _T], *, seconds: float = BOUND_SECONDS) -> _T:
    """Do the work, if it ends in time.

    Raises:
        BrokenLaw: It does not end; it is left behind on a thread.
        Exception: What the work raises.
    """
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that asked
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        message = f"still at it after {seconds:.0f} seconds"
        raise BrokenLaw(message)
    return results[0]
