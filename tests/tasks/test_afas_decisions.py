"""Both decision tables of the write-back to AFAS, row by row: `afas_decisions/*.yaml`.

A row says what stands where, the calls of a live run behind the bulk reading, the outcomes, and
parts of the lines in the audit trail. Of every row is shown besides: right before a record is
written it is looked at, once; a preview makes the bulk reading and no other call, plans the same,
and adds nothing to the audit trail.
"""

from pathlib import Path

import pytest
import yaml

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.model.change import HR_ID
from connectors.sdk.before_image import CHECKED
from tests.tasks.afas_decisions.situation import TODAY, USERS, Situation

FOLDER = Path(__file__).parent / "afas_decisions"
BULK = [f"GET {USERS}"]
LOOK = f"GET {USERS} by key"


def rows(name):
    table = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return [pytest.param(row, id=row["row"]) for row in table]


@pytest.fixture
def situation_of(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")

    with ServedAfas(Afas.empty(today=TODAY)) as served:
        yield lambda target: Situation(served, tmp_path, target)


def check(row, situation):
    situation.arrange(row.get("given", {}))
    if row.get("settled"):
        situation.run(live=True)
        situation.arrange(row.get("then", {}))
    with situation.calls() as asked:
        preview = situation.run(live=False)
    with situation.calls() as made:
        live = situation.run(live=True)

    assert asked == BULK, "a preview makes the bulk reading and no other call"
    assert preview.audit == ()
    assert preview.plan.digest == live.plan.digest
    changes = live.plan.section("afas").changes
    looks = [LOOK for change in changes if change.verb in CHECKED and HR_ID in change.context]
    assert [situation.said(line) for line in made] == [*BULK, *looks, *row.get("calls", [])]
    assert {c.verb.value: live.receipts[c.id].outcome.value for c in changes} == row.get(
        "outcomes", {}
    ), [live.receipts[c.id].detail for c in changes]
    lines = [
        situation.said(f"{line.action} {line.outcome}: {line.text}")
        for line in live.audit
        if line.target == "afas"
    ]
    for part in row.get("audit", []):
        assert any(part in line for line in lines), lines
    notes = [note for note in live.plan.notes if note.target == "afas"]
    wanted = [row["note"]] if "note" in row else row.get("notes", [])
    for note in wanted:
        assert any(
            note["code"] == one.code and note["reason"] in situation.said(one.reason)
            for one in notes
        ), [(one.code, one.reason) for one in notes]
    assert changes or wanted or row.get("nothing"), "silence has a reason too: say it"
    assert not ("nothing" in row and changes)


@pytest.mark.parametrize("row", rows("employee"))
def test_employee(row, situation_of):
    check(row, situation_of("afas.employee"))


@pytest.mark.parametrize("row", rows("user"))
def test_user(row, situation_of):
    check(row, situation_of("afas.user"))
