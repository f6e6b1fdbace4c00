"""Which fields of the GetConnectors a snapshot takes, and what a profile can name otherwise."""

import pandas as pd
import pytest

from connectors.afas.connection import GetConnectors
from connectors.afas.groups import with_groups
from connectors.afas.mapping import COLUMNS, NEEDED
from connectors.afas.settings import OWN_FIELDS
from connectors.model.errors import BrokenSource, ConfigError, Misconfigured

USERS = "T4E_HelloID_Users_v2"


def test_a_renamed_field_stops_the_import_unless_the_settings_name_it(afas, read):
    afas.catalogue.rename_field(USERS, "Email_werk", "Werkmail")
    with pytest.raises(Misconfigured, match="no field Email_werk"):
        read()
    afas.records.persons["1000001"].fields["EmAd"] = "j@example.org"
    afas.records.touch()
    people = read(person_fields={"work_email": "Werkmail"})
    assert people.person("1000001").fields["work_email"] == "j@example.org"


def test_further_fields_arrive_as_custom_ones(read):
    people = read(
        person_fields={"custom.insite": "InSite"},
        employment_fields={"custom.contract_type": "Type_contract"},
    )
    person = people.person("1000001")
    assert person.fields["custom.insite"] == "True"
    assert person.contracts[0].fields["custom.contract_type"] == "Onbepaalde tijd"


def test_what_the_definitions_show_besides_arrives_without_being_asked_for(afas, read):
    place = afas.records.employees["1000001"].lines[0].positions[0]
    place.employer, place.cost_center = "Example Care", "4010"
    afas.records.touch()
    [contract] = read().person("1000001").contracts
    assert contract.fields["employer"] == "Example Care"
    assert contract.fields["custom.employer_name"] == "Example Care"
    assert contract.fields["cost_center"] == "4010"
    assert contract.fields["custom.cost_center_name"] == "4010"
    assert contract.fields["type"] == "Personeelslid"
    assert contract.fields["custom.type_id"] == "P"
    assert contract.fields["percentage"] == 100.0
    assert contract.fields["sequence"] == 1.0


def test_a_position_says_more_than_its_employment_also_in_custom_fields(afas, read):
    line = afas.records.employees["1000001"].lines[0]
    line.unit, line.positions[0].unit = "CARE", "IT"
    afas.records.employees["1000002"].lines[0].positions.clear()
    afas.records.touch()
    unit = "Organisatorische_eenheid_code"
    people = read(
        employment_fields={"custom.unit": unit, "location": unit},
        position_fields={"custom.unit": unit, "custom.of_position": unit},
    )
    first, second = (people.person(number).contracts[0].fields for number in ("1000001", "1000002"))
    assert (first["custom.unit"], first["custom.of_position"]) == ("IT", "IT")
    assert second["custom.unit"] == "IT"
    assert "custom.of_position" not in second
    assert first["location"] == "CARE"


@pytest.mark.parametrize("kind", sorted(OWN_FIELDS))
def test_every_field_of_every_connector_can_be_named_otherwise(afas, read, kind):
    usual = read(read_groups=True)
    setting, columns = OWN_FIELDS[kind], COLUMNS[kind]
    connector = GetConnectors().model_dump()[kind]
    for field in dict.fromkeys(columns.values()):
        afas.catalogue.rename_field(connector, field, f"{field}_anders")
    with pytest.raises(Misconfigured):
        read(read_groups=True)
    named = {ours: f"{theirs}_anders" for ours, theirs in columns.items()}
    assert read(read_groups=True, **{setting: named}).digest == usual.digest


@pytest.mark.parametrize("kind", sorted(OWN_FIELDS))
def test_every_field_but_keys_and_required_ones_can_be_left_unread(source_settings, read, kind):
    for field in COLUMNS[kind]:
        setting = {OWN_FIELDS[kind]: {field: ""}}
        if field in NEEDED[kind]:
            with pytest.raises(ConfigError, match="cannot be left unread"):
                source_settings(**setting)
        else:
            assert field not in source_settings(**setting).columns(kind)
    spare = dict.fromkeys(set(COLUMNS[kind]) - NEEDED[kind], "")
    people = read(read_groups=True, **{OWN_FIELDS[kind]: spare})
    assert list(people.persons["external_id"]) == ["1000001", "1000002"]


def test_a_field_that_nobody_has_is_refused(source_settings):
    with pytest.raises(ConfigError, match=r"no field 'nickname'; there are .*nick_name"):
        source_settings(person_fields={"nickname": "Roepnaam"})
    with pytest.raises(ConfigError, match="no field"):
        source_settings(department_fields={"custom.x": "Y"})
    with pytest.raises(ConfigError, match="read_groups"):
        source_settings(read_groups=True, person_fields={"custom.afas_groups": "Y"})


def test_the_state_of_the_user_can_be_mapped(afas, read):
    afas.user_of("1000002").blocked = True
    afas.records.touch()
    people = read(person_fields={"custom.user_blocked": "Geblokkeerd", "excluded": "Geblokkeerd"})
    states = people.persons.set_index("external_id")[["custom.user_blocked", "excluded"]]
    assert states.loc["1000001"].tolist() == ["False", False]
    assert states.loc["1000002"].tolist() == ["True", True]


def test_a_flag_that_is_none_breaks_the_source(read):
    with pytest.raises(BrokenSource, match="Roepnaam 'Janine' is no yes or no"):
        read(person_fields={"excluded": "Roepnaam"})


# --- Groups ---------------------------------------------------------------------------------------


def test_groups_are_read_when_they_are_asked_for_and_not_before(afas, read):
    read()
    assert not any("Group" in call.connector for call in afas.calls)
    assert "custom.afas_groups" in read(read_groups=True).persons.columns


def test_persons_have_the_groups_of_their_user_under_code_and_name(afas, read):
    afas.records.groups |= {"HR": "Human resources", "FIN": "Finance"}
    afas.user_of("1000001").groups += ["HR", "FIN"]
    afas.records.touch()
    persons = read(read_groups=True).persons.set_index("external_id")
    assert persons.loc["1000001", "custom.afas_groups"] == "|FIN|HR|"
    assert persons.loc["1000001", "custom.afas_group_names"] == "|Finance|Human resources|"
    assert pd.isna(persons.loc["1000002", "custom.afas_groups"])


def test_b14_members_of_groups_are_paged_by_user_and_group(afas, read):
    codes = [f"G{place:02}" for place in range(30)]
    afas.records.groups |= {code: code for code in codes}
    for employee in ("1000001", "1000002"):
        afas.user_of(employee).groups += codes
    afas.records.touch()
    held = read(read_groups=True, max_rows=7).persons["custom.afas_groups"]
    assert held.tolist() == [f"|{'|'.join(codes)}|"] * 2
    assert any("orderbyfieldids=UserId,GroupId" in call.query for call in afas.calls)


def test_a_bar_in_the_name_of_a_group_makes_no_second_group():
    users = pd.DataFrame({"external_id": ["1"], "user_id": ["1.A"]}, dtype="str")
    groups = pd.DataFrame({"group_id": ["X|HR|Y"], "name": [None]}, dtype="str")
    members = pd.DataFrame({"group_id": ["X|HR|Y"], "user_id": ["1.a"]}, dtype="str")
    [held] = with_groups(users, groups, members)["custom.afas_groups"]
    assert "|HR|" not in held
    assert held == "|X¦HR¦Y|"
