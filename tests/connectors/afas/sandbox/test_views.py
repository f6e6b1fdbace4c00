from datetime import date

import pytest

from connectors.afas.sandbox.views import VIEWS, months_later

EMPLOYMENTS = "T4E_HelloID_Employments_v2"
POSITIONS = "T4E_HelloID_Positions_v2"
USERS = "T4E_HelloID_Users_v2"


@pytest.mark.parametrize(
    ("connector", "fields"),
    [
        (USERS, 25),
        (EMPLOYMENTS, 29),
        (POSITIONS, 20),
        ("T4E_HelloID_OrganizationalUnits_v2", 5),
        ("Profit_Users", 11),
        ("Profit_UserGroups", 3),
    ],
)
def test_a_get_connector_has_the_fields_of_its_definition(afas, connector, fields):
    assert len(set(VIEWS[connector].columns)) == fields
    assert VIEWS[connector].columns == tuple(afas.rows(connector)[0])


def test_every_field_holds_what_its_name_says(afas):
    """A slip in the order of the cells would show up here."""
    employee = afas.hire(
        nick_name="Kim",
        prefix="van",
        family_name="Smit",
        partner_name="Berg",
        partner_prefix="den",
        convention="3",
        initials="K.L.",
        department="IT",
        title="Tester",
        start=date(2026, 1, 1),
        last_day=date(2026, 12, 31),
        fte=0.5,
    )
    person, user = afas.person_of(employee), afas.user_of(employee)
    person.fields |= {"FiNm": "Kimberley", "MbNr": "06", "TeNr": "030", "EmAd": "p@example.org"}
    user.fields |= {"Upn": "u@example.org", "EmAd": "m@example.org", "InSi": True, "Site": True}
    user.blocked, user.description = True, "Description"
    [line] = afas.records.employees[employee].lines
    line.manager = line.positions[0].manager = "1000001"
    line.cost_center, line.employer = "4000", "E1"
    afas.records.units["IT"].name = "ICT"
    afas.records.touch()

    def row(connector, key="Medewerker"):
        [found] = [row for row in afas.rows(connector) if row[key] == employee]
        return found

    assert row(USERS) == {
        "Medewerker": employee,
        "Gebruiker": f"12345.{employee}",
        "Persoonsnummer": person.number,
        "DisplayName": "Kim van Smit",
        "Geblokkeerd": True,
        "UPN": "u@example.org",
        "Email_werk_gebruiker": "m@example.org",
        "Profit_Windows": False,
        "Connector": False,
        "Reservekopieen_via_commandline": False,
        "Commandline": False,
        "InSite": True,
        "OutSite": True,
        "Email_portal": "m@example.org",
        "Voorletters": "K.L.",
        "Roepnaam": "Kim",
        "Voornaam": "Kimberley",
        "Voorvoegsel": "van",
        "Geboortenaam": "Smit",
        "Geboortenaam_partner": "Berg",
        "Voorvoegsel_partner": "den",
        "Naamgebruik_code": "3",
        "Mobielnr_werk": "06",
        "Telefoonnr_werk": "030",
        "Email_werk": "p@example.org",
    }
    where = {
        "Medewerker": employee,
        "Persoonsnummer": person.number,
        "Naam": "Kim van Smit",
        "Organisatorische_eenheid_code": "IT",
        "Organisatorische_eenheid_omschrijving": "ICT",
        "Functie_code": "TESTER",
        "Functie_omschrijving": "Tester",
        "Begindatum_functie": "2026-01-01T00:00:00Z",
        "Einddatum_functie": "2026-12-31T00:00:00Z",
        "Persoonsnummer_leidinggevende": "1000001",
        "Medewerkernummer_leidinggevende": "1000001",
        "Persoonsnummer_VervangendLeidinggevende": None,
        "Medewerkernummer_VervangendLeidinggevende": None,
    }
    assert row(EMPLOYMENTS) == {
        **where,
        "ExternalID": line.guid,
        "Kostenplaats_code": "4000",
        "Kostenplaats_omschrijving": "4000",
        "Werkgever_code": "E1",
        "Werkgever_omschrijving": "E1",
        "Type_contract": "Bepaalde tijd",
        "Dienstverband": "1",
        "Volgnummer_contract": 1,
        "Begindatum_contract": "2026-01-01T00:00:00Z",
        "Einddatum_contract": "2026-12-31T00:00:00Z",
        "Soort_medewerker": "Personeelslid",
        "Soort_medewerker_code": "P",
        "Dienstbetrekking": "Parttime",
        "Uren_per_week": 18.0,
        "Parttime_percentage": 50.0,
        "FTE": 0.5,
    }
    assert row(POSITIONS) == {
        **where,
        "Kostenplaats_code": None,
        "Kostenplaats_omschrijving": None,
        "Werkgever_code": None,
        "Werkgever_omschrijving": None,
        "Percentage": 50.0,
        "EmploymentExternalID": line.guid,
        "ExternalID": line.positions[0].guid,
    }
    assert row("Profit_Users", "EmployeeId") == {
        "UserId": f"12345.{employee}",
        "Description": "Description",
        "UPN": "u@example.org",
        "Blocked": True,
        "Email": "m@example.org",
        "Windows": False,
        "Connector": False,
        "OutSite": True,
        "InSite": True,
        "PersonId": person.number,
        "EmployeeId": employee,
    }


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
