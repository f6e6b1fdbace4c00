from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.afas.query import AT_LEAST, Condition
from connectors.afas.source import AfasSource
from connectors.afas.window import windows
from tests.connectors.afas.lab import TODAY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STARTS = "Begindatum_contract"
ENDS = "Einddatum_contract"


@pytest.fixture
def read(source_settings, opened, monkeypatch):
    def read(instant=NOON, **more):
        monkeypatch.setattr("connectors.afas.source.now", lambda: instant)
        return opened(AfasSource(source_settings(**more))).read(as_of=TODAY)

    return read


def hire(afas, *, starts=-400, ends=None):
    """Employ somebody from and until so many days after today."""
    return afas.hire(
        nick_name="Kim",
        family_name="Smit",
        department="IT",
        title="Tester",
        start=TODAY + timedelta(days=starts),
        last_day=None if ends is None else TODAY + timedelta(days=ends),
    )


def test_without_a_window_nothing_is_filtered(afas, read):
    read()
    assert not any("filter" in call.query for call in afas.calls)


def test_a_window_is_as_wide_as_the_settings_say_to_the_day(afas, read):
    early, late = hire(afas, starts=14), hire(afas, starts=15)
    gone, left = hire(afas, ends=-31), hire(afas, ends=-30)
    people = read(starts_within_days=14, ended_within_days=30)
    persons = set(people.persons["external_id"])
    assert {early, left} <= persons
    assert not {late, gone} & persons
    assert {"1000001", "1000002"} <= persons  # they have no last day
    assert set(people.blocked.loc[people.blocked["code"] == "no_contract", "external_id"]) == {
        late,
        gone,
    }


@pytest.mark.parametrize(
    ("window", "absent"), [({"starts_within_days": 0}, 1), ({"ended_within_days": 0}, 2)]
)
def test_one_side_of_the_window_leaves_the_other_as_it_is(afas, read, window, absent):
    numbers = [hire(afas), hire(afas, starts=1), hire(afas, ends=-1)]
    persons = set(read(**window).persons["external_id"])
    assert set(numbers) - persons == {numbers[absent]}


def test_the_filter_is_sent_and_is_short_enough(afas, read):
    read(starts_within_days=14, ended_within_days=30)
    asked = {call.connector: call.query for call in afas.calls}
    assert f"{STARTS},{ENDS};{STARTS},{ENDS}" in asked["T4E_HelloID_Employments_v2"]
    assert "2026-12-07T00:00:00,2026-10-24T00:00:00" in asked["T4E_HelloID_Employments_v2"]
    assert "filter" not in asked["T4E_HelloID_Users_v2"] + asked["T4E_HelloID_Positions_v2"]
    assert max(map(len, asked.values())) < 1000


def test_a_window_changes_no_key_of_a_contract_that_stays(afas, read):
    afas.move("1000001", "IT", "Tester", on=TODAY - timedelta(days=20))
    keys = {
        frame: set(read(**window).contracts["external_id"])
        for frame, window in {
            "all": {},
            "narrow": {"starts_within_days": 0, "ended_within_days": 0},
        }.items()
    }
    assert keys["narrow"] <= keys["all"]


def test_pages_of_a_window_are_read_to_the_end(afas, read):
    numbers = {hire(afas, starts=-day) for day in range(1, 12)}
    hire(afas, starts=60)
    found = read(starts_within_days=14, max_rows=3)
    assert numbers <= set(found.persons["external_id"])


def test_a_contract_without_a_first_day_is_blocked_and_not_overlooked(afas, read):
    row = afas.rows("T4E_HelloID_Employments_v2")[0]
    odd = {**row, "ExternalID": "ODD", STARTS: None, "Begindatum_functie": None}
    afas.catalogue.further["T4E_HelloID_Employments_v2"] = [odd]
    people = read(starts_within_days=14)
    assert people.blocked["reason"].tolist() == ["contract ODD: no start date"]


@pytest.mark.parametrize(
    ("instant", "today"),
    [
        (datetime(2026, 1, 10, 22, 59, tzinfo=UTC), date(2026, 1, 10)),
        (datetime(2026, 1, 10, 23, 0, tzinfo=UTC), date(2026, 1, 11)),
        (datetime(2026, 7, 10, 21, 59, tzinfo=UTC), date(2026, 7, 10)),
        (datetime(2026, 7, 10, 22, 0, tzinfo=UTC), date(2026, 7, 11)),
    ],
)
def test_today_is_amsterdams_in_winter_and_in_summer(source_settings, instant, today):
    found = windows(source_settings(ended_within_days=0), instant)
    assert found["employments"][0] == (Condition(ENDS, AT_LEAST, f"{today}T00:00:00"),)
