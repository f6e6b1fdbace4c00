from datetime import date

import pandas as pd
import pytest

from connectors.afas.contracts import cycle_cuts, join_contracts
from connectors.afas.frames import days
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.records import Unit
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.settings import SourceSettings
from connectors.afas.source import AfasSource
from connectors.model.errors import BrokenSource, Fatal
from connectors.model.people import INVALID, NO_CONTRACT
from connectors.sdk.invent import invent
from tests.connectors.afas.lab import TODAY

USERS = "T4E_HelloID_Users_v2"
EMPLOYMENTS = "T4E_HelloID_Employments_v2"


def test_a_person_arrives_under_our_names(afas, read):
    afas.records.persons["1000001"].fields |= {"EmAd": "j@example.org", "TeNr": "+31 30 1"}
    afas.user_of("1000001").fields["Upn"] = "janine@example.org"
    afas.records.touch()
    person = read().person("1000001")
    assert person.fields == {
        "external_id": "1000001",
        "display_name": "Janine van den Boele",
        "given_name": "Janine",
        "nick_name": "Janine",
        "initials": "J.",
        "family_name_prefix": "van den",
        "family_name": "Boele",
        "partner_name_prefix": "de",
        "partner_name": "Vries",
        "convention": "PB",
        "work_email": "j@example.org",
        "user_principal_name": "janine@example.org",
        "work_phone": "+31 30 1",
        "user_id": "12345.1000001",
        "person_number": "1000001",
        "excluded": False,
        "blocked": False,
    }


def test_a_contract_arrives_with_key_place_and_size(afas, read):
    line = afas.records.employees["1000001"].lines[0]
    contract = read().person("1000001").contracts[0].fields
    assert contract["external_id"] == f"{line.positions[0].guid}~{line.guid}"
    assert contract["department_id"] == "CARE"
    assert contract["title"] == "Nurse"
    assert contract["fte"] == 1.0
    assert contract["hours_per_week"] == 36.0
    assert contract["start_date"] == pd.Timestamp("2020-01-01")
    assert "end_date" not in contract


def test_a_person_without_employee_number_blocks_nobody_who_has_that_number(afas, read):
    row = {**afas.rows(USERS)[0], "Medewerker": None, "Persoonsnummer": "1000002"}
    afas.catalogue.further[USERS] = [row]
    people = read()
    assert "1000002" in set(people.persons["external_id"])
    assert people.blocked[["external_id", "reason"]].to_numpy().tolist() == [
        ["person 1000002", "no employee number"]
    ]


@pytest.mark.parametrize(
    ("code", "convention"),
    [("0", "B"), ("1", "PB"), ("2", "P"), ("3", "BP"), ("", "B"), ("9", "B")],
)
def test_the_use_of_names_becomes_a_convention(afas, read, code, convention):
    afas.records.persons["1000001"].fields["ViUs"] = code
    afas.records.touch()
    assert read().person("1000001").fields["convention"] == convention


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-29T00:00:00Z",  # summer time begins
        "2026-03-29T02:30:00Z",  # an hour that this day does not have in Amsterdam
        "2026-10-25T00:00:00Z",  # and ends
        "2026-10-25T23:59:59Z",
        "2026-07-01T00:00:00",
        "2026-12-31T23:30:00Z",
        "2026-12-31",
    ],
)
def test_a_day_is_the_day_that_stands_there_whatever_its_time(moment):
    assert days("X", "Y", pd.Series([moment, None], dtype="str")).tolist() == [
        pd.Timestamp(moment[:10]),
        pd.NaT,
    ]


def test_a_last_day_in_summer_time_stays_that_day(afas, read):
    afas.leave("1000001", date(2026, 10, 31))
    contract = read().person("1000001").contracts[0]
    assert contract.fields["end_date"] == pd.Timestamp("2026-10-31")
    assert contract.active_on(date(2026, 10, 31))
    assert not contract.active_on(date(2026, 11, 1))


def test_a_mover_is_in_one_department_at_a_time(afas, read):
    afas.move("1000001", "IT", "Developer", on=date(2026, 11, 1))
    old, new = sorted(
        read().person("1000001").contracts, key=lambda contract: contract.fields["start_date"]
    )
    assert (old.fields["department_id"], new.fields["department_id"]) == ("CARE", "IT")
    assert old.fields["start_date"] == pd.Timestamp("2020-01-01")
    assert old.fields["end_date"] == pd.Timestamp("2026-10-31")
    assert new.fields["start_date"] == pd.Timestamp("2026-11-01")
    assert "end_date" not in new.fields


