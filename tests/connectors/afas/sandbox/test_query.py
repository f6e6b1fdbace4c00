import json
from urllib.parse import quote

import pytest

from connectors.afas.sandbox.records import Person

USERS = "/connectors/T4E_HelloID_Users_v2"
ORDERED = "orderbyfieldids=Medewerker"
EMPTY, NOT_EMPTY = "[is leeg]", "[is niet leeg]"  # codespell:ignore leeg


@pytest.fixture(autouse=True)
def _colleagues(afas):
    """Employees 1000001 to 1000005; Boele, O'Connor, Aalbers, aalders, Zijlstra."""
    for name in ("Aalbers", "aalders", "Zijlstra"):
        afas.hire(nick_name="Kim", family_name=name, department="IT", title="T", with_user=False)
    afas.person_of("1000003").fields["TeNr"] = "5"
    afas.person_of("1000004").fields["TeNr"] = "12"
    afas.records.touch()


def test_d5_a_page_has_a_hundred_rows_unless_asked_otherwise(afas, http, users):
    for number in range(100):
        afas.hire(nick_name="Kim", family_name=f"N{number}", department="IT", title="T")
    assert len(users(ORDERED)) == 100
    assert len(users(f"{ORDERED}&skip=100")) == 5
    assert len(users("skip=-1&take=-1")) == 105
    for pair in ("skip=2&take=-1", "skip=-2&take=5", "take=0", "take=x"):
        reply = http.get(f"{USERS}?{pair}")
        assert reply.status_code == 500
        assert reply.json()["errorNumber"] == -2147180999


def test_d6_rows_without_order_come_differently_each_time_and_so_do_ties(users):
    assert len({tuple(users("take=9")) for _ in range(30)}) > 1
    assert len({tuple(users("take=9&orderbyfieldids=Roepnaam")) for _ in range(30)}) > 1
    assert len({tuple(users(f"take=9&{ORDERED}")) for _ in range(30)}) == 1
    assert users("orderbyfieldids=-Medewerker")[0] == "1000005"


def test_d6_ties_stay_together_and_no_page_has_a_row_that_does_not_belong(users):
    for _ in range(30):
        assert set(users("orderbyfieldids=Roepnaam&skip=1&take=3")) == {
            "1000003",
            "1000004",
            "1000005",
        }
        assert users("orderbyfieldids=Roepnaam,-Medewerker&skip=1&take=2") == ["1000005", "1000004"]
    assert len({users("orderbyfieldids=Roepnaam&skip=2&take=1")[0] for _ in range(60)}) == 3


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("1", "zijlstra", "5"),
        ("2", "O'Connor", "25"),
        ("3", "aalders", "34"),
        ("4", "O'Connor", "5"),
        ("5", "Boele", "34"),
        ("6", "al", "34"),
        ("7", "Boele", "2345"),
        ("8", EMPTY, ""),
        ("9", NOT_EMPTY, "12345"),
        ("10", "aal", "34"),
        ("11", "aal", "125"),
        ("12", "AAL", "125"),
        ("13", "ers", "34"),
        ("14", "ers", "125"),
        ("15", "zijl", "5"),
    ],
)
def test_d7_every_operator(users, operator, value, found):
    rows = users(
        f"{ORDERED}&filterfieldids=Geboortenaam&filtervalues={quote(value)}&operatortypes={operator}"
    )
    assert "".join(row[-1] for row in rows) == found


def test_d7_comma_means_and_semicolon_means_or(users):
    rows = users(
        f"{ORDERED}&filterfieldids=Roepnaam,Geboortenaam;Medewerker"
        "&filtervalues=Kim,Aalbers;1000001&operatortypes=1,1;1"
    )
    assert rows == ["1000001", "1000003"]


def test_d7_a_json_filter_takes_values_with_separators(afas, users):
    employee = afas.hire(nick_name="Kim", family_name="a,b;c", department="IT", title="T")
    condition = {"@FieldId": "Geboortenaam", "@OperatorType": "1", "#text": "a,b;c"}
    filters = {"Filters": {"Filter": [{"@FilterId": "1", "Field": [condition]}]}}
    assert users(f"filterjson={quote(json.dumps(filters))}") == [employee]


