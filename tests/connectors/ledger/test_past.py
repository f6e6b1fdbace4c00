from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger.examples import carry_out, create, done, grant


def test_the_latest_changes_of_one_person_come_newest_first(ledger):
    carry_out(ledger, done(create("1"), "a1"), done(grant("1", "care")), done(create("2"), "a2"))

    past = ledger.past_of("demo", "1", limit=10)

    assert [one.change.verb.value for one in past] == ["grant", "create"]
    assert {(one.run, one.outcome) for one in past} == {("run-1", Outcome.DONE)}
    assert all(one.at is not None for one in past)
    assert [one.change.id for one in ledger.past_of("demo", "1", limit=1)] == [past[0].change.id]
    assert ledger.past_of("other", "1", limit=10) == []


def test_a_change_that_was_never_answered_has_no_outcome(ledger):
    list(ledger.announce("run-1", "demo", [create("1")]))

    (one,) = ledger.past_of("demo", "1", limit=10)

    assert (one.outcome, one.detail) == (None, "")
    assert one.at is not None


def test_a_change_that_was_set_aside_says_why(ledger):
    change = create("1")
    receipt = receipt_of(change, Outcome.SET_ASIDE, detail="the account upstream failed")
    ledger.settle("run-1", "demo", [receipt], {change.id: change})

    (one,) = ledger.past_of("demo", "1", limit=10)

    assert (one.outcome, one.detail) == (Outcome.SET_ASIDE, "the account upstream failed")
