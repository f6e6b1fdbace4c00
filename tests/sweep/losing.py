"""Sweeps of a ledger that cannot be written: full, read-only or held, from any transaction on."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import Connection

from connectors.ledger.store import Store
from connectors.sdk.conformance.bounds import unhurried
from tasks.run import DONE, UNREACHABLE, Ending
from tasks.sentence import has_begun, sentence_of
from tests.plainly import attempt_plainly
from tests.sweep.company import BUSY
from tests.sweep.mortal import HEARTBEAT, another_process
from tests.sweep.state import GOOD, done_twice, passwords_that_do_not_let_in, standing
from tests.sweep.sweeping import Sweep, differences, key_of, settled_writes
from tests.sweep.tally import Tally

WAYS_OUT: Final = {
    "full": "Make room on its disk, then run again.",
    "read-only": "Whoever runs Retour has to be able to write the file and its folder.",
    "held": "Another process holds it, such as a backup or an editor: end that, then run again.",
}
"""What is wrong with a ledger -> what a run says to do about it."""
MOST_PAGES: Final = 0x3FFFFFFF


class LosingTheLedger:
    """The busy day of a company, whose ledger cannot be written from some moment on.

    Attributes:
        transactions: How many an undisturbed run makes.
        tally: What the sweep came to.
    """

    def __init__(self, sweep: Sweep) -> None:
        """Count the transactions."""
        self._sweep, self._company = sweep, sweep.company
        self.morning = sweep.morning
        self._lives = iter(range(1_000_001, 2_000_000))
        self.tally = Tally("ledgers gone")
        self._sweep.morning()
        with troubled(lambda _: None) as count:
            self._run()
        self.transactions = count[0]

    def at(self, number: int, trouble: str, *, for_good: bool) -> None:
        """Let one transaction find the ledger in trouble, or that one and all that follow."""
        self._sweep.morning()
        self.tally.tried += 1
        place = f"{trouble} {'from' if for_good else 'at'} {number} of {self.transactions}"

        def meets(n: int) -> str | None:
            return trouble if n == number or (for_good and n > number) else None

        with troubled(meets):
            ending = self._run()
        self.tally.ended(ending.exit)
        wrong = list(self._untrue(ending, WAYS_OUT[trouble]))
        if wrong:
            self.tally.untrue.append(f"{place}: {wrong}")
        self.heal(place)

    def _untrue(self, ending: Ending, way_out: str) -> Iterator[str]:
        bad = [one for one in ending.report["changes"] if one["outcome"] not in GOOD]
        if ending.exit == DONE:
            if bad:
                yield "exit 0, and not everything is done"
            yield from differences(self._sweep.expected, standing(self._company, BUSY))
            return
        if ending.exit != UNREACHABLE:
            yield f"exit {ending.exit}: {ending.report['refused']}"
        said = sentence_of(ending.report)
        if has_begun(ending.report) and "nothing was written" in said:
            yield f"it says {said}"
        given_up = [one["given_up"] or "" for one in ending.report["targets"].values()]
        if not any(way_out in one for one in (ending.report["refused"] or "", *given_up)):
            yield f"it says {ending.report['refused']} {given_up}"

    def heal(self, place: str) -> None:
        """Run on a ledger that is well, and look how everything stands."""
        settled = settled_writes(self._company)
        again = self._run()
        left = [one for one in again.report["changes"] if one["outcome"] not in GOOD]
        if again.exit != DONE:
            self.tally.lost.append(f"{place}: {again.exit} {again.report['refused']} {left}")
            return
        keys = {key_of(one) for one in again.report["changes"]}
        twice = [*sorted(settled & keys), *done_twice(self._company, BUSY)]
        if twice:
            self.tally.doubled.append(f"{place}: {twice}")
        wrong = list(differences(self._sweep.expected, standing(self._company, BUSY)))
        wrong += map(str, passwords_that_do_not_let_in(self._company))
        if wrong:
            self.tally.lost.append(f"{place}: {wrong}")

    def _run(self) -> Ending:
        with another_process(next(self._lives)), unhurried():
            return attempt_plainly(self._company.path, live=True, as_of=BUSY)


@contextmanager
def troubled(meets: Callable[[int], str | None]) -> Iterator[list[int]]:
    """Let transactions of this process find the ledger in trouble.

    Args:
        meets: Number of a transaction, from 0 -> what is the matter then; None for nothing.

    Yields:
        In one place, how many there were.
    """
    count, counting = [0], threading.Lock()
    real: Any = Store._writing

    @contextmanager
    def writing(self: Store) -> Iterator[Connection]:
        with counting:
            trouble = None
            if not threading.current_thread().name.startswith(HEARTBEAT):
                trouble = meets(count[0])
                count[0] += 1
        with ExitStack() as stack:
            if trouble == "held":
                stack.enter_context(_held(self))
            connection = stack.enter_context(real(self))
            _tell(connection, trouble)
            try:
                yield connection
            except BaseException:
                _tell(connection, None)
                raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "_writing", writing)
        yield count


def _tell(connection: Connection, trouble: str | None) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    most = pages if trouble == "full" else MOST_PAGES
    connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if trouble == 'read-only' else 'OFF'}")


@contextmanager
def _held(store: Store) -> Iterator[None]:
    """Another connection is in the middle of a transaction, and nobody waits for it."""
    file = store._engine.url.database
    assert file is not None
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


__all__ = ["WAYS_OUT", "LosingTheLedger", "troubled"]
