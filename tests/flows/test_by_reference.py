"""People go to tasks by reference: what Prefect looks through does not grow with them."""

import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities import collections

from flows.provision import provision
from tests.flows.site import DAY, a_site

FEW, MANY = 6, 60

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every value that Prefect looks at from now on, by type."""
    seen: Counter[str] = Counter()
    walk = collections.visit_collection

    def watch(expr: Any, *rest: Any, **more: Any) -> Any:
        seen[type(expr).__name__] += 1
        return walk(expr, *rest, **more)

    for name, module in list(sys.modules.items()):
        if name.startswith("prefect") and vars(module).get("visit_collection") is walk:
            monkeypatch.setattr(module, "visit_collection", watch)
    return seen


def first_run(folder: Path, people: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Provision people who have nothing yet; how many changes that makes."""
    folder.mkdir()
    with a_site(folder, people=people):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
        day = date.fromisoformat(DAY)
        state: Any = provision(profile="site.yaml", dry_run=False, as_of=day, return_state=True)
    ending = state.result()
    assert ending.exit == 0, ending.report["refused"]
    return len(ending.report["changes"])


def test_prefect_looks_at_as_much_for_few_people_as_for_many(
    looked_at: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = first_run(tmp_path / "few", FEW, monkeypatch)
    seen_of_few = looked_at.copy()
    looked_at.clear()
    many = first_run(tmp_path / "many", MANY, monkeypatch)

    assert many > 5 * few
    assert {"Run", "Shard", "Receipts", "Plan", "People", "Accounts"} <= looked_at.keys()
    assert looked_at == seen_of_few
