"""How a run stands, for its steps in this process and in others: may they go on writing?"""

import time
from contextlib import suppress
from typing import Final

from connectors.ledger.ledger import Ledger
from connectors.ledger.lock import LEASE_SECONDS
from connectors.model.errors import Unreachable
from tasks.brake import HALTED, Brake
from tasks.run import Run
from tasks.ticket import Permit, Ticket

QUIET_SECONDS: Final = LEASE_SECONDS / 2
"""How long an interrupted run waits for writes that are on their way in other processes."""


class Standing:
    """The lock of a run, what was given up in it, and whether it was halted.

    Attributes:
        name: Of the profile.
        ledger: Where the lock stands, and beside it what steps elsewhere have to know.
        brake: Stops the shards of this process.
        stopped: Target -> why it was given up in this run.
    """

    name: str
    ledger: Ledger
    brake: Brake
    stopped: dict[str, str]
    _run: Run
    _permit: Permit | None

    def hold_lock(self) -> None:
        """Make sure that no other run has taken over.

        Raises:
            RunRefused: One has.
        """
        if self._run.ticket is not None:
            self._allowed(self._run.ticket).require()

    def why_not(self, target: str) -> str | None:
        """Why nothing more may be written to a target in this run; None while it may be."""
        reason = HALTED if self.brake.pulled else self.stopped.get(target)
        if reason is None and self._run.ticket is not None:
            reason = self._allowed(self._run.ticket).why_not(target)
        return reason

    def give_up(self, target: str, reason: str) -> None:
        """Write nothing more to a target in this run, wherever its steps work.

        A ledger that does not answer keeps nobody from knowing: without it nobody writes.
        """
        self.stopped.setdefault(target, reason)
        if self._run.ticket is not None and not self.brake.pulled:
            with suppress(Unreachable):
                self._allowed(self._run.ticket).give_up(target, reason)

    def halt(self) -> None:
        """Stop what is being written, here and elsewhere; returns when it has stopped."""
        ticket = self._run.ticket
        if self.brake.pulled or ticket is None or not ticket.shared:
            self.brake.pull()
            return
        with suppress(Unreachable):
            self.ledger.halt(self.name, ticket.lock)
        self.brake.pull()
        self._wait_until_quiet()

    def _wait_until_quiet(self) -> None:
        # A process that is gone answers no more: then the next run finds out what was done.
        deadline = time.monotonic() + QUIET_SECONDS
        with suppress(Unreachable):
            while self.ledger.being_written(self._run.id) and time.monotonic() < deadline:
                time.sleep(0.2)

    def _allowed(self, ticket: Ticket) -> Permit:
        if self._permit is None:
            self._permit = Permit(self.ledger, self.name, ticket)
        return self._permit
