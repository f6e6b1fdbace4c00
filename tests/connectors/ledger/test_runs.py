from datetime import datetime, timedelta, timezone

import pytest

from connectors.ledger.tables import stamp
from connectors.model.errors import ConfigError
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note
from connectors.model.values import CLEAR, Pending
from tests.connectors.ledger.examples import DAY, MORNING, PROFILE, a_run, create

LATER = MORNING + timedelta(minutes=7)


def finish(empty_ledger, run, **fields):
    ending = {"finished": LATER, "exit": 0, "digest": "sha256:ab", "report": {"retour": 1}}
    empty_ledger.finish_run(run, **{**ending, **fields})


def test_a_finished_run_comes_back_with_its_report(empty_ledger):
    report = {
        "retour": 1,
        "notes": [{"person": "1000123", "reason": "wächst noch"}],
        "refused": None,
    }
    empty_ledger.start_run(a_run(mode="preview"))
    finish(empty_ledger, "run-1", exit=3, report=report, refused="too many deletes")
    assert empty_ledger.run("run-1") == a_run(
        mode="preview",
        finished=LATER,
        exit=3,
        digest="sha256:ab",
        refused="too many deletes",
        report=report,
    )


def test_a_run_knows_what_it_was_asked_for(empty_ledger):
    asked = {"profile": "demo", "persons": ["1000123"], "hired_since": "2026-11-01"}
    empty_ledger.start_run(a_run(flow="backfill", parameters=asked))
    assert empty_ledger.run("run-1") == a_run(flow="backfill", parameters=asked)
    assert empty_ledger.runs()[0].flow == "backfill"


def test_instants_come_back_in_utc_and_without_an_offset_they_are_refused(empty_ledger):
    amsterdam = timezone(timedelta(hours=1))
    empty_ledger.start_run(a_run(started=datetime(2026, 11, 23, 10, 30, tzinfo=amsterdam)))
    assert empty_ledger.run("run-1").started == MORNING
    assert empty_ledger.run("run-1").started.utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="no offset"):
        stamp(datetime(2026, 11, 23, 10, 30))  # noqa: DTZ001 - that is the point


def test_runs_are_listed_newest_first_per_profile_without_reports(empty_ledger):
    for minute, profile in enumerate(["demo", "other", "demo", "demo"]):
        run = a_run(f"run-{minute}", profile=profile, started=MORNING + timedelta(minutes=minute))
        empty_ledger.start_run(run)
    finish(empty_ledger, "run-3")
    assert [record.run for record in empty_ledger.runs()] == ["run-3", "run-2", "run-1", "run-0"]
    assert [record.run for record in empty_ledger.runs("demo", limit=2)] == ["run-3", "run-2"]
    assert empty_ledger.runs(limit=1)[0].report is None
    assert empty_ledger.runs("nobody") == []


def test_a_run_that_starts_again_is_open_again_and_keeps_its_first_start(empty_ledger):
    empty_ledger.start_run(a_run())
    finish(empty_ledger, "run-1", exit=4)
    empty_ledger.start_run(a_run(started=LATER))
    assert empty_ledger.run("run-1") == a_run(started=MORNING)


@pytest.mark.parametrize(
    ("name", "found"), [("abc-1", "abc-1"), ("abc-2", "abc-2"), ("x", "x_1"), ("abc-1x", "abc-1x")]
)
def test_a_run_is_found_by_the_beginning_of_its_id(empty_ledger, name, found):
    for run in ("abc-1", "abc-1x", "abc-2", "x_1"):
        empty_ledger.start_run(a_run(run))
    assert empty_ledger.run(name).run == found


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("abc", "more than one run begins with 'abc': abc-1, abc-2"),
        ("ABC-1", "no run 'ABC-1'"),
        ("%", "no run"),
        ("", "no run ''"),
    ],
)
def test_a_name_that_fits_no_run_or_several_is_a_configuration_error(empty_ledger, name, reason):
    for run in ("abc-1", "abc-2"):
        empty_ledger.start_run(a_run(run))
    with pytest.raises(ConfigError, match=reason):
        empty_ledger.run(name)


def test_a_run_that_nobody_started_cannot_finish(empty_ledger):
    with pytest.raises(ConfigError, match="no run 'run-9'"):
        finish(empty_ledger, "run-9")


def a_plan(*reasons):
    change = create("1000123", mail=Pending("directory", "mail"), phone=CLEAR, name="Łucja")
    section = Section(target="directory", depends_on=(), changes=(change,), managed=7)
    notes = tuple(Note(target="directory", person="1", reason=reason) for reason in reasons)
    return Plan(profile=PROFILE, as_of=DAY, sections=(section,), notes=notes)


def test_a_plan_comes_back_byte_for_byte(empty_ledger):
    plan = a_plan("waits")
    empty_ledger.save_plan(plan)
    empty_ledger.save_plan(plan)
    assert empty_ledger.load_plan(plan.digest).to_bytes() == plan.to_bytes()


def test_the_same_plan_with_newer_notes_replaces_the_older(empty_ledger):
    older, newer = a_plan(), a_plan("waits")
    assert older.digest == newer.digest
    empty_ledger.save_plan(older)
    empty_ledger.save_plan(newer)
    assert empty_ledger.load_plan(newer.digest).to_bytes() == newer.to_bytes()


def test_a_plan_that_is_not_there_is_a_configuration_error(empty_ledger):
    with pytest.raises(ConfigError, match="there is no plan 'sha256:00'"):
        empty_ledger.load_plan("sha256:00")