def test_b16_a_new_function_does_not_hide_when_the_contract_began(afas, read):
    afas.move("1000001", "IT", "Developer", on=date(2022, 6, 1))
    assert [c.fields["start_date"] for c in read().person("1000001").contracts] == [
        pd.Timestamp("2020-01-01")
    ]
    [function] = read(contract_dates="function").person("1000001").contracts
    assert function.fields["start_date"] == pd.Timestamp("2022-06-01")


def test_functions_side_by_side_all_run_until_the_contract_ends():
    lines = pd.DataFrame(
        {
            "person_id": ["1", "1"],
            "employment_id": ["A", "B"],
            "sequence": [1.0, 1.0],
            "contract_start": pd.to_datetime(["2020-01-01", "2020-01-01"]),
            "contract_end": pd.to_datetime(["2027-01-01", "2027-01-01"]),
            "line_start": pd.to_datetime(["2020-01-01", "2021-01-01"]),
            "line_end": pd.to_datetime([None, None]),
        }
    )
    joined = join_contracts(lines, None, dates="contract")
    assert list(joined["start_date"]) == list(lines["line_start"])
    assert list(joined["end_date"]) == list(lines["contract_end"])


def test_b16_employments_alone_have_their_own_guid_and_percentage(afas, read):
    line = afas.records.employees["1000001"].lines[0]
    line.positions[0].unit = "IT"
    line.percentage = 80.0
    afas.records.touch()
    [contract] = read(positions="employments_only").person("1000001").contracts
    assert contract.fields["external_id"] == line.guid
    assert contract.fields["department_id"] == "CARE"
    assert contract.fields["percentage"] == 80.0
    assert read().person("1000001").contracts[0].fields["department_id"] == "IT"


def test_an_employment_without_a_position_is_a_contract_by_itself(afas, read):
    line = afas.records.employees["1000001"].lines[0]
    line.positions.clear()
    afas.records.touch()
    [contract] = read().person("1000001").contracts
    assert contract.fields["external_id"] == line.guid
    assert contract.fields["department_id"] == "CARE"


def test_who_has_no_employment_is_left_out_and_named(afas, read):
    for line in afas.records.employees["1000001"].lines:
        line.kind_code = "N"
    afas.records.touch()
    people = read()
    assert list(people.persons["external_id"]) == ["1000002"]
    assert people.blocked.to_dict("records") == [
        {"external_id": "1000001", "code": NO_CONTRACT, "reason": "no employment"}
    ]
    kept = read(drop_persons_without_contracts=False)
    assert list(kept.persons["external_id"]) == ["1000001", "1000002"]


def test_who_misses_a_required_field_is_blocked_with_every_reason(afas, read):
    del afas.records.persons["1000001"].fields["CaNm"]
    afas.records.employees["1000001"].lines[0].positions[0].unit = ""
    afas.records.touch()
    people = read()
    assert list(people.persons["external_id"]) == ["1000002"]
    [blocked] = people.blocked.to_dict("records")
    assert (blocked["external_id"], blocked["code"]) == ("1000001", INVALID)
    assert "no nick name (Roepnaam)" in blocked["reason"]
    assert "no department" in blocked["reason"]


def test_two_rows_for_one_employee_number_break_the_source(afas, read):
    afas.catalogue.further[USERS] = [afas.rows(USERS)[1]]
    with pytest.raises(BrokenSource, match="two rows with Medewerker 1000002"):
        read()


def test_two_rows_for_one_employment_break_the_source(afas, read):
    row = afas.rows(EMPLOYMENTS)[0]
    afas.catalogue.further[EMPLOYMENTS] = [row]
    with pytest.raises(BrokenSource, match=f"two rows with ExternalID {row['ExternalID']}"):
        read()


def test_a_date_that_is_none_breaks_the_source(afas, read):
    row = {**afas.rows(EMPLOYMENTS)[0], "ExternalID": "X", "Einddatum_contract": "soon"}
    afas.catalogue.further[EMPLOYMENTS] = [row]
    with pytest.raises(BrokenSource, match="Einddatum_contract 'soon' is no date"):
        read()


def test_an_import_that_breaks_half_way_is_an_error_and_no_smaller_snapshot(afas, read):
    afas.fail_next("cut_body", connector=EMPLOYMENTS, after=1)
    with pytest.raises(BrokenSource, match=EMPLOYMENTS):
        read(max_rows=1)


