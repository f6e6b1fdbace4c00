import pytest
import yaml

from connectors.afas.sandbox.application import invented_token
from connectors.model.receipt import Outcome
from tests.connectors.afas.recorded import (
    ADDRESS,
    EXCHANGES,
    FOLDER,
    HEADER,
    cassette,
    import_people,
    write_back,
)

TOKEN = invented_token("12345")
SETTINGS = {"base_url": ADDRESS, "token": TOKEN}


def test_the_recorded_import_still_gives_the_same_people():
    with cassette("import") as tape:
        people = import_people(SETTINGS)
    assert tape.all_played
    assert people.persons["display_name"].tolist() == ["Janine van den Boele", "Seán O'Connor"]
    assert people.contracts["department_id"].tolist() == ["CARE", "IT"]
    assert people.departments["external_id"].tolist() == ["CARE", "IT"]


def test_the_recorded_write_back_still_sends_the_same_bytes():
    with cassette("write_back") as tape:
        receipts, employees, users = write_back(SETTINGS)
    assert tape.all_played
    assert [receipt.outcome for receipt in receipts] == [
        Outcome.DONE,
        Outcome.DONE,
        Outcome.ALREADY,
    ]
    assert employees.attributes.loc["1000001", "EmAd"] == "janine.vandenboele@example.org"
    assert users.attributes.loc["12345.1000001", "Upn"] == "janine.vandenboele@example.org"


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_cassette_says_where_it_is_from_and_holds_no_credential(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    assert "authorization" not in text.casefold()
    assert TOKEN[33:97] not in text
    assert "127.0.0.1" not in text
    assert 0 < len(yaml.safe_load(text)["interactions"]) < 60
