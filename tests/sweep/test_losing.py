"""The ledger is full, read-only or held by somebody, from any transaction on; then it is well."""

import random
from collections.abc import Iterator

import pytest

from tests.sweep.company import a_company
from tests.sweep.losing import WAYS_OUT, LosingTheLedger
from tests.sweep.sweeping import Sweep
from tests.sweep.test_crash import SMALL, SOAK, Note

pytestmark = pytest.mark.timeout(7200 if SOAK else 1200)
FEW = 4
"""Losses that are tried when it is not a soak."""


@pytest.fixture
def losing(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LosingTheLedger]:
    """Nine people, a directory in memory and a file."""
    with a_company(tmp_path_factory.mktemp("losing") / "company", targets=SMALL) as company:
        sweep = Sweep(company)
        # Nobody waits half a minute for whoever holds it.
        monkeypatch.setenv("RETOUR_LEDGER_URL", f"{company.ledger_url}?timeout=0")
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
    told = f"{losing.losses} ({losing.transactions} transactions)"
    record_property("sweep ledger", told)
    assert losing.losses.untrue == []
    assert losing.losses.lost == []
    assert losing.losses.doubled == []
