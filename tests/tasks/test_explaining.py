"""What is told beside the plan: writes in doubt, and what the last run set aside."""

from datetime import UTC, datetime
from types import SimpleNamespace

from connectors.ledger.past import PastChange
from connectors.model.change import CreateAccount, EnableAccount
from connectors.model.receipt import Outcome
from tasks.explaining import _doubts, _set_aside


def past(run, change, outcome, detail=""):
    return PastChange(
        run=run,
        at=datetime(2026, 11, 23, tzinfo=UTC),
        change=change,
        outcome=outcome,
        detail=detail,
        private=frozenset(),
    )


def test_only_what_the_last_run_set_aside_is_told():
    create, enable = CreateAccount(target="ad", person="1"), EnableAccount(target="ad", person="1")
    newest_first = [
        past("run-2", enable, Outcome.SET_ASIDE, "the create failed"),
        past("run-2", create, Outcome.FAILED),
        past("run-1", create, Outcome.SET_ASIDE, "long ago"),
    ]

    (block,) = _set_aside(newest_first)

    assert (block.kind, block.target) == ("set_aside", "ad")
    assert block.reason == "enable was set aside by run run-2: the create failed"


def test_writes_in_doubt_are_told_of_the_person_alone():
    intents = [
        SimpleNamespace(run="run-1", change=CreateAccount(target="ad", person=who))
        for who in ("1", "2")
    ]
    site = SimpleNamespace(
        name="demo", ledger=SimpleNamespace(open_intents=lambda profile: intents)
    )

    (block,) = _doubts(site, "1")

    assert (block.kind, block.target) == ("in_doubt", "ad")
    assert block.reason.startswith("create was sent by run run-1")
