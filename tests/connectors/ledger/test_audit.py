import json
from datetime import UTC, datetime

import pytest

from connectors.ledger.audit_chain import ERASE, told_of
from connectors.ledger.audit_text import MAX_TEXT, MAX_VALUE, audit_text
from connectors.ledger.ledger import open_ledger
from connectors.ledger.records import AuditBreak, AuditSeal
from connectors.model.change import UpdateAccount
from connectors.model.errors import Unreachable
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from connectors.sdk.clock import now
from connectors.sdk.fanout import receipt_of
from flows.history import _entry
from tests.connectors.ledger.examples import (
    a_run,
    at_the_database,
    carry_out,
    create,
    done,
    grant,
    programs,
    revoke,
)

WRITE_TWENTY = """
url, run = sys.argv[1:]
go()
with open_ledger(url) as ledger:
    ledger.start_run(a_run(run, profile=run))
    for number in range(20):
        carry_out(ledger, done(create(str(number)), f"ref-{number}"), run=run, profile=run)
print("written")
"""


def update(before, after, **fields):
    return UpdateAccount(target="directory", person="1", before=before, after=after, **fields)


def text_of(change, outcome=Outcome.DONE, *, ref="ref-1", detail=None):
    return audit_text(change, receipt_of(change, outcome, ref=ref, detail=detail))


def test_a_line_says_who_what_why_and_old_to_new(ledger):
    change = update(
        {"mail": "old@example.org"},
        {"mail": "new@example.org", "title": CLEAR, "active": True, "proxies": ("a", "b")},
        because=("rule:staff", "contract:7"),
    )
    (receipt,) = carry_out(ledger, done(change, "ref-1"))
    (line,) = ledger.audit()
    assert (line.action, line.target, line.person, line.ref) == (
        "UpdateAccount",
        "directory",
        "1",
        "ref-1",
    )
    assert (line.run, line.profile, line.outcome, line.at) == ("run-1", "demo", "done", receipt.at)
    assert line.because == "rule:staff, contract:7"
    assert line.text == (
        "active: (empty) → True; mail: old@example.org → new@example.org; "
        "proxies: (empty) → a, b; title: (empty) → (empty)"
    )


def test_a_failure_is_a_line_with_what_the_target_said():
    change = update({}, {"mail": "new@example.org"})
    said = text_of(change, Outcome.FAILED, detail="AFAS PUT KnEmployee: no\nsuch field (code 7)")
    assert said == "mail: (empty) → new@example.org; AFAS PUT KnEmployee: no such field (code 7)"


@pytest.mark.parametrize("change", [grant("1", "S-1-5"), revoke("1", "S-1-5")])
def test_a_permission_is_named_as_people_and_as_the_target_name_it(change):
    assert text_of(change) == "G-S-1-5 (S-1-5)"


def test_what_a_target_calls_private_is_not_shown_either(ledger):
    ledger.private = {"directory": frozenset({"EmA2"})}
    change = update({"EmA2": "at.home@example.org"}, {"EmA2": CLEAR, "mail": "a@example.org"})
    carry_out(ledger, done(change, "ref-1"))
    (line,) = ledger.audit()
    assert line.text == "EmA2: (private) → (empty); mail: (empty) → a@example.org"
    (entry,) = ledger.journal("run-1")
    assert entry.private == {"EmA2"}
    shown = json.dumps(_entry(entry))
    assert "at.home" not in shown
    assert "a@example.org" in shown


def test_a_private_value_is_mentioned_and_not_shown():
    change = update({}, {"Private-Email": "home@example.net", "birthDate": "1980-01-01"})
    assert text_of(change) == "Private-Email: (empty) → (private); birthDate: (empty) → (private)"


def test_values_and_whole_texts_are_capped():
    long = text_of(update({"note": "y"}, {"note": "x" * 500}))
    assert long == f"note: y → {'x' * (MAX_VALUE - 1)}…"
    many = text_of(update({}, {f"field{number:03}": "x" * 50 for number in range(100)}))
    assert len(many) == MAX_TEXT
    assert many.endswith("…")


def test_what_was_set_aside_is_no_action(ledger):
    carry_out(ledger, (create("1"), Outcome.SET_ASIDE, None))
    assert list(ledger.audit()) == []
    assert ledger.verify_audit() is None


def five_lines(ledger):
    for number in range(1, 6):
        carry_out(ledger, done(create(f"{number}"), f"ref-{number}"))


def test_a_whole_trail_verifies_and_an_empty_one_too(ledger):
    assert ledger.verify_audit() is None
    assert ledger.audit_seal() == AuditSeal(0, "0" * 64)
    five_lines(ledger)
    assert ledger.verify_audit() is None
    last = list(ledger.audit())[-1]
    assert ledger.audit_seal() == AuditSeal(5, last.hash)


def test_lines_are_filtered_by_profile_and_run(ledger):
    five_lines(ledger)
    ledger.start_run(a_run("run-3", profile="other"))
    carry_out(ledger, done(create("9"), "ref-9"), run="run-3", profile="other")
    assert [line.sequence for line in ledger.audit(profile="other")] == [6]
    assert [line.sequence for line in ledger.audit(run="run-1")] == [1, 2, 3, 4, 5]
    assert list(ledger.audit(profile="demo", run="run-3")) == []


