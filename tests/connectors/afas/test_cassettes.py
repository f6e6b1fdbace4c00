import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.afas.sandbox.application import invented_token
from connectors.model.receipt import Outcome
from tests.connectors.afas.recorded import (
    DOCUMENTS,
    EXCHANGES,
    MADE_FROM,
    PRIVATE_SENT,
    TAKEN_MAIL,
    environment,
    import_people,
    private_values,
    write_back,
)
from tests.connectors.afas.tape import (
    ADDRESS,
    COLUMNS,
    FOLDER,
    HEADER,
    TAPE,
    content_of,
)
from tests.tape import SCRUBBED

TOKEN = invented_token("12345")
SETTINGS = {"base_url": ADDRESS, "token": TOKEN}
NAMES = pytest.mark.parametrize("name", EXCHANGES)
MOST_CALLS, MOST_BYTES = 200, 300_000


def text_of(name):
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def requests(name):
    """Verb, connector, decoded query and JSON body of every call."""
    for one in content_of(name)["interactions"]:
        request = one["request"]
        parts = urlsplit(request["uri"])
        body = json.loads(request["body"]) if request["body"] else None
        yield request["method"], parts.path.rpartition("/")[2], parse_qs(parts.query), body


def rows(name, connector):
    """Rows of a GetConnector in the replies."""
    for one in content_of(name)["interactions"]:
        if urlsplit(one["request"]["uri"]).path.endswith(f"/connectors/{connector}"):
            yield from json.loads(one["response"]["body"]["string"])["rows"]


# --- replayed -------------------------------------------------------------------------------------


def test_the_recorded_import_still_gives_the_same_people():
    with TAPE.cassette("import") as tape:
        findings, people = import_people(SETTINGS)
    assert tape.all_played
    assert all(finding.ok for finding in findings)
    persons = people.persons.set_index("external_id")
    assert len(persons) > 20
    assert persons.loc["1000001", "display_name"] == "Sanne Beukenkamp"
    assert "|Managers|" in set(persons["custom.afas_groups"].dropna())
    contracts = people.contracts.set_index("person_id")
    assert {"IT", "SUPPORT"} <= set(contracts.loc[["1000006"], "department_id"])
    assert people.departments["parent_id"].notna().any()


def test_the_recorded_write_back_still_sends_the_same_bytes():
    with TAPE.cassette("write_back") as tape:
        done = write_back(SETTINGS)
    assert tape.all_played
    assert all(finding.ok for finding in done.findings)
    became = [(receipt.verb, receipt.person, receipt.outcome) for receipt in done.receipts]
    failed = [(verb, person) for verb, person, outcome in became if outcome is Outcome.FAILED]
    assert failed == [("update", "1000006"), ("update", "1000013")]
    already = [(verb, person) for verb, person, outcome in became if outcome is Outcome.ALREADY]
    assert already == [("delete", "9999999"), ("update", "1000001")]
    assert len(became) == 19


def test_the_recorded_write_back_is_read_again_afterwards():
    with TAPE.cassette("write_back"):
        done = write_back(SETTINGS)
    (before, employees), (users_before, users) = done.employees, done.users
    held = employees.attributes
    assert held.loc["1000001", "EmAd"] == "janine@example.org"
    assert held.loc["1000005", ["EmAd", "TeNr"]].tolist() == [TAKEN_MAIL, "030 0000005"]
    assert before.attributes.loc["1000007", "EmAd"] == "leaver@example.org"
    assert employees.value("1000007", "EmAd") is None
    assert held.loc["1000007", "DocumentsTo"] == "P"
    assert held.loc["1000008", "MbNr"] == "06 00000008"
    logins = users.attributes
    assert logins.loc["12345.1000001", "Upn"] == "janine@example.org"
    assert logins.loc["12345.JVDB", "Upn"] == "j@example.org"
    assert "12345.1000012" not in logins.index
    assert {"12345.1000021"} == set(logins.index) - set(users_before.attributes.index) - {
        "12345.JVDB"
    }
    enabled = users.accounts["enabled"]
    assert enabled["12345.1000009"]
    assert not enabled[["12345.1000007", "12345.1000011", "12345.1000014"]].any()


