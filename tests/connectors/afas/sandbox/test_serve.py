import json
from pathlib import Path

import pytest

from connectors.afas import sandbox
from connectors.afas.sandbox.records import EVERYBODY
from connectors.afas.sandbox.serve import serve
from connectors.afas.sandbox.variety import GROUPS
from connectors.afas.settings import SourceSettings
from connectors.afas.source import AfasSource
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from tests.connectors.afas.lab import TODAY

EXAMPLE = Path(sandbox.__file__).parent / "example.json"


def test_the_same_seed_gives_the_same_people():
    options = SandboxOptions(people=30, seed=3)
    with serve(options) as one, serve(options) as other:
        assert one.afas.records.to_bytes() == other.afas.records.to_bytes()
        assert one.settings["base_url"] != other.settings["base_url"]
    assert len(one.afas.records.employees) == 30
    assert 0 < len(one.afas.records.users) <= 30


def test_people_can_come_from_a_file(tmp_path, opened):
    file = tmp_path / "people.json"
    person = {"external_id": "7", "nick_name": "Kim", "family_name": "Smit", "user_id": "12345.7"}
    contract = {
        "external_id": "c",
        "person_id": "7",
        "start_date": "2020-01-01",
        "department_id": "IT",
        "title_id": "DEV",
    }
    file.write_text(json.dumps({"persons": [person], "contracts": [contract]}))
    with serve(SandboxOptions(data=file)) as served:
        people = opened(AfasSource(SourceSettings(**served.settings))).read(as_of=TODAY)
    assert people.person("7").fields["family_name"] == "Smit"


WHO = {"external_id": "7", "nick_name": "Kim", "user_id": "12345.7"}
WORK = {"external_id": "c", "person_id": "7", "start_date": "2020-01-01"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ({"people": []}, "people: there is no such key"),
        ({"persons": [{"shoe": 1}]}, r"persons\[0\].external_id"),
        ({"persons": [WHO | {"nickname": "K"}]}, r"persons\[0\].nickname.*nick_name"),
        ({"persons": [WHO | {"convention": "X"}]}, r"persons\[0\].convention"),
        ({"persons": [WHO | {"nick_name": ["K"]}]}, r"persons\[0\].nick_name: it must be text"),
        ({"persons": [WHO, WHO]}, r"persons\[1\].external_id: 7 stands twice"),
        ({"persons": [WHO | {"user_id": None, "groups": ["G"]}]}, "there is no user"),
        ({"persons": [WHO | {"values": {"KnPerson.Shoe": "x"}}]}, "no such field"),
        ({"persons": [WHO | {"values": {"KnUser.Upn": "x" * 256}}]}, "too long"),
        ({"persons": [WHO], "contracts": [WORK | {"person_id": "8"}]}, "no person 8"),
        ({"persons": [WHO], "contracts": [WORK | {"start_date": "soon"}]}, "start_date"),
        ({"persons": [WHO], "contracts": [WORK | {"fte": "half"}]}, r"contracts\[0\].fte"),
        ({"persons": [WHO], "contracts": [WORK | {"end_date": "2019-01-01"}]}, "ends before"),
        ({"custom_fields": [{"level": "KnPerson", "field": "U1", "label": "X"}]}, "custom field"),
        ({"columns": [{"connector": "X", "name": "Y", "shows": "Z"}]}, r"columns\[0\]"),
        ({"switches": {"refuse_unchangd": False}}, "did you mean refuse_unchanged"),
        ({"switches": {"refuse_unchanged": "no"}}, "switches.refuse_unchanged"),
        ({"switches": {"not_granted": "404"}}, "switches.not_granted.*'500' or '401'"),
        ({"switches": {"max_licences": "many"}}, "switches.max_licences"),
        (
            {"persons": [WHO, WHO | {"external_id": "8"}]},
            r"persons\[1\].user_id: 12345.7 is the user of persons\[0\]",
        ),
    ],
)
def test_a_file_of_another_form_is_a_config_error_that_names_file_record_and_key(
    tmp_path, content, said
):
    file = tmp_path / "people.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ConfigError, match=said) as raised:
        serve(SandboxOptions(data=file))
    assert "people.json" in str(raised.value)


def test_the_example_file_is_an_environment_that_a_customer_has():
    with serve(SandboxOptions(data=EXAMPLE)) as served:
        afas = served.afas
        rows = {row["Medewerker"]: row for row in afas.rows("T4E_HelloID_Users_v2")}
        assert set(rows) == {"1000001", "1000002", "1000003"}
        assert rows["1000002"]["Badge"] == "B-17"
        assert rows["1000002"]["EmailForDigitalDocuments"] == "P"
        assert rows["1000003"]["Gebruiker"] is None
        gone = afas.records.users["12345.1000004"]
        assert (gone.blocked, gone.groups) == (True, [EVERYBODY])
        assert afas.person_of("1000004").fields["EmA2"] == "noor@example.org"
        [member] = afas.rows("T4E_HelloID_UserGroups_v2")
        assert member == {"GroupId": "Board", "UserId": "12345.1000001"}
        assert afas.switches.unique_work_mail is False
        assert len(afas.rows("T4E_HelloID_Employments_v2")) == 4


def test_the_file_says_whose_environment_it_is_and_which_day(tmp_path):
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"customer": "54321", "today": "2030-01-31", "persons": [WHO]}))
    with serve(SandboxOptions(data=file)) as served:
        assert (served.afas.customer, served.afas.today.isoformat()) == ("54321", "2030-01-31")


def test_two_employees_who_are_one_person_may_share_a_user(tmp_path):
    file = tmp_path / "people.json"
    one = WHO | {"person_number": "2000001"}
    file.write_text(json.dumps({"persons": [one, one | {"external_id": "8"}]}))
    with serve(SandboxOptions(data=file)) as served:
        assert set(served.afas.records.users) == {"12345.7"}


def test_a_switch_may_be_written_as_a_whole_number_where_it_takes_a_fraction(tmp_path):
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"switches": {"write_seconds": 1, "max_licences": 3}}))
    with serve(SandboxOptions(data=file)) as served:
        assert served.afas.switches.write_seconds == 1
        assert served.afas.switches.max_licences == 3


def test_invented_people_are_worth_trying_rules_on():
    with serve(SandboxOptions(people=200)) as served:
        afas = served.afas
        rows = afas.rows("T4E_HelloID_Users_v2")
        shown = {row["Gebruiker"] for row in rows}
        gone = [row for row in afas.rows("Profit_Users") if row["UserId"] not in shown]
        assert {row["Blocked"] for row in gone} == {True, False}
        assert 0 < sum(row["Gebruiker"] is None for row in rows) < 50
        assert {row["Naamgebruik_code"] for row in rows} == {"0", "1", "2", "3"}
        assert any(row["Telefoonnr_werk"] for row in rows)
        assert {row["GroupId"] for row in afas.rows("T4E_HelloID_UserGroups_v2")} == set(GROUPS)
        lines = [row["Medewerker"] for row in afas.rows("T4E_HelloID_Employments_v2")]
        assert len(lines) > len(set(lines))
        with serve(SandboxOptions(people=200)) as again:
            assert again.afas.records.to_bytes() == afas.records.to_bytes()


def test_a_missing_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        serve(SandboxOptions(data=tmp_path / "none.json"))