def test_a_system_that_falls_silent_half_way_is_an_error(afas, read, monkeypatch):
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    afas.fail_next("cut", connector="T4E_HelloID_Positions_v2", times=99)
    with pytest.raises(Fatal, match="connection broke"):
        read()


# --- All or nothing -------------------------------------------------------------------------------


def test_connectors_are_read_side_by_side_within_what_afas_allows(afas, read):
    afas.fail_next("delay", seconds=0.05, times=6)
    read(read_groups=True)
    assert 1 < afas.counts["most_at_once"] <= 5


def test_when_one_connector_breaks_the_others_stop(afas, read):
    for place in range(60):
        afas.hire(nick_name="Kim", family_name=f"N{place}", department="IT", title="Tester")
    afas.fail_next("delay", connector=USERS, seconds=0.01, times=99)
    afas.fail_next("not_json", connector="T4E_HelloID_OrganizationalUnits_v2")
    with pytest.raises(BrokenSource, match="T4E_HelloID_OrganizationalUnits_v2"):
        read(max_rows=1)
    assert sum(call.connector == USERS for call in afas.calls) < 30


def test_who_comes_while_pages_are_read_costs_a_second_reading_and_no_row(afas, read, monkeypatch):
    answer, seen = afas.answer, []

    def busy_day(method, path, query, *rest):
        if USERS in path:
            seen.append(path)
            if len(seen) == 2:
                leaver = afas.records.employees.pop("1000001")
                afas.records.touch()
                assert leaver.number not in afas.records.employees
        return answer(method, path, query, *rest)

    for place in range(4):
        afas.hire(nick_name="Kim", family_name=f"N{place}", department="IT", title="Tester")
    monkeypatch.setattr(afas, "answer", busy_day)
    people = read(max_rows=2)
    assert [*people.persons["external_id"]] == [f"100000{n}" for n in range(2, 7)]


# --- Keys -----------------------------------------------------------------------------------------


def test_an_import_says_how_its_keys_are_made(read):
    keys = read().keys
    assert keys == {
        "person": "Medewerker",
        "contract": "ExternalID of positions ~ ExternalID of employments",
    }
    assert read(positions="employments_only").keys["contract"] == "ExternalID of employments"
    renamed = read(person_fields={"external_id": "Persoonsnummer"}).keys
    assert renamed["person"] == "Persoonsnummer"


def test_b15_departments_arrive_with_parent_and_leader_and_without_cycles(afas, read):
    for code, parent in (("A", "C"), ("B", "A"), ("C", "B"), ("D", "A"), ("E", "GONE")):
        afas.records.units[code] = Unit(code=code, name=code, parent=parent, manager="1000001")
    afas.records.touch()
    departments = read().departments.set_index("external_id")
    parents = departments["parent_id"].dropna().to_dict()
    assert parents == {"B": "A", "C": "B", "D": "A", "E": "GONE"}
    assert departments.loc["D", "manager_id"] == "1000001"


def test_b15_a_unit_above_itself_loses_its_parent():
    assert cycle_cuts({"A": "A", "B": "A", "X": "Y", "Y": "X"}) == {"A", "X"}


def test_an_empty_environment_is_empty_and_no_error(opened):
    with ServedAfas(Afas.empty(today=TODAY)) as served:
        people = opened(AfasSource(SourceSettings(**served.settings))).read(as_of=TODAY)
    assert len(people) == 0
    assert people.blocked.empty


def test_reading_twice_gives_the_same_digest_and_writes_nothing(afas, read):
    before = afas.records.to_bytes()
    assert read().digest == read(max_rows=1).digest
    assert afas.records.to_bytes() == before
    assert afas.writes == []


def test_invented_people_come_back_as_they_went_in(opened):
    people = invent(150, 7, TODAY)
    with ServedAfas(Afas.from_people(people)) as served:
        read = opened(AfasSource(SourceSettings(**served.settings))).read(as_of=TODAY)
        assert len(served.afas.calls) == 4
    kept = people.persons[people.persons["external_id"].isin(read.persons["external_id"])]
    assert len(kept) > 140
    names = ["display_name", "nick_name", "family_name", "partner_name", "convention", "user_id"]
    pd.testing.assert_frame_equal(
        read.persons[names], kept[names].reset_index(drop=True), check_dtype=False
    )
    assert len(read.persons) + read.blocked["external_id"].nunique() <= len(people)
    pd.testing.assert_frame_equal(read.departments, people.departments)
