"""The ledger is full, read-only or held by somebody, from any transaction on; then it is well."""

import random
from collections.abc import Iterator

import pytest

from tasks.run import UNREACHABLE
from tests.sweep.child import short_of_room
from tests.sweep.company import BUSY, Company, a_company
from tests.sweep.losing import WAYS_OUT, LosingTheLedger
from tests.sweep.sweeping import Sweep
from tests.sweep.test_crash import SMALL, SOAK, Note

pytestmark = pytest.mark.timeout(7200 if SOAK else 1200)
FEW = 4
"""Losses that are tried when it is not a soak."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Nine people, a directory in memory and a file."""
    with a_company(tmp_path_factory.mktemp("losing") / "company", targets=SMALL) as company:
        yield company


@pytest.fixture(scope="module")
def losing(company: Company) -> Iterator[LosingTheLedger]:
    """A busy day of theirs."""
    sweep = Sweep(company)
    with pytest.MonkeyPatch.context() as patch:
        # Nobody waits half a minute for whoever holds it.
        patch.setenv("RETOUR_LEDGER_URL", f"{company.ledger_url}?timeout=0")
        yield LosingTheLedger(sweep)


def test_a_run_that_loses_its_ledger_says_so_and_the_next_one_makes_up_for_it(
    losing: LosingTheLedger, record_property: Note
) -> None:
    every = [
        (number, trouble, for_good)
        for trouble in WAYS_OUT
        for for_good in (False, True)
        for number in range(losing.transactions)
    ]
    chosen = every if SOAK else random.Random(4).sample(every, FEW)
    for number, trouble, for_good in chosen:
        losing.at(number, trouble, for_good=for_good)
    told = f"{losing.tally} ({losing.transactions} transactions)"
    record_property("sweep ledger", told)
    losing.tally.require_nothing_wrong()


@pytest.mark.parametrize("most_bytes", [60_000, 250_000])
def test_a_disk_that_takes_no_more_is_said_so_and_the_next_run_makes_up_for_it(
    losing: LosingTheLedger, company: Company, most_bytes: int
) -> None:
    """The operating system refuses what is written, in a process of its own."""
    losing.morning()
    code, said = short_of_room(str(company.path), BUSY, company.ledger_url, most_bytes)
    assert code == UNREACHABLE, said
    assert "disk I/O error" in said
    assert "Its disk is over a quota, or failing: look at it, then run again." in said
    losing.heal(f"no file over {most_bytes} bytes")
    assert losing.tally.lost == []
    assert losing.tally.doubled == []
