"""One sweep of kills over one day of a company."""

import gc
import json
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from typing import Any

from config.settings import read_settings
from connectors.ledger.ledger import open_ledger
from tasks.run import Ending
from tests.plainly import attempt_plainly
from tests.sweep.company import BUSY, SHUT_OUT, START, Company
from tests.sweep.mortal import Killed, Life, StillAlive, another_process, die, lived
from tests.sweep.state import (
    GOOD,
    SITE,
    done_twice,
    passwords_that_do_not_let_in,
    standing,
)
from tests.sweep.tally import Tally


class Sweep:
    """The busy day, again and again, from the same morning.

    Attributes:
        places: Where a run of that day can die, in order.
        verbs: Target -> verb -> how many changes an undisturbed run of that day makes.
        tally: What the kills came to.
    """

    def __init__(self, company: Company, *, mornings: Collection[date] = (START, SHUT_OUT)) -> None:
        """Live through the days before, and through an undisturbed busy day."""
        self.company, self.tally = company, Tally("kills")
        self._processes = iter(range(1, 1_000_000))
        for day in mornings:
            company.go_to(day)
            self._run_in_peace(day)
        self._go_back = company.remember()
        company.go_to(BUSY)
        life = Life(None, die)
        with lived(life):
            ending = self._run_in_peace(BUSY)
        self.places = life.at
        self.verbs = {name: one["planned"] for name, one in ending.report["targets"].items()}
        self.expected = standing(company, BUSY)
        assert passwords_that_do_not_let_in(company) == []

    def kill_here(self, number: int) -> None:
        """Kill a run of the busy day in this process, as if it were one of its own.

        Raises:
            StillAlive: It wrote less than that.
        """
        with lived(Life(number, die)), another_process(next(self._processes)), unheard():
            try:
                attempt_plainly(self.company.path, live=True, as_of=BUSY)
            except Killed:
                return
        raise StillAlive(f"nothing died at place {number}")

    def morning(self) -> None:
        """Everything as on the morning of the busy day.

        Raises:
            AssertionError: Runs would keep the ledger of another company, which is never put back.
        """
        assert read_settings().ledger_url.partition("?")[0] == self.company.ledger_url
        self._go_back()
        self.company.go_to(BUSY)

    def at(
        self, number: int, kill: Callable[[int], None] | None = None, *, real: bool = False
    ) -> None:
        """Kill at one place, run again, and look how everything stands.

        How many persons share a transaction depends on how quick the machine is at that moment, so
        a run may come to its end before that place; the tally says how often.

        Args:
            number: Of the place.
            kill: Runs the day up to there; in this process if it is not given.
            real: Whether it was a process of its own, so that its lock need not be told so.
        """
        self.morning()
        try:
            (kill or self.kill_here)(number)
        except StillAlive:
            self.tally.unreached += 1
            return
        place = f"{number} of {len(self.places)}: {self.places[number]}"
        self.tally.tried += 1
        settled = settled_writes(self.company)
        again = self._run_in_peace(BUSY, real=real)
        repeated = settled & {key_of(change) for change in again.report["changes"]}
        twice = done_twice(self.company, BUSY)
        if repeated or twice:
            self.tally.doubled.append(f"{place}: {sorted(repeated)} {twice}")
        now = standing(self.company, BUSY)
        wrong = list(differences(self.expected, now))
        wrong += [
            f"{login} of {target} cannot sign in"
            for target, login in passwords_that_do_not_let_in(self.company)
        ]
        if wrong:
            self.tally.lost.append(f"{place}: {wrong}")

    def _run_in_peace(self, day: date, *, real: bool = False) -> Ending:
        as_one: AbstractContextManager[None] = nullcontext()
        if not real:
            as_one = another_process(next(self._processes))
        with as_one:
            ending = attempt_plainly(self.company.path, live=True, as_of=day)
        left = [one for one in ending.report["changes"] if one["outcome"] not in GOOD]
        assert ending.exit == 0, (ending.report["refused"], left)
        return ending


@contextmanager
def unheard() -> Iterator[None]:
    """Nobody hears of what the dead still try while their generators are collected."""
    heard = sys.unraisablehook

    def hear(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, Killed):
            heard(unraisable)

    sys.unraisablehook = hear
    try:
        yield
    finally:
        gc.collect()
        sys.unraisablehook = heard


def settled_writes(company: Company) -> set[str]:
    """Writes of which the ledger has the receipt that they were done on this day."""
    with open_ledger(company.ledger_url) as ledger:
        run = next(iter(ledger.runs(SITE, limit=1)), None)
        if run is None or run.as_of != BUSY:
            return set()
        return {
            key_of(entry.change.to_json())
            for entry in ledger.journal(run.run)
            if entry.receipt is not None and entry.receipt.outcome.value in GOOD
        }


def key_of(change: dict[str, Any]) -> str:
    parts = ("target", "person", "verb", "before", "after")
    return json.dumps([change[name] for name in parts], sort_keys=True)


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where two of these differ, a line each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted({*expected, *found}, key=str):
            yield from differences(expected.get(name), found.get(name), f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{path}/{place}")
    elif expected != found:
        yield f"{path}: {expected!r} became {found!r}"
