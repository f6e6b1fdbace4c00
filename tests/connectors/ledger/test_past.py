from dataclasses import replace
from datetime import timedelta

from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger.examples import MORNING, a_run, carry_out, create, done, grant


def test_the_latest_changes_of_one_person_come_newest_first(ledger):
    carry_out(ledger, done(create("1"), "a1"), done(grant("1", "care")), done(create("2"), "a2"))

    past = ledger.past_of("demo", "1", limit=10)

    assert [one.change.verb.value for one in past] == ["grant", "create"]
    assert {(one.run, one.outcome) for one in past} == {("run-1", Outcome.DONE)}
    assert all(one.at is not None for one in past)
    assert [one.change.id for one in ledger.past_of("demo", "1", limit=1)] == [past[0].change.id]
    assert ledger.past_of("other", "1", limit=10) == []


def test_a_change_that_was_never_answered_has_no_outcome(ledger):
    ledger.announce("run-1", "demo", [create("1")])

    (one,) = ledger.past_of("demo", "1", limit=10)

    assert (one.outcome, one.detail) == (None, "")
    assert one.at is not None


def test_a_change_that_was_set_aside_says_why(ledger):
    change = create("1")
    receipt = receipt_of(change, Outcome.SET_ASIDE, detail="the account upstream failed")
    ledger.settle("run-1", "demo", [receipt], {change.id: change})

    (one,) = ledger.past_of("demo", "1", limit=10)

    assert (one.outcome, one.detail) == (Outcome.SET_ASIDE, "the account upstream failed")


def in_seconds(ledger, run, target, seconds, count=20):
    """Let a run write accounts of a target, from now on and for so many seconds."""
    changes = [create(f"{run}-{number}", target=target) for number in range(count)]
    ledger.announce(run, "demo", changes)
    began = min(e.announced for e in ledger.journal(run) if e.change.target == target)
    end = began + timedelta(seconds=seconds)
    receipts = [replace(receipt_of(one, Outcome.DONE, ref="x"), at=end) for one in changes]
    ledger.settle(run, "demo", receipts, {one.id: one for one in changes})


def test_the_pace_of_a_target_is_what_its_runs_took(ledger):
    in_seconds(ledger, "run-1", "directory", 10)
    in_seconds(ledger, "run-2", "directory", 30)
    in_seconds(ledger, "run-2", "app", 2, count=40)
    paces = ledger.paces("demo")
    assert round(paces["directory"], 2) == 1.0
    assert round(paces["app"], 2) == 20.0
    assert ledger.paces("other") == {}


def test_a_few_writes_tell_no_pace(ledger):
    in_seconds(ledger, "run-1", "directory", 10, count=19)
    assert ledger.paces("demo") == {}


def test_what_was_settled_by_a_later_run_took_no_time(ledger):
    changes = [create(str(number)) for number in range(20)]
    ledger.announce("run-1", "demo", changes)
    receipts = [receipt_of(one, Outcome.DONE, ref="x") for one in changes]
    ledger.close_intents("run-2", list(zip(ledger.open_intents("demo"), receipts, strict=True)))
    assert ledger.paces("demo") == {}


def test_only_the_latest_runs_tell_the_pace(ledger):
    in_seconds(ledger, "run-1", "directory", 10)
    for number in range(20):
        later = MORNING + timedelta(minutes=number + 1)
        ledger.start_run(a_run(f"later-{number}", started=later))
    assert ledger.paces("demo") == {}