def test_a_long_trail_is_read_in_portions(ledger, monkeypatch):
    monkeypatch.setattr("connectors.ledger.audit.LINES_AT_ONCE", 2)
    five_lines(ledger)
    assert [line.sequence for line in ledger.audit()] == [1, 2, 3, 4, 5]
    assert ledger.verify_audit() is None


@pytest.mark.parametrize(
    ("sequence", "column"),
    [
        (1, "at"),
        (2, "run"),
        (3, "action"),
        (4, "target"),
        (5, "person"),
        (1, "ref"),
        (2, "outcome"),
        (3, "because"),
        (5, "text"),
    ],
)
def test_a_line_that_was_altered_is_found(ledger, ledger_url, sequence, column):
    five_lines(ledger)
    value = "2026-01-01T00:00:00.000000+00:00" if column == "at" else "forged"
    forge = "UPDATE audit SET {} = '{}' WHERE sequence = {}"
    at_the_database(ledger_url, forge.format(column, value, sequence))
    assert ledger.verify_audit() == AuditBreak(sequence, "its content is not what was written")


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        (["DELETE FROM audit WHERE sequence = 3"], (3, "the line is missing")),
        (
            ["DELETE FROM audit WHERE sequence = 5"],
            (5, "the trail ends here, and should end with line 5"),
        ),
        (["DELETE FROM audit"], (1, "the trail ends here, and should end with line 5")),
        (
            [
                "DELETE FROM audit WHERE sequence = 3",
                "UPDATE audit SET sequence = 3 WHERE sequence = 4",
                "UPDATE audit SET sequence = 4 WHERE sequence = 5",
            ],
            (3, "it does not follow from the line before it"),
        ),
        (
            ["UPDATE audit SET hash = previous WHERE sequence = 2"],
            (2, "its content is not what was written"),
        ),
    ],
)
def test_a_line_that_was_taken_out_or_rehashed_is_found(ledger, ledger_url, forgery, found):
    five_lines(ledger)
    at_the_database(ledger_url, *forgery)
    assert ledger.verify_audit() == AuditBreak(*found)


def test_a_trail_that_was_cut_off_with_its_head_is_found_by_an_earlier_seal(ledger, ledger_url):
    five_lines(ledger)
    seal = ledger.audit_seal()
    at_the_database(
        ledger_url,
        "DELETE FROM audit WHERE sequence > 3",
        "UPDATE audit_head SET sequence = 3, hash = (SELECT hash FROM audit WHERE sequence = 3)",
    )
    assert ledger.verify_audit() is None
    reason = "the trail ends here, and was sealed at line 5"
    assert ledger.verify_audit(seal=seal) == AuditBreak(4, reason)


def test_a_trail_that_was_written_anew_is_found_by_an_earlier_seal(ledger, ledger_url):
    five_lines(ledger)
    seal = ledger.audit_seal()
    at_the_database(
        ledger_url,
        "UPDATE audit_head SET sequence = 0",
        "UPDATE audit_head SET hash = (SELECT previous FROM audit WHERE sequence = 1)",
        "DELETE FROM audit",
    )
    for number in range(1, 8):
        carry_out(ledger, done(create(f"other-{number}"), f"other-{number}"))
    assert ledger.verify_audit() is None
    assert ledger.verify_audit(seal=seal) == AuditBreak(5, "it is not the line that was sealed")


def test_processes_that_write_at_the_same_time_make_one_chain(ledger, ledger_url):
    writers = [(ledger_url, f"run-{name}") for name in ("a", "b")]
    with programs(WRITE_TWENTY, *writers) as writing:
        assert [program.stdout.readline() for program in writing] == ["written\n"] * 2
    with open_ledger(ledger_url) as again:
        assert again.verify_audit() is None
        lines = list(again.audit())
    assert [line.sequence for line in lines] == list(range(1, 41))
    assert {line.profile for line in lines} == {"run-a", "run-b"}


def test_lines_are_filtered_by_person_and_time(ledger):
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (20, 21, 22)]
    for number, day in enumerate(days, start=1):
        carry_out(ledger, done(create(f"{number}"), f"ref-{number}"), at=day)
    assert [line.sequence for line in ledger.audit(person="2")] == [2]
    assert [line.sequence for line in ledger.audit(since=days[1])] == [2, 3]
    assert [line.sequence for line in ledger.audit(until=days[1])] == [1]


def aged(ledger):
    """Five lines, the first three of them old."""
    for number in range(1, 6):
        at = datetime(2025 if number < 4 else 2026, 11, number, tzinfo=UTC)
        carry_out(ledger, done(create(f"{number}"), f"ref-{number}"), at=at)


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def prune(ledger, before=NEW_YEAR):
    return ledger.prune_audit(before, at=datetime(2026, 12, 1, tzinfo=UTC), by="ann")


