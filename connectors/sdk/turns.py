"""One person's changes being executed: their order, their receipts, what a failure stops.

Shared by every way of executing changes, person by person on threads or by calls in batches.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from connectors.model.change import Change, Verb
from connectors.model.errors import (
    ConnectorError,
    RateLimited,
    Refused,
    TimedOut,
    Transient,
    Unavailable,
    Unreachable,
)
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import Attributes
from connectors.sdk.clock import LONGEST_WAIT_SECONDS, now
from connectors.sdk.understood import STUMBLES, misread

MAX_SILENT: Final = 3
"""Persons in a row who fail because the system does not answer, before the target is given up."""
MAX_PUT_OFF: Final = 10
"""The same where it answers, asks for patience, and does not keep its word."""
GIVEN_UP: Final = "the target was given up"
EARLIER_FAILED: Final = "an earlier change of this person failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What executing one change came to.

    Attributes:
        ref: Native id of the account; None when the change removed it.
        produced: What the account holds now, read back.
        already: The target was in the wanted state.
        detail: A sentence for the audit trail, when there is something to say.
    """

    ref: str | None = None
    produced: Attributes = field(default_factory=dict)
    already: bool = False
    detail: str | None = None


class Turn:
    """The changes of one person, in order, each answered with one receipt.

    A change that fails sets the remaining ones aside. The native id that a create gives, or an
    update changes, is filled into the later changes.

    Attributes:
        receipts: Of the changes so far.
        failure: What stopped it, None while nothing has.
        begun: Whether a change was given out to be written.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        """Nothing is written yet."""
        self.receipts: list[Receipt] = []
        self.failure: Exception | None = None
        self.begun = False
        self._left = deque(changes)
        self._refs: dict[str | None, str] = {}
        self._planned: Change | None = None
        self._known: Change | None = None

    def next(self) -> Change | None:
        """The change to write now, its ref filled in; None when nothing is left to write.

        Changes that no writer needs to hear of get their receipts on the way.
        """
        while self._left:
            planned = self._left.popleft()
            known = planned
            if planned.ref in self._refs:
                known = planned.resolved(ref=self._refs[planned.ref], after=planned.after)
            if not takes_over(known):
                self._planned, self._known, self.begun = planned, known, True
                return known
            self.receipts.append(receipt_of(known, Outcome.ALREADY, detail=_TAKEN_OVER[known.verb]))
        return None

    def wrote(self, written: Written) -> None:
        """The change that `next` gave is done."""
        planned, known = self._at()
        if written.ref is not None and written.ref != planned.ref:
            self._refs[planned.ref] = written.ref
        self.receipts.append(
            receipt_of(
                known,
                Outcome.ALREADY if written.already else Outcome.DONE,
                ref=written.ref or (None if known.verb is Verb.DELETE else known.ref),
                produced=written.produced,
                detail=written.detail,
            )
        )

    def failed(self, error: Exception) -> None:
        """The change that `next` gave failed, or nobody knows; the others are set aside."""
        _, known = self._at()
        if isinstance(error, STUMBLES):  # over an answer, most likely; what it did nobody knows
            error = misread(error, system=known.target, operation=known.verb.value)
            self.receipts.append(receipt_of(known, Outcome.IN_DOUBT, detail=str(error)))
        elif isinstance(error, ConnectorError):
            outcome = Outcome.IN_DOUBT if isinstance(error, Transient) else Outcome.FAILED
            self.receipts.append(receipt_of(known, outcome, detail=str(error)))
        else:  # a bug must not cost the receipts of the others, nor show what it stumbled over
            detail = f"the connector is broken ({type(error).__name__})"
            self.receipts.append(receipt_of(known, Outcome.IN_DOUBT, detail=detail))
        self.failure = error
        self.set_aside(EARLIER_FAILED)

    def give_back(self) -> None:
        """The change that `next` gave was not tried."""
        planned, _ = self._at()
        self._left.appendleft(planned)

    def set_aside(self, reason: str) -> None:
        """Write nothing more for this person."""
        while self._left:
            self.receipts.append(receipt_of(self._left.popleft(), Outcome.SET_ASIDE, detail=reason))

    def _at(self) -> tuple[Change, Change]:
        if self._planned is None or self._known is None:
            message = "a turn is told of a change that it never gave out"
            raise RuntimeError(message)
        return self._planned, self._known


class Turns:
    """Changes, cut into a turn per person. Pulls one change further than it gives."""

    def __init__(self, changes: Iterable[Change]) -> None:
        """Nothing is pulled yet."""
        self._changes = iter(changes)
        self._begun = False
        self._ahead: Change | None = None

    def next(self) -> Turn | None:
        """The next person's changes, None when there are no more."""
        if not self._begun:
            self._begun, self._ahead = True, next(self._changes, None)
        if self._ahead is None:
            return None
        person = [self._ahead]
        self._ahead = None
        for change in self._changes:
            if change.person != person[0].person:
                self._ahead = change
                break
            person.append(change)
        return Turn(person)

    def left(self) -> Iterator[Receipt]:
        """When the target is given up: the receipt of the change that was pulled and not given."""
        if self._ahead is not None:
            yield receipt_of(self._ahead, Outcome.SET_ASIDE, detail=GIVEN_UP)


