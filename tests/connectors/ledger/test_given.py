"""What accounts had of us until a run let go of them."""

from connectors.model.change import DeleteAccount, RevokePermission, Unmanage
from connectors.model.receipt import Outcome
from tests.connectors.ledger.examples import a_run, carry_out, create, done, grant


def revoke(person, permission):
    before = {"permission": permission, "name": f"G-{permission}"}
    return RevokePermission(target="directory", person=person, ref="any", before=before)


def names(given):
    return {whose: [str(one["permission"]) for one in some] for whose, some in given.items()}


def test_what_was_given_and_not_taken_before_a_delete(ledger):
    carry_out(ledger, done(create("1"), "r1"), done(grant("1", "a"), "r1"))
    carry_out(ledger, done(grant("1", "b"), "r1"), done(revoke("1", "b"), "r1"))
    let_go = Unmanage(target="directory", person="1", ref="r1", before=dict(grant("1", "c").after))
    carry_out(ledger, done(grant("1", "c"), "r1"), (let_go, Outcome.ALREADY, None))
    delete = DeleteAccount(target="directory", person="1", ref="r1")
    carry_out(ledger, done(delete), run="run-2")

    given = ledger.given_until("run-2")

    assert names(given) == {("directory", "1"): ["a"]}
    assert given["directory", "1"][0]["name"] == "G-a"
    assert ledger.given_until("run-1") == {}


def test_what_an_earlier_account_had_and_what_came_later_do_not_count(ledger):
    delete = DeleteAccount(target="directory", person="1", ref="r1")
    carry_out(ledger, done(create("1"), "r1"), done(grant("1", "a"), "r1"), done(delete))
    again = DeleteAccount(target="directory", person="1", ref="r2")
    carry_out(ledger, done(grant("1", "b"), "r2"), done(again), run="run-2")
    ledger.start_run(a_run("run-3"))
    carry_out(ledger, done(grant("1", "c"), "r3"), run="run-3")

    assert names(ledger.given_until("run-2")) == {("directory", "1"): ["b"]}


def test_what_failed_was_not_given_and_others_are_others(ledger):
    carry_out(ledger, done(create("1"), "r1"), (grant("1", "a"), Outcome.FAILED, None))
    carry_out(ledger, done(create("2"), "r2"), done(grant("2", "a"), "r2"))
    delete = DeleteAccount(target="directory", person="1", ref="r1")
    carry_out(ledger, done(delete), run="run-2")
    assert ledger.given_until("run-2") == {}
