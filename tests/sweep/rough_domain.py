"""A domain whose calls meet faults: what `FaultProxy` is to systems over HTTP."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from connectors.active_directory.results import CREDENTIALS
from connectors.active_directory.sandbox.faults import Call, Faults, ReplyLost
from connectors.active_directory.sandbox.objects import DirectoryError
from connectors.active_directory.sandbox.served import SandboxDomain

NO_ACCESS, BUSY, UNAVAILABLE, UNWILLING, OTHER = 50, 51, 52, 53, 80


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a call.

    Attributes:
        code: LDAP result with which it is refused; None when the connection breaks.
        applied: Whether it takes effect before the connection breaks.
    """

    code: int | None = None
    applied: bool = False


FAULTS: Final[Mapping[str, Fault]] = {
    "broken before": Fault(),
    "answer lost": Fault(applied=True),
    "bind refused": Fault(CREDENTIALS),
    "no access": Fault(NO_ACCESS),
    "busy": Fault(BUSY),
    "unavailable": Fault(UNAVAILABLE),
    "unwilling": Fault(UNWILLING),
    "other": Fault(OTHER),
}


class RoughDomain(Faults):
    """Faults by the number of the call.

    Attributes:
        requests: How many calls have come.
        meets: Number of a call, from 0 -> the fault it meets; None for none.
    """

    __slots__ = ("_counting", "_met", "meets", "requests")

    def __init__(self) -> None:
        """Nothing goes wrong yet."""
        super().__init__()
        self.requests = 0
        self.meets: Callable[[int], Fault | None] = lambda _: None
        self._counting, self._met = threading.Lock(), threading.local()

    def before(self, call: Call) -> None:
        """See `Faults.before`."""
        with self._counting:
            fault, self.requests = self.meets(self.requests), self.requests + 1
        self._met.fault = fault
        if fault is None or fault.applied:
            return
        if fault.code is None:
            raise ReplyLost
        raise DirectoryError(fault.code, "1F", "AS_THE_TEST_ASKED")

    def after(self, call: Call) -> None:
        """See `Faults.after`."""
        if self._met.fault is not None and self._met.fault.applied:
            raise ReplyLost


@contextmanager
def rough(domain: SandboxDomain) -> Iterator[RoughDomain]:
    """Let calls to a domain meet faults."""
    before, domain.faults = domain.faults, RoughDomain()
    yield domain.faults
    domain.faults = before


__all__ = ["FAULTS", "Fault", "RoughDomain", "rough"]
