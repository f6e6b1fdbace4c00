"""Executing changes: one person's in order, persons side by side, pulled no faster than written."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from connectors.model.change import Change, Verb
from connectors.model.errors import (
    ConnectorError,
    Refused,
    TimedOut,
    Transient,
    Unavailable,
    Unreachable,
)
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import Attributes
from connectors.sdk.clock import now

MAX_SILENT = 3
"""Persons in a row who fail because the system does not answer, before the target is given up."""
GIVEN_UP = "the target was given up"


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


Execute = Callable[[Change], Written]


def apply_per_person(
    changes: Iterable[Change], execute: Execute, *, concurrency: int
) -> Iterator[Receipt]:
    """Execute changes: a person's in order and on one thread, `concurrency` persons at once.

    A person whose change fails has the remaining ones set aside. The native id that a create gives,
    or an update changes, is filled into the person's later changes.

    Args:
        changes: Grouped by person.
        execute: Writes one change. Raises `Refused` or `Transient` to fail it, `Fatal` to stop.
        concurrency: Persons at once, at least 1.

    Yields:
        A receipt per change that was pulled.

    Raises:
        Fatal: Raised by `execute`, or after `MAX_SILENT` persons in a row met a silent system.
            Every change pulled so far has its receipt by then.
    """
    people = _Persons(changes)
    silent = 0
    fatal: Exception | None = None
    given_up = threading.Event()
    # One person waits at the door, so that no thread idles while receipts and intents are written
    # down. Not where one person at a time is written: there, nobody else is touched.
    at_most = concurrency + (concurrency > 1)
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        running: set[Future[tuple[list[Receipt], Exception | None]]] = set()
        try:
            while True:
                while fatal is None and len(running) < at_most:
                    person = next(people, None)
                    if person is None:
                        break
                    running.add(pool.submit(_apply_one_person, person, execute, given_up))
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    receipts, error = future.result()
                    yield from receipts
                    silent = silent + 1 if isinstance(error, Unavailable | TimedOut) else 0
                    if error is not None and not isinstance(error, Transient | Refused):
                        fatal = fatal or error
                    elif isinstance(error, Unavailable | TimedOut) and silent >= MAX_SILENT:
                        message = f"no answer for {silent} persons in a row: {error.message}"
                        fatal = fatal or Unreachable(message, system=error.system)
                        given_up.set()
        finally:
            given_up.set()  # nobody listens any more, perhaps because the ledger broke
    if fatal is not None:
        if people.ahead is not None:
            yield receipt_of(people.ahead, Outcome.SET_ASIDE, detail=GIVEN_UP)
        raise fatal


class _Persons:
    """Changes, cut into a list per person. Pulls one change further than it gives.

    Attributes:
        ahead: The change that was pulled and not given yet.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        self._changes = iter(changes)
        self._begun = False
        self.ahead: Change | None = None

    def __iter__(self) -> "_Persons":
        return self

    def __next__(self) -> list[Change]:
        if not self._begun:
            self._begun, self.ahead = True, next(self._changes, None)
        if self.ahead is None:
            raise StopIteration
        person = [self.ahead]
        self.ahead = None
        for change in self._changes:
            if change.person != person[0].person:
                self.ahead = change
                break
            person.append(change)
        return person


def _apply_one_person(
    changes: list[Change], execute: Execute, given_up: threading.Event
) -> tuple[list[Receipt], Exception | None]:
    """Receipts of one person's changes, and what stopped them.

    Args:
        changes: Of the person, in order.
        execute: Writes one change.
        given_up: Set when nobody else is to be begun: by the thread that met the reason, for it is
            free for the next person before anybody else hears of it.
    """
    if given_up.is_set():
        return [receipt_of(one, Outcome.SET_ASIDE, detail=GIVEN_UP) for one in changes], None
    receipts: list[Receipt] = []
    refs: dict[str | None, str] = {}
    failure: Exception | None = None
    for change in changes:
        if failure is not None:
            receipts.append(
                receipt_of(
                    change, Outcome.SET_ASIDE, detail="an earlier change of this person failed"
                )
            )
            continue
        known = change
        if change.ref in refs:
            known = change.resolved(ref=refs[change.ref], after=change.after)
        if takes_over(known):
            receipts.append(receipt_of(known, Outcome.ALREADY, detail=_TAKEN_OVER[known.verb]))
            continue
        try:
            written = execute(known)
        except ConnectorError as error:
            failure = error
            outcome = Outcome.IN_DOUBT if isinstance(error, Transient) else Outcome.FAILED
            receipts.append(receipt_of(known, outcome, detail=str(error)))
            continue
        except Exception as error:  # noqa: BLE001 - a bug must not cost the receipts of the others
            failure = error
            detail = f"the connector is broken ({type(error).__name__})"
            receipts.append(receipt_of(known, Outcome.IN_DOUBT, detail=detail))
            continue
        if written.ref is not None and written.ref != change.ref:
            refs[change.ref] = written.ref
        outcome = Outcome.ALREADY if written.already else Outcome.DONE
        receipts.append(
            receipt_of(
                known,
                outcome,
                ref=written.ref or (None if change.verb is Verb.DELETE else known.ref),
                produced=written.produced,
                detail=written.detail,
            )
        )
    if failure is not None and not isinstance(failure, Transient | Refused):
        given_up.set()
    return receipts, failure


_TAKEN_OVER = {
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
