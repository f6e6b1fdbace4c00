from datetime import date

import pytest

from connectors.afas.sandbox.views import VIEWS, months_later

EMPLOYMENTS = "T4E_HelloID_Employments_v2"
POSITIONS = "T4E_HelloID_Positions_v2"
USERS = "T4E_HelloID_Users_v2"


@pytest.mark.parametrize(
    ("connector", "fields"),
    [(USERS, 25), (EMPLOYMENTS, 29), (POSITIONS, 20), ("T4E_HelloID_OrganizationalUnits_v2", 5)],
)
def test_a_get_connector_has_the_fields_of_its_definition(afas, connector, fields):
    assert len(VIEWS[connector].columns) == fields
    assert set(VIEWS[connector].columns) == set(afas.rows(connector)[0])


def test_d11_dates_carry_a_z_and_the_last_day(afas):
    afas.leave("1000001", date(2026, 12, 31))
    row = next(row for row in afas.rows(EMPLOYMENTS) if row["Medewerker"] == "1000001")
    assert row["Begindatum_contract"] == "2020-01-01T00:00:00Z"
    assert row["Einddatum_contract"] == "2026-12-31T00:00:00Z"


def test_d12_a_leaver_drops_out_after_three_months_and_the_record_stays(afas):
    afas.leave("1000001", date(2026, 11, 30))
    afas.today = date(2027, 2, 28)
    assert len(afas.rows(USERS)) == len(afas.rows(EMPLOYMENTS)) == 2
    afas.today = date(2027, 3, 1)
    assert len(afas.rows(USERS)) == len(afas.rows(EMPLOYMENTS)) == len(afas.rows(POSITIONS)) == 1
    assert "1000001" in afas.records.employees
    assert "12345.1000001" in [row["UserId"] for row in afas.rows("Profit_Users")]


def test_d12_a_starter_appears_three_months_before_the_first_day(afas):
    afas.hire(
        nick_name="Kim", family_name="Smit", department="IT", title="T", start=date(2027, 3, 1)
    )
    assert len(afas.rows(USERS)) == 2
    afas.today = date(2026, 12, 2)
    assert len(afas.rows(USERS)) == len(afas.rows(EMPLOYMENTS)) == 3


def test_months_are_counted_to_the_last_day_of_a_shorter_one():
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_later(date(2026, 1, 15), -3) == date(2025, 10, 15)


def test_a_mover_has_two_lines_under_one_contract(afas):
    afas.move("1000001", "IT", "Developer", on=date(2026, 11, 1))
    old, new = (row for row in afas.rows(EMPLOYMENTS) if row["Medewerker"] == "1000001")
    assert old["Volgnummer_contract"] == new["Volgnummer_contract"]
    assert old["Einddatum_functie"] == "2026-10-31T00:00:00Z"
    assert new["Begindatum_functie"] == "2026-11-01T00:00:00Z"
    assert new["Functie_code"] == "DEVELOPER"
    assert new["Organisatorische_eenheid_omschrijving"] == "IT"
    links = {row["EmploymentExternalID"] for row in afas.rows(POSITIONS)}
    assert {old["ExternalID"], new["ExternalID"]} <= links


def test_nobody_can_move_after_the_last_day(afas):
    afas.leave("1000001", date(2026, 11, 30))
    with pytest.raises(ValueError, match="no employment on 2026-12-01"):
        afas.move("1000001", "IT", "Developer", on=date(2026, 12, 1))


def test_a_person_without_user_has_null_in_every_user_field(afas):
    afas.hire(nick_name="Kim", family_name="Smit", department="IT", title="T", with_user=False)
    row = afas.rows(USERS)[-1]
    login = ("Gebruiker", "Geblokkeerd", "UPN", "Email_werk_gebruiker", "InSite", "OutSite")
    assert {row[field] for field in login} == {None}


def test_a_hidden_group_is_in_no_rows(afas):
    user = afas.user_of("1000001")
    afas.records.groups["G1"] = "Group one"
    user.groups.append("G1")
    afas.records.touch()
    assert afas.rows("T4E_HelloID_Groups_v2") == [{"GroupId": "G1", "Description": "Group one"}]
    [row] = afas.rows("T4E_HelloID_UserGroups_v2")
    assert row == {"GroupId": "G1", "UserId": user.code}
    user.blocked = True
    afas.records.touch()
    assert afas.rows("T4E_HelloID_UserGroups_v2") == []
