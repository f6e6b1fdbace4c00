"""The site of a run in a process that is not the run's own: opened for a step, closed when idle."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tasks.run import Run
from tasks.setup import is_at_home, site_of, visit_site
from tasks.site import Site

IDLE_SECONDS: Final = 30.0
"""How long a site stays open after the last step: connections and secrets are not kept longer."""


class Visit:
    """A site that steps of a run share in a process that is not the run's own.

    Attributes:
        site: The site.
        steps: How many steps use it now.
        leaving: Closes it after a while without a step.
    """

    def __init__(self, site: Site) -> None:
        """Nobody uses it yet."""
        self.site, self.steps = site, 0
        self.leaving: threading.Timer | None = None


_VISITS: dict[str, Visit] = {}
_DOOR = threading.Lock()


@contextmanager
def at_site(run: Run) -> Iterator[Site]:
    """The site of a run, for as long as a step needs it.

    Raises:
        RetourError: It cannot be opened here, or the run is over.
    """
    if run.ticket is None or is_at_home(run):
        yield site_of(run)
        return
    visit = _enter(run)
    try:
        yield visit.site
    finally:
        _leave(run.ticket.lock, visit)


def _enter(run: Run) -> Visit:
    assert run.ticket is not None  # noqa: S101 - asked before
    with _DOOR:
        visit = _VISITS.get(run.ticket.lock)
        if visit is None:
            visit = _VISITS[run.ticket.lock] = Visit(visit_site(run))
        if visit.leaving is not None:
            visit.leaving.cancel()
            visit.leaving = None
        visit.steps += 1
        return visit


def _leave(lock: str, visit: Visit) -> None:
    with _DOOR:
        visit.steps -= 1
        if not visit.steps:
            visit.leaving = threading.Timer(IDLE_SECONDS, _close, (lock,))
            visit.leaving.daemon = True
            visit.leaving.start()


def _close(lock: str) -> None:
    with _DOOR:
        visit = _VISITS.get(lock)
        if visit is not None and not visit.steps:
            del _VISITS[lock]
            visit.site.ledger.close()
