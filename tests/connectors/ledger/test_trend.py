"""How the latest runs went, in counts."""

from datetime import timedelta

from connectors.ledger.trend import RunTrend
from connectors.model.receipt import Outcome
from tests.connectors.ledger.examples import (
    MORNING,
    PROFILE,
    a_run,
    carry_out,
    create,
    done,
    grant,
    revoke,
)

KINDS = (("joiners", {"create"}), ("movers", {"grant", "revoke"}))


def trend(ledger, *, limit=30, targets=("directory",)):
    return ledger.trend(PROFILE, limit=limit, targets=targets, kinds=KINDS)


def test_a_person_counts_once_for_the_first_kind_that_fits(ledger):
    carry_out(
        ledger,
        done(create("1"), "a"),
        done(grant("1", "g"), "a"),
        done(grant("2", "g"), "b"),
        done(revoke("2", "h"), "b"),
        done(create("3", target="elsewhere"), "c"),
        (create("4"), Outcome.FAILED, None),
    )
    first = next(one for one in trend(ledger) if one.run == "run-1")
    assert first.persons == {"joiners": 1, "movers": 1}
    assert first.outcomes == {"done": 5, "failed": 1}
    both = next(
        one for one in trend(ledger, targets=("directory", "elsewhere")) if one.run == "run-1"
    )
    assert both.persons == {"joiners": 2, "movers": 1}


def test_what_was_never_answered_is_open_and_makes_nobody_a_joiner(ledger):
    ledger.announce("run-1", PROFILE, [create("1")])
    first = next(one for one in trend(ledger) if one.run == "run-1")
    assert (first.outcomes, first.persons) == ({"open": 1}, {})


def test_the_latest_live_runs_of_this_profile_come_oldest_first(empty_ledger):
    for number in range(4):
        started = MORNING + timedelta(hours=number)
        empty_ledger.start_run(a_run(f"run-{number}", started=started))
    empty_ledger.start_run(a_run("preview", mode="preview", started=MORNING + timedelta(days=1)))
    empty_ledger.start_run(a_run("other", profile="other", started=MORNING + timedelta(days=1)))
    empty_ledger.finish_run("run-3", finished=MORNING, exit=3, digest=None, report={})
    found = trend(empty_ledger, limit=3)
    assert [one.run for one in found] == ["run-1", "run-2", "run-3"]
    assert [one.exit for one in found] == [None, None, 3]
    assert found[0] == RunTrend(run="run-1", started=MORNING + timedelta(hours=1), exit=None)


def test_an_empty_ledger_has_no_trend(empty_ledger):
    assert trend(empty_ledger) == []
