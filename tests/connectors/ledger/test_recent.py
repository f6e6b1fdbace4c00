"""What the limits over several days count."""

from datetime import timedelta

from sqlalchemy import update

from connectors.ledger.tables import journal
from connectors.model.change import DeleteAccount
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

WEEK = MORNING - timedelta(days=7)


def delete(person, target="directory"):
    return DeleteAccount(target=target, person=person, ref="any", before={"number": person})


def test_changes_that_were_done_are_counted_by_target_and_verb(ledger):
    carry_out(
        ledger,
        done(create("1"), "a"),
        done(create("2"), "b"),
        done(grant("1", "g"), "a"),
        done(revoke("1", "g"), "a"),
        done(delete("1", "elsewhere"), "a"),
    )
    assert ledger.recent_changes(PROFILE, WEEK) == {
        "directory": {"create": 2, "grant": 1, "revoke": 1},
        "elsewhere": {"delete": 1},
    }


def test_lines_of_before_the_verb_was_a_column_count_too(ledger):
    carry_out(ledger, done(create("1"), "a"), done(delete("2"), "b"))
    with ledger._writing() as connection:
        connection.execute(update(journal).where(journal.c.person == "1").values(verb=None))
    assert ledger.recent_changes(PROFILE, WEEK) == {"directory": {"create": 1, "delete": 1}}


def test_what_was_so_already_failed_or_is_in_doubt_is_not_counted(ledger):
    carry_out(
        ledger,
        (delete("1"), Outcome.ALREADY, "a"),
        (delete("2"), Outcome.FAILED, "b"),
        (delete("3"), Outcome.IN_DOUBT, "c"),
        (delete("4"), Outcome.SET_ASIDE, None),
        done(delete("5"), "e"),
    )
    assert ledger.recent_changes(PROFILE, WEEK) == {"directory": {"delete": 1}}


def test_a_run_on_the_first_instant_counts_and_one_before_does_not(empty_ledger):
    for number, started in enumerate((WEEK - timedelta(microseconds=1), WEEK, MORNING)):
        empty_ledger.start_run(a_run(f"run-{number}", started=started))
        carry_out(empty_ledger, done(delete(str(number)), "a"), run=f"run-{number}")
    assert empty_ledger.recent_changes(PROFILE, WEEK) == {"directory": {"delete": 2}}


def test_other_profiles_do_not_count(empty_ledger):
    empty_ledger.start_run(a_run("other", profile="other"))
    carry_out(empty_ledger, done(delete("1"), "a"), run="other", profile="other")
    assert empty_ledger.recent_changes(PROFILE, WEEK) == {}


def test_what_a_person_approved_does_not_count(ledger):
    carry_out(ledger, done(delete("1"), "a"), run="run-1")
    carry_out(ledger, done(delete("2"), "b"), run="run-2")
    ledger.note_approval("run-2")
    assert [record.approved for record in ledger.runs()] == [True, False]
    assert ledger.recent_changes(PROFILE, WEEK) == {"directory": {"delete": 1}}


def test_a_run_that_begins_again_has_to_be_approved_again(ledger):
    ledger.note_approval("run-1")
    ledger.start_run(a_run("run-1"))
    assert not ledger.run("run-1").approved