@pytest.mark.parametrize(
    "wrong",
    [
        "filterfieldids=Medewerker&filtervalues=1,2&operatortypes=1",
        "filterfieldids=Medewerker&filtervalues=1",
        "filterfieldids=Medewerker&filtervalues=1&operatortypes=99",
        "filterfieldids=Medewerker&filtervalues=&operatortypes=8",
        "filterjson=%7B",
    ],
)
def test_d7_a_filter_that_does_not_fit_is_refused(http, wrong):
    assert http.get(f"{USERS}?{wrong}").status_code == 500


def test_d7_empty_and_counts_are_let_through_by_switch(afas, users):
    afas.switches.empty_needs_value = False
    empty = "filterfieldids=Gebruiker&filtervalues=&operatortypes=8"
    assert users(f"{ORDERED}&{empty}") == ["1000003", "1000004", "1000005"]
    afas.switches.filters_must_fit = False
    assert users("filterfieldids=Medewerker&filtervalues=1000003") == ["1000003"]
    assert users("filterfieldids=Medewerker&filtervalues=1000003,1&operatortypes=1") == ["1000003"]


def test_d7_an_encoded_separator_separates_too(users):
    query = "filterfieldids=Roepnaam%2CGeboortenaam%3BMedewerker"
    values = "filtervalues=Kim%2CAalbers%3B1000001&operatortypes=1%2C1%3B1"
    assert users(f"{ORDERED}&{query}&{values}") == ["1000001", "1000003"]


def test_d7_days_are_compared_with_and_without_the_z(http):
    query = "filterfieldids=Begindatum_contract&operatortypes=1&filtervalues="
    for value in ("2020-01-01T00:00:00", "2020-01-01T00:00:00Z"):
        rows = http.get(f"/connectors/T4E_HelloID_Employments_v2?{query}{value}").json()["rows"]
        assert [row["Medewerker"] for row in rows] == ["1000001"]


def test_d7_a_filter_finds_what_was_written_a_moment_ago(afas, users, put_user):
    query = f"{ORDERED}&filterfieldids=UPN&filtervalues=J@example.org&operatortypes=1"
    starts = f"{ORDERED}&filterfieldids=UPN&filtervalues=j&operatortypes=10"
    assert users(query) == users(starts) == []
    assert put_user("12345.1000001", MtCd="1", Upn="j@example.org").status_code == 201
    assert users(query) == users(starts) == ["1000001"]
    assert put_user("12345.1000001", MtCd="1", Upn="").status_code == 201
    assert users(query) == users(starts) == []


def test_d7_booleans_and_empty_fields_can_be_filtered(users):
    assert users(f"{ORDERED}&filterfieldids=InSite&filtervalues=1&operatortypes=1") == [
        "1000001",
        "1000002",
    ]
    assert len(users(f"filterfieldids=Gebruiker&filtervalues={EMPTY}&operatortypes=8")) == 3


@pytest.mark.parametrize(
    "part", ["filterfieldids=Nope&filtervalues=1&operatortypes=1", "orderbyfieldids=Nope"]
)
def test_d8_an_unknown_field_is_named_in_the_language_asked_for(http, part):
    reply = http.get(f"{USERS}?{part}")
    assert reply.json()["externalMessage"] == "Connector field 'Nope' not found"
    reply = http.get(f"{USERS}?{part}", headers={"Accept-Language": "nl-be"})
    assert reply.json()["externalMessage"] == "Connector-veld 'Nope' niet gevonden"


def test_d9_too_many_cells_run_out_of_memory(afas, http):
    afas.switches.max_cells = 25 * 4
    assert http.get(f"{USERS}?take=4").status_code == 200
    reply = http.get(f"{USERS}?take=5")
    assert (reply.status_code, reply.json()["externalMessage"]) == (500, "Out of memory")


def test_d10_case_counts_only_by_switch_and_empty_is_null(afas, http, users):
    query = "filterfieldids=Geboortenaam&filtervalues=BOELE&operatortypes=1"
    assert users(query) == ["1000001"]
    afas.switches.match_case = True
    assert users(query) == []
    assert all(row["Email_werk"] is None for row in http.get(USERS).json()["rows"])


def test_a_person_who_is_no_employee_has_no_row(afas, users):
    afas.records.persons["77"] = Person(number="77", internal=77)
    afas.records.touch()
    assert len(users("take=99")) == 5
