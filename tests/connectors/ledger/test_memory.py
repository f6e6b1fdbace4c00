from datetime import date, timedelta

import pandas as pd
from sqlalchemy import func, select

from connectors.ledger.memory import FRAMES
from connectors.ledger.tables import snapshots
from connectors.model.people import People
from tests.connectors.ledger.examples import MORNING, some_people


def test_a_snapshot_comes_back_equal_to_what_was_accepted(ledger):
    people = some_people()
    ledger.accept_snapshot("demo", "run-1", people)
    back = ledger.snapshot("demo")
    assert (back.digest, back.taken_at) == (people.digest, MORNING)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(back, name), getattr(people, name))
    assert ledger.snapshot_ids("demo") == people.persons["external_id"].tolist()


def test_a_snapshot_remembers_how_its_keys_were_made(ledger):
    keys = {"person": "Medewerker", "contract": "ExternalID of positions"}
    people = some_people()
    people.keys = keys
    ledger.accept_snapshot("demo", "run-1", people)
    assert ledger.snapshot("demo").keys == keys
    ledger.accept_snapshot("demo", "run-2", some_people())
    assert ledger.snapshot("demo").keys == {}


def test_an_empty_snapshot_is_a_snapshot(ledger):
    nobody = People(persons=pd.DataFrame(), contracts=pd.DataFrame(), taken_at=MORNING)
    ledger.accept_snapshot("demo", "run-1", nobody)
    assert ledger.snapshot("demo").digest == nobody.digest
    assert ledger.snapshot_ids("demo") == []


def test_without_a_snapshot_there_is_none(ledger):
    ledger.accept_snapshot("other", "run-1", some_people())
    assert ledger.snapshot("demo") is None
    assert ledger.snapshot_ids("demo") is None


def test_the_last_two_snapshots_of_a_profile_are_kept_and_no_more(ledger):
    ledger.accept_snapshot("other", "run-0", some_people(1))
    for number in range(1, 5):
        taken_at = MORNING + timedelta(days=number)
        ledger.accept_snapshot("demo", f"run-{number}", some_people(number, taken_at=taken_at))
    assert len(ledger.snapshot("demo")) == 4
    assert len(ledger.snapshot("other")) == 1
    with ledger._reading() as connection:
        runs = connection.scalars(select(snapshots.c.run).order_by(snapshots.c.sequence)).all()
        assert connection.scalar(select(func.count()).select_from(snapshots)) == 3
    assert runs == ["run-0", "run-3", "run-4"]


def test_who_is_missing_is_noted_from_the_first_day_until_the_person_returns(ledger):
    first, second, third = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
    known = {"ann", "bob", "cem"}
    ledger.note_absences("demo", present={"ann", "new"}, known=known, day=first)
    assert ledger.absences("demo") == {"bob": first, "cem": first}
    ledger.note_absences("demo", present={"bob"}, known=known, day=second)
    assert ledger.absences("demo") == {"ann": second, "cem": first}
    ledger.note_absences("demo", present=known, known=known, day=third)
    assert ledger.absences("demo") == {}


def test_an_absence_ends_when_nothing_of_ours_is_left_to_take_away(ledger):
    day = date(2026, 11, 1)
    ledger.note_absences("demo", present=[], known=["ann", "bob"], day=day)
    ledger.note_absences("other", present=[], known=["ann"], day=day)
    ledger.note_absences("demo", present=[], known=["bob"], day=day + timedelta(days=1))
    assert ledger.absences("demo") == {"bob": day}
    assert ledger.absences("other") == {"ann": day}