# --- whole ----------------------------------------------------------------------------------------


def test_the_import_reads_every_get_connector_in_pages_and_within_windows():
    asked = {}
    for _, connector, query, _ in requests("import"):
        if query:
            asked.setdefault(connector, []).append(query)
    views = ("Users", "Employments", "Positions", "OrganizationalUnits", "Groups", "UserGroups")
    assert set(asked) == {f"T4E_HelloID_{view}_v2" for view in views}
    assert [len(asked[f"T4E_HelloID_{view}_v2"]) for view in views[:3]] == [3, 3, 3]
    assert all("filterfieldids" in query for query in asked["T4E_HelloID_Employments_v2"])


def test_the_write_back_goes_through_every_connector_with_every_action():
    written = [(name, body) for verb, name, _, body in requests("write_back") if verb == "PUT"]
    assert {name for name, _ in written} == {"KnEmployee", "KnPerson", "KnUser"}
    users = [body["KnUser"]["Element"]["Fields"] for name, body in written if name == "KnUser"]
    assert {fields["MtCd"] for fields in users} == {"0", "1", "2", "4", "6"}
    pages = [q for _, name, q, _ in requests("write_back") if q.get("take") == ["11"]]
    assert len(pages) == 6
    assert any(name == "Profit_Users" for _, name, _, _ in requests("write_back"))
    selected = [body["AfasEmployee"]["Element"] for name, body in written if name == "KnEmployee"]
    assert {"@EmId": "1000007", "Fields": {"EmAd": "P"}} in selected


# --- labelled, scrubbed, small --------------------------------------------------------------------


@NAMES
def test_a_cassette_says_what_it_was_recorded_from(name):
    assert text_of(name).startswith(f"{HEADER}recorded_from:\n  system: Retour's own sandbox")
    assert content_of(name)["recorded_from"] == MADE_FROM


@NAMES
def test_a_cassette_holds_no_credential(name):
    text = text_of(name)
    encoded = base64.b64encode(TOKEN.encode()).decode()
    for secret in ("authorization", "afastoken", TOKEN[33:97], encoded[:20], "127.0.0.1"):
        assert secret.casefold() not in text.casefold()
    assert not re.search(r"[0-9A-Fa-f]{64}", text)


@NAMES
def test_a_cassette_holds_no_private_value(name):
    text = text_of(name)
    assert len(private_values()) > 100
    assert [value for value in private_values() if value in text] == []


@NAMES
def test_what_is_scrubbed_from_replies_was_there(name):
    shown = list(rows(name, "T4E_HelloID_Users_v2"))
    assert {row["Geboortedatum"] for row in shown} == {SCRUBBED}
    assert {row["Email_prive"] for row in shown} == {SCRUBBED, None}
    served = environment().rows("T4E_HelloID_Users_v2")
    assert {row["Geboortedatum"] for row in served} < set(private_values())


def test_what_is_scrubbed_from_requests_was_there():
    bodies = [json.dumps(body) for _, _, _, body in requests("write_back") if body]
    [private] = [body for body in bodies if '"EmA2"' in body]
    assert private.count(SCRUBBED) == len(PRIVATE_SENT) == len(COLUMNS)


def test_scrubbing_leaves_what_is_empty_and_what_is_no_value():
    row = {"BSN": None, "Email_prive": "", "Email_werk": "x@example.org", "fieldId": "EmA2"}
    assert TAPE.scrubbed([row]) == [row]
    assert TAPE.scrubbed({"a": [{"DaBi": "1980-01-01", DOCUMENTS: "P"}]}) == {
        "a": [{"DaBi": SCRUBBED, DOCUMENTS: "P"}]
    }


@NAMES
def test_a_cassette_is_small(name):
    assert 20 < len(content_of(name)["interactions"]) < MOST_CALLS
    assert len(text_of(name).encode()) < MOST_BYTES
