"""Killed before and after everything that a run writes anywhere, and run again."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from tests.sweep.child import killed
from tests.sweep.company import BUSY, Company, a_company
from tests.sweep.ledgers import dump
from tests.sweep.sweeping import Sweep
from tests.sweep.tally import Tally

TRIES: Final = 6
SOAK: Final = bool(os.environ.get("RETOUR_SOAK"))
"""Whether everything is tried; otherwise a part of it."""
SMALL: Final = ("memory", "hr")
"""Targets of a company whose sweep is quick."""
Note = Callable[[str, object], None]

pytestmark = pytest.mark.timeout(7200 if SOAK else 1200)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """Nine people, a directory in memory and a file; for one test, for another company is there."""
    with a_company(tmp_path_factory.mktemp("small") / "company", targets=SMALL) as company:
        yield Sweep(company)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """Nine people on every connector."""
    with a_company(tmp_path_factory.mktemp("whole") / "company") as company:
        yield Sweep(company)


@contextmanager
def _tallied(sweep: Sweep, what: str, note: Note) -> Iterator[None]:
    """Count from nothing, note the counts, and hold them to what they must be."""
    sweep.tally = Tally("kills")
    yield
    note(f"sweep {what}", f"{sweep.tally} ({len(sweep.places)} places)")
    sweep.tally.require_nothing_wrong()


def _some(sweep: Sweep, few: int, *, seed: int) -> list[int]:
    """Places to die at: all of them in a soak, else some, the first and the last among them."""
    every = range(len(sweep.places))
    if SOAK:
        return list(every)
    chosen = random.Random(seed).sample(every[1:-1], few - 2)
    return sorted([0, *chosen, every[-1]])


def test_every_verb_of_every_target_is_due_on_the_busy_day(whole: Sweep) -> None:
    due = {target: set(verbs) for target, verbs in whole.verbs.items()}
    everything = {"correlate", "create", "update", "enable", "disable", "delete", "grant", "revoke"}
    for target in ("entra_id", "scim", "memory"):
        assert due[target] == everything
    assert due["active_directory"] == {*everything, "move"}
    assert due["google_workspace"] == {*everything, "move"} - {"delete"}
    assert due["afas_user"] >= {"correlate", "create", "update", "enable", "disable", "delete"}
    assert due["afas_employee"] == {"correlate", "update", "delete"}
    assert due["hr"] == {"correlate", "update"}


@pytest.mark.soak
def test_in_this_process_at_every_place_of_a_small_company(
    small: Sweep, record_property: Note
) -> None:
    # What is true after one write is true before the next: one of the two is enough to be quick.
    with _tallied(small, "kills in this process, a small company", record_property):
        for number, place in enumerate(small.places):
            if SOAK or place.startswith("after"):
                small.at(number)


def test_in_this_process_on_every_connector(whole: Sweep, record_property: Note) -> None:
    with _tallied(whole, "kills in this process, every connector", record_property):
        for number in _some(whole, 4, seed=1):
            whole.at(number)


@pytest.mark.soak
def test_a_real_kill_on_every_connector(whole: Sweep, record_property: Note) -> None:
    with _tallied(whole, "SIGKILL of a process, every connector", record_property):
        for number in _some(whole, 3, seed=2):
            whole.at(number, _by_signal(whole.company), real=True)


@pytest.mark.soak
def test_persons_side_by_side_on_every_connector(whole: Sweep, record_property: Note) -> None:
    company = whole.company
    with (
        _tallied(whole, "kills in this process, persons side by side", record_property),
        side_by_side(company),
    ):
        for number in _some(whole, 3, seed=3):
            whole.at(number)  # batches are fuller now, so there are fewer places


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_is_left_in_the_ledger_is_what_a_real_kill_leaves(whole: Sweep, share: float) -> None:
    # A writer goes on while receipts are written down, so a number is not one moment every time.
    number = int(share * len(whole.places))
    by_signal = _by_signal(whole.company)
    simulated: list[object] = []
    real: list[object] = []
    for _ in range(TRIES):
        simulated.append(_left_by(whole, whole.kill_here, number))
        real.append(_left_by(whole, by_signal, number))
        if any(one in simulated for one in real):
            return
    assert real == simulated


def _left_by(whole: Sweep, kill: Callable[[int], None], number: int) -> object:
    whole.morning()
    kill(number)
    return dump(whole.company.folder)


def _by_signal(company: Company) -> Callable[[int], None]:
    return lambda number: killed(str(company.path), BUSY, company.ledger_url, number)


@contextmanager
def side_by_side(company: Company) -> Iterator[None]:
    """Let targets be written as they usually are."""
    before = company.concurrency
    company.concurrency = None
    yield
    company.concurrency = before
    company.write()
