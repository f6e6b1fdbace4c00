"""What lets a step work for a run, in whatever process it is."""

import time
from dataclasses import dataclass
from typing import Final

from connectors.ledger.ledger import Ledger
from connectors.model.errors import RunRefused, Unreachable
from tasks.brake import HALTED

SECONDS: Final = 1.0
"""How old an answer of the ledger may be."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a step elsewhere needs to know of a run that has begun. Holds no secret.

    Attributes:
        lock: Token of the lock that the run holds. It opens nothing; it tells this holder from the
            next one.
        file: The profile, absolute.
        rules: Files and folders of rules instead of its own, absolute.
        digest: Of the profile and its rules.
        shared: Whether steps of the run work in several processes.
    """

    lock: str
    file: str
    rules: tuple[str, ...]
    digest: str
    shared: bool


class Permit:
    """Whether a run may go on writing, as the ledger says; asked once a second at most.

    Args:
        ledger: Where the lock is.
        profile: Name of the profile.
        ticket: Of the run.
    """

    def __init__(self, ledger: Ledger, profile: str, ticket: Ticket) -> None:
        """Nothing is asked yet."""
        self._ledger, self._profile, self._ticket = ledger, profile, ticket
        self._over: str | None = None
        self._stopped: dict[str, str] = {}
        self._asked = -SECONDS

    def why_not(self, target: str) -> str | None:
        """Why nothing more may be written to a target; None while it may be."""
        if self._over is None and time.monotonic() - self._asked >= SECONDS:
            self._ask()
        return self._over or self._stopped.get(target)

    def require(self) -> None:
        """Make sure, now, that the run still holds its lock.

        Raises:
            RunRefused: It does not.
        """
        self._ledger.check_lock(self._profile, self._ticket.lock)

    def give_up(self, target: str, reason: str) -> None:
        """Let the steps in other processes know that a target is given up."""
        self._stopped.setdefault(target, reason)
        if self._ticket.shared and self._over is None:
            self._ledger.give_up(self._profile, self._ticket.lock, target, reason)

    def _ask(self) -> None:
        try:
            standing = self._ledger.standing(self._profile, self._ticket.lock)
        except RunRefused as error:
            self._over = str(error)
            return
        except Unreachable:  # without the ledger nobody is begun anyway, and that says why
            return
        self._asked = time.monotonic()
        self._stopped = {**standing.stopped, **self._stopped}
        if standing.halted:
            self._over = HALTED