class Trial:
    """Whether a target is worth going on with, learnt from one turn after the other.

    Attributes:
        verdict: Why it is given up, None as long as it is not.
        over: Set when nobody else is to be begun, by the thread that met the reason: it is free for
            the next person before anybody else hears of it.
    """

    def __init__(self) -> None:
        """Nothing speaks against it yet."""
        self.verdict: Exception | None = None
        self.over = threading.Event()
        self._silent = self._put_off = 0

    def notice(self, turn: Turn) -> None:
        """See at once, on whatever thread, whether a turn met what stops the target."""
        if turn.failure is not None and not isinstance(turn.failure, Transient | Refused):
            self.over.set()

    def learn(self, turn: Turn) -> None:
        """Take a turn that has ended into account; called by one thread only."""
        error = turn.failure
        silence = isinstance(error, Unavailable | TimedOut)
        self._silent = self._silent + 1 if silence else 0
        self._put_off = self._put_off + 1 if isinstance(error, RateLimited) else 0
        if error is not None and not isinstance(error, Transient | Refused):
            self.verdict = self.verdict or error
        elif isinstance(error, Unavailable | TimedOut) and self._silent >= MAX_SILENT:
            message = f"no answer for {self._silent} persons in a row: {error.message}"
            self.verdict = self.verdict or Unreachable(message, system=error.system)
        elif isinstance(error, RateLimited) and self._put_off >= _most_put_off(error):
            message = f"{self._put_off} persons in a row were put off: {error.message}"
            hint = "Run again later, or let fewer persons be written side by side."
            self.verdict = self.verdict or Unreachable(message, system=error.system, hint=hint)
        if self.verdict is not None:
            self.over.set()


def _most_put_off(error: RateLimited) -> int:
    """Who asks for longer than a run waits says no to the next person as well."""
    asked = error.retry_after_seconds
    return MAX_SILENT if asked is not None and asked > LONGEST_WAIT_SECONDS else MAX_PUT_OFF


_TAKEN_OVER: Final = {
    Verb.GRANT: "held already: taken over",
    Verb.REVOKE: "gone already",
    Verb.UNMANAGE: "left as it is, and not ours any more",
}


def takes_over(change: Change) -> bool:
    """Whether a change only brings the ledger in line: no writer hears of it."""
    match change.verb:
        case Verb.UNMANAGE:
            return True
        case Verb.GRANT:
            return change.before == change.after
        case Verb.REVOKE:
            return not change.before
        case _:
            return False


def receipt_of(
    change: Change,
    outcome: Outcome,
    *,
    ref: str | None = None,
    produced: Attributes | None = None,
    detail: str | None = None,
) -> Receipt:
    """The receipt of a change, stamped with the present time."""
    return Receipt(
        change=change.id,
        target=change.target,
        person=change.person,
        verb=change.verb.value,
        outcome=outcome,
        ref=ref if ref is not None else change.ref,
        produced=produced or {},
        detail=detail,
        at=now(),
    )
