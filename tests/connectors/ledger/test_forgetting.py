"""Somebody who is forgotten: nothing of them is left, and the audit trail still holds."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.ledger.audit_chain import FIRST
from connectors.ledger.names import Name
from connectors.ledger.records import AuditBreak
from connectors.ledger.scrub import Scrub
from connectors.model.change import CreateAccount, UpdateAccount
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note, Outcome
from tests.connectors.ledger.examples import (
    DAY,
    MORNING,
    a_run,
    at_the_database,
    carry_out,
    create,
    done,
    grant,
    reserve_names,
    some_people,
)

GONE = "1000000"
"""Of `some_people`: Zoë."""
OTHER = "1000002"
LATER = datetime(2026, 12, 1, tzinfo=UTC)
ADDRESS = "zoe.ketel@example.org"


def made(person, **after):
    return CreateAccount(target="directory", person=person, after=after, because=("contract:7",))


@pytest.fixture
def known(ledger):
    """A ledger that knows Zoë, and somebody whose manager she is."""
    zoe = made(GONE, employeeID=GONE, mail=ADDRESS, title="Nurse", cn="CN=Zoë Ketel")
    other = made(OTHER, managerId=GONE, mail="bo@example.org")
    carry_out(ledger, done(zoe, "m-zoe-1"), done(grant(GONE, "g-1"), "m-zoe-1"))
    carry_out(ledger, done(other, "m-bo-1"))
    reserve_names(ledger, "demo", [Name("address", ADDRESS, GONE)], MORNING)
    ledger.note_called("demo", {GONE: "hash", OTHER: "hash"}, MORNING)
    ledger.accept_snapshot("demo", "run-1", some_people())
    ledger.keep("demo", "directory", "d", b"everybody", at=MORNING, whole=True)
    plan = Plan(
        profile="demo",
        as_of=DAY,
        sections=(Section(target="directory", depends_on=(), changes=(zoe, other), managed=2),),
        notes=(Note(target="directory", person=GONE, reason=f"{ADDRESS} is hers", code="x"),),
    )
    ledger.save_plan(plan)
    rows = [{"person": c.person, "ref": None, "detail": None, **c.to_json()} for c in plan.changes]
    report = {
        "changes": rows,
        "notes": [note.to_json() for note in plan.notes],
        "refused": f"too many: {GONE}, {OTHER}",
    }
    ledger.finish_run(
        "run-1", finished=MORNING, exit=0, digest=plan.digest, report=report, refused=f"see {GONE}"
    )
    return ledger


def everything(ledger):
    """All that is kept, as text; what is packed is unpacked."""
    found = [repr(ledger.run(one.run)) for one in ledger.runs()]
    found += [repr(entry) for one in ledger.runs() for entry in ledger.journal(one.run)]
    found += [repr(line) for line in ledger.audit()]
    people = ledger.snapshot("demo")
    found += [people.persons.to_csv(), people.contracts.to_csv(), people.blocked.to_csv()]
    found += [ledger.names("demo").to_csv(), ledger.links("demo").to_csv()]
    found += [ledger.grants("demo").to_csv(), repr(ledger.called("demo"))]
    return "\n".join(found)


def test_a_look_says_what_there_is_and_changes_nothing(known):
    before = everything(known)

    traces = known.traces("demo", GONE)

    assert traces.accounts == {"directory": "m-zoe-1"}
    assert (traces.in_hr, traces.in_doubt) == (True, 0)
    assert traces.found == {
        "audit": 2,
        "audit_of_others": 1,
        "called": 1,
        "grants": 1,
        "journal": 2,
        "journal_of_others": 1,
        "links": 1,
        "names": 1,
        "plans": 1,
        "runs": 1,
        "snapshots": 1,
    }
    assert everything(known) == before
    assert known.verify_audit() is None


def test_nothing_of_them_is_left_and_others_keep_theirs(known):
    assert known.forget("demo", GONE, at=LATER, by="ann").found["journal"] == 2

    left = everything(known)
    for trace in (GONE, ADDRESS, "m-zoe-1", "Zoë", "Ketel"):
        assert trace not in left
    assert "bo@example.org" in left
    assert "m-bo-1" in left
    assert known.snapshot("demo").persons["external_id"].tolist() == ["1000001", OTHER]
    assert known.kept("demo", "directory", "d") is None
    assert known.traces("demo", GONE).found == {}
    with pytest.raises(Exception, match="there is no plan"):
        known.load_plan(known.run("run-1").digest)


def test_the_trail_holds_and_tells_that_lines_were_erased_and_not_about_whom(known):
    seal = known.audit_seal()
    assert seal.sequence == 3

    known.forget("demo", GONE, at=LATER, by="ann@office")

    assert known.verify_audit(seal=seal) is None
    *lines, told = known.audit()
    assert [line.erased is not None for line in lines] == [True, True, True]
    assert [line.action for line in lines] == ["CreateAccount", "GrantPermission", "CreateAccount"]
    assert lines[2].person == OTHER
    assert (told.action, told.because, told.text) == (
        "ForgetPerson",
        "by:ann@office",
        "lines 1-3: erased",
    )


def test_content_that_somebody_takes_out_by_hand_is_found(known, ledger_url):
    blank = "UPDATE audit SET text = '', salt = NULL, erased = at WHERE sequence = 2"
    at_the_database(ledger_url, blank)
    reason = "its content was taken out, and no line tells of that"
    assert known.verify_audit() == AuditBreak(2, reason)


def test_an_erased_line_cannot_get_other_content_that_counts(known, ledger_url):
    known.forget("demo", GONE, at=LATER, by="ann")
    at_the_database(ledger_url, "UPDATE audit SET outcome = 'failed' WHERE sequence = 1")
    assert known.verify_audit() == AuditBreak(1, "its content is not what was written")


def test_erasing_twice_finds_nothing_the_second_time(known):
    known.forget("demo", GONE, at=LATER, by="ann")
    head = known.audit_seal()
    assert known.forget("demo", GONE, at=LATER, by="ann").found == {}
    assert known.audit_seal() == head


def test_the_same_id_in_another_profile_is_somebody_else(known):
    known.start_run(a_run("run-3", profile="other"))
    carry_out(known, done(create(GONE), "ref-9"), run="run-3", profile="other")

    known.forget("demo", GONE, at=LATER, by="ann")

    assert [line.person for line in known.audit(profile="other")] == [GONE]
    assert known.traces("other", GONE).accounts == {"directory": "ref-9"}


BEFORE = (
    "INSERT INTO audit (sequence, at, run, profile, action, target, person, ref, outcome, because, "
    "text, previous, hash) VALUES (1, '2026-11-23T09:30:00.000000+00:00', 'run-1', 'demo', "
    "'CreateAccount', 'directory', '{person}', '', 'done', '', '', '{first}', '{hash}')"
)
HEAD = "UPDATE audit_head SET sequence = 1, hash = '{hash}'"


def test_lines_of_before_can_be_erased_too(known, ledger_url):
    """They were hashed at once: what is left of one is its place in the chain."""
    content = ["2026-11-23T09:30:00.000000+00:00", 1, "run-1", "demo", "CreateAccount"]
    content += ["directory", GONE, "", "done", "", "", FIRST]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    old = {"person": GONE, "first": FIRST, "hash": hashlib.sha256(text.encode()).hexdigest()}
    at_the_database(ledger_url, "DELETE FROM audit", BEFORE.format(**old), HEAD.format(**old))
    assert known.verify_audit() is None

    known.forget("demo", GONE, at=LATER, by="ann")

    assert known.verify_audit() is None
    at_the_database(ledger_url, "UPDATE audit SET hash = previous WHERE sequence = 1")
    assert known.verify_audit() == AuditBreak(2, "it does not follow from the line before it")


def test_a_write_in_doubt_is_counted(known):
    change = UpdateAccount(target="directory", person=GONE, ref="m-zoe-1", after={"title": "x"})
    carry_out(known, (change, Outcome.IN_DOUBT, None))
    assert known.traces("demo", GONE).in_doubt == 1


def test_the_file_itself_holds_nothing_of_them(known, ledger_url):
    if not ledger_url.startswith("sqlite"):
        pytest.skip("a server cleans up when it likes")
    file = Path(ledger_url.removeprefix("sqlite:///"))
    assert ADDRESS.encode() in file.read_bytes() + file.with_name("ledger.db-wal").read_bytes()

    known.forget("demo", GONE, at=LATER, by="ann")

    held = b"".join(one.read_bytes() for one in file.parent.glob("ledger.db*"))
    assert ADDRESS.encode() not in held
    assert b"m-zoe-1" not in held


def test_words_are_found_whole_and_in_whatever_case():
    scrub = Scrub("12", ["ann.smith@example.org", "asmith"], "erased:1")
    assert scrub.text("12") == "(erased)"
    assert scrub.text("12 accounts") == "12 accounts"
    assert scrub.text("asmith and jasmith, ASMITH.") == "(erased) and jasmith, (erased)."
    assert scrub.deep({"a": ["Ann.Smith@Example.org", 3]}) == {"a": ["(erased)", 3]}
    assert Scrub("12", [], "t").text("13") == "13"
