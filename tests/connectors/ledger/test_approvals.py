"""Who was asked for what, and what they said: kept for good, and in the audit trail."""

import pytest

from connectors.model.errors import ConfigError
from tests.connectors.ledger.examples import PROFILE

ASKED = {
    "digest": "sha256:abc",
    "reasons": "ad: 60 creates, 50 are allowed",
    "flow": "provision",
    "parameters": {"profile": PROFILE, "dry_run": False, "persons": []},
    "flow_run": "0b7f",
}


def ask(ledger, run="run-1", profile=PROFILE, **other):
    return ledger.ask_approval(run, profile, **{**ASKED, "hours": 72, **other})


def test_what_is_asked_waits_until_somebody_answers(empty_ledger):
    assert ask(empty_ledger) == []
    (waiting,) = empty_ledger.approvals(PROFILE)
    assert waiting == empty_ledger.approval("run-1")
    assert waiting == empty_ledger.approval_of_flow_run("0b7f")
    assert (waiting.answer, waiting.by, waiting.answered) == (None, "", None)
    assert {name: getattr(waiting, name) for name in ASKED} == ASKED

    told = empty_ledger.answer_approval("run-1", "approved", by="Ann", note="looked at it")
    assert empty_ledger.approvals() == []
    assert empty_ledger.approval("run-1") == told
    assert (told.answer, told.by, told.note) == ("approved", "Ann", "looked at it")
    assert told.answered >= told.asked


def test_who_never_asked_has_nothing(empty_ledger):
    assert empty_ledger.approval("run-1") is None
    assert empty_ledger.approval_of_flow_run("0b7f") is None
    with pytest.raises(ConfigError, match="run-1 does not wait for an approval"):
        empty_ledger.answer_approval("run-1", "refused", by="Ann")


def test_an_answer_is_for_good(empty_ledger):
    ask(empty_ledger)
    empty_ledger.answer_approval("run-1", "refused", by="Ann")
    with pytest.raises(ConfigError, match=r"run-1 was refused by Ann on .* already"):
        empty_ledger.answer_approval("run-1", "approved", by="Bob")
    assert empty_ledger.approval("run-1").by == "Ann"


def test_after_its_hours_nobody_can_answer(empty_ledger):
    ask(empty_ledger, hours=-1)
    assert empty_ledger.approvals() == []
    with pytest.raises(ConfigError, match=r"run-1 waited until .* the next one asks again"):
        empty_ledger.answer_approval("run-1", "approved", by="Ann")
    assert empty_ledger.approval("run-1").answer is None


def test_a_run_that_asks_again_waits_again_for_the_new_plan(empty_ledger):
    ask(empty_ledger)
    empty_ledger.answer_approval("run-1", "approved", by="Ann")
    assert ask(empty_ledger, digest="sha256:def") == []
    assert empty_ledger.approval("run-1").digest == "sha256:def"
    assert empty_ledger.approval("run-1").answer is None


def test_the_newest_question_of_a_profile_is_the_only_one(empty_ledger):
    ask(empty_ledger)
    ask(empty_ledger, "elsewhere", "other")
    (older,) = ask(empty_ledger, "run-2", flow_run=None)
    assert older.run == "run-1"
    assert [one.run for one in empty_ledger.approvals(PROFILE)] == ["run-2"]
    assert [one.run for one in empty_ledger.approvals()] == ["elsewhere", "run-2"]
    with pytest.raises(ConfigError, match="run-1 waits no longer: run run-2 asked"):
        empty_ledger.answer_approval("run-1", "approved", by="Ann")


def test_answers_are_lines_of_the_audit_trail(empty_ledger):
    ask(empty_ledger)
    ask(empty_ledger, "run-2")
    empty_ledger.answer_approval("run-2", "approved", by="Ann", note="first load")
    empty_ledger.note_answer("run-3", PROFILE, digest="sha256:x", by="bob@host", note="--approve")
    lines = list(empty_ledger.audit(profile=PROFILE))
    assert [
        (one.run, one.action, one.ref, one.outcome, one.because, one.text) for one in lines
    ] == [
        ("run-1", "SupersedePlan", "sha256:abc", "superseded", "by:run-2", ASKED["reasons"]),
        (
            "run-2",
            "ApprovePlan",
            "sha256:abc",
            "approved",
            "by:Ann",
            f"first load; {ASKED['reasons']}",
        ),
        ("run-3", "ApprovePlan", "sha256:x", "approved", "by:bob@host", "--approve"),
    ]
    assert empty_ledger.verify_audit() is None
