import json

import pytest

from connectors.afas.sandbox.serve import serve
from connectors.afas.settings import SourceSettings
from connectors.afas.source import AfasSource
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from tests.connectors.afas.lab import TODAY


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


@pytest.mark.parametrize("content", ["{", "[]", '{"persons": [{"shoe": 1}]}'])
def test_a_file_of_another_form_is_a_config_error_that_names_it(tmp_path, content):
    file = tmp_path / "people.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match="people"):
        serve(SandboxOptions(data=file))


def test_a_missing_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        serve(SandboxOptions(data=tmp_path / "none.json"))