def test_old_lines_are_cut_off_and_the_rest_still_verifies(ledger):
    aged(ledger)
    seal, third = ledger.audit_seal(), list(ledger.audit())[2]
    assert ledger.old_audit_lines(NEW_YEAR) == AuditSeal(3, third.hash)

    assert prune(ledger) == 3

    assert [line.sequence for line in ledger.audit()] == [4, 5, 6]
    assert ledger.verify_audit(seal=seal) is None
    assert ledger.audit_anchor() == AuditSeal(3, third.hash)
    assert ledger.audit_number(third.hash) == 3
    told = list(ledger.audit())[-1]
    assert (told.action, told.because) == ("PruneAudit", "by:ann")
    assert told.text == f"lines 1-3: cut off, older than 2026-01-01; the last was {third.hash}"
    assert prune(ledger) == 0


def test_what_is_cut_off_is_cut_off_again_later(ledger):
    aged(ledger)
    prune(ledger)
    carry_out(ledger, done(create("9"), "ref-9"), at=datetime(2026, 12, 2, tzinfo=UTC))
    assert prune(ledger, datetime(2026, 12, 2, tzinfo=UTC)) == 3
    assert ledger.verify_audit() is None
    assert [line.sequence for line in ledger.audit()] == [7, 8]


def test_the_last_line_stays_however_old_it_is(ledger):
    aged(ledger)
    assert prune(ledger, datetime(2030, 1, 1, tzinfo=UTC)) == 4
    assert ledger.verify_audit() is None
    assert prune(ledger, datetime(2020, 1, 1, tzinfo=UTC)) == 0


def test_a_beginning_that_somebody_cut_off_by_hand_is_found(ledger, ledger_url):
    aged(ledger)
    at_the_database(
        ledger_url,
        "UPDATE audit_head SET cut_sequence = 3, "
        "cut_hash = (SELECT hash FROM audit WHERE sequence = 3)",
        "DELETE FROM audit WHERE sequence <= 3",
    )
    reason = "the lines up to this one were cut off, and no line tells of that"
    assert ledger.verify_audit() == AuditBreak(3, reason)


def test_a_seal_of_the_last_line_that_was_cut_off_still_proves_something(ledger, ledger_url):
    aged(ledger)
    third = list(ledger.audit())[2]
    prune(ledger)
    assert ledger.verify_audit(seal=AuditSeal(3, third.hash)) is None
    reason = "it is not the line that was sealed"
    assert ledger.verify_audit(seal=AuditSeal(3, "f" * 64)) == AuditBreak(3, reason)


def test_a_line_that_was_slipped_in_at_the_end_is_found(ledger, ledger_url):
    five_lines(ledger)
    at_the_database(
        ledger_url,
        "INSERT INTO audit (sequence, at, run, profile, action, target, person, ref, outcome, "
        "because, text, previous, hash, version, salt, digest, change) SELECT 6, at, run, profile, "
        "action, target, person, ref, outcome, because, 'by hand', hash, hash, version, salt, "
        "digest, change FROM audit WHERE sequence = 5",
    )
    assert ledger.verify_audit() == AuditBreak(6, "its content is not what was written")


def test_two_lines_that_were_swapped_are_found(ledger, ledger_url):
    five_lines(ledger)
    at_the_database(
        ledger_url,
        "UPDATE audit SET sequence = 99 WHERE sequence = 2",
        "UPDATE audit SET sequence = 2 WHERE sequence = 3",
        "UPDATE audit SET sequence = 3 WHERE sequence = 99",
    )
    assert ledger.verify_audit() == AuditBreak(2, "it does not follow from the line before it")


def test_many_erased_lines_are_told_in_as_many_lines_as_it_takes():
    assert list(told_of([9, 3, 4, 5])) == ["3-5, 9"]
    several = list(told_of(range(1, 500, 2)))
    assert len(several) == 3
    assert all(len(part) < MAX_TEXT for part in several)


def test_a_cell_that_holds_what_retour_does_not_write_is_a_break_and_no_fault(ledger, ledger_url):
    five_lines(ledger)
    at_the_database(ledger_url, "UPDATE audit SET at = 'yesterday' WHERE sequence = 4")
    assert ledger.verify_audit() == AuditBreak(4, "its content is not what was written")
    with pytest.raises(Unreachable, match="something that Retour has not written"):
        list(ledger.audit())


def test_an_end_that_nobody_can_tell_is_a_break(ledger, ledger_url):
    five_lines(ledger)
    at_the_database(ledger_url, "DELETE FROM audit_head")
    reason = "nobody can tell any more whether the trail ends here"
    assert ledger.verify_audit() == AuditBreak(5, reason)


@pytest.mark.parametrize(
    "text", ["lines 1-99999999999: erased", "lines -, 1: erased", "lines 3-2, : erased"]
)
def test_a_line_that_tells_of_lines_there_cannot_be_is_read_all_the_same(ledger, text):
    told = {"at": now(), "run": "", "profile": "demo", "action": ERASE, "text": text}
    with ledger._writing() as connection:
        ledger._add_lines(connection, [told | {"outcome": "done"}])
    assert ledger.verify_audit() is None
