"""Real SCIM servers under the laws, and an independent client on our sandbox."""

import json
import os
import subprocess
from collections.abc import Mapping

import pytest

from connectors.model.values import Value
from connectors.scim import CONNECTORS
from connectors.scim.conformance import DEPARTMENT, MISSING, UPDATE
from connectors.scim.manifest import MANAGER, WORK_MAIL, manifest_for
from connectors.scim.sandbox.access import TOKEN
from connectors.scim.sandbox.served import ServedScim
from connectors.scim.sandbox.switches import Switches, poor
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import ENTERPRISE
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject, Unproven
from tests.connectors.scim.contract import openapi
from tests.real.environments import program
from tests.real.scim_servers import ScimServer, canaille, scim2_server

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

CONNECTOR = CONNECTORS[0]
LAWS = laws_for(CONNECTOR)
EMPLOYEE = f"{ENTERPRISE}:employeeNumber"


# --- scim2-server: everything that the RFCs offer ---------------------------------------------


@pytest.fixture(scope="module")
def rich():
    with scim2_server() as server:
        yield server


def _create(person: str) -> Mapping[str, Value]:
    name = plain(person)
    return {
        "userName": f"{name}@example.org",
        "externalId": person,
        "displayName": f"Bo Smit, {person}",
        "name.familyName": "Smit",
        "name.givenName": "Bo",
        WORK_MAIL: f"{name}@example.org",
        EMPLOYEE: person,
        MANAGER: MISSING,
    }


def rich_subject(server: ScimServer, **settings) -> Subject:
    server.clear()
    return Subject(
        connector=CONNECTOR,
        settings={"base_url": server.through, **server.settings, **settings},
        content=server.content,
        persons=("1000001", "1000002"),
        create=_create,
        update=UPDATE,
        unsupported={"unknownAttribute": "x"},
        permission=server.add_group('G-Conformance "all"'),
        missing_ref=MISSING,
        secrets={"token": "not-the-token"},
        rename={"userName": "bo.jansen@example.org", WORK_MAIL: "bo.jansen@example.org"},
        free_text=("displayName", DEPARTMENT),
        odd_persons=ODD_IDS,
        page_size="page_size",
        page_sizes=(1, 1000),
        faults=server.faults,
        endpoint="base_url",
        impatient={"timeout_seconds": 1},
    )


@pytest.mark.parametrize("use_bulk", [True, False], ids=["in bulk", "one by one"])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_scim2_server_is_met_by_the_laws(rich, law, use_bulk):
    _hold(law, rich_subject(rich, use_bulk=use_bulk))


# --- canaille: as little as it may ------------------------------------------------------------


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    with canaille(tmp_path_factory.mktemp("canaille")) as server:
        yield server


SPARSE = {
    "correlation": EMPLOYEE,  # its externalId is read-only
    "page_size": 0,  # it breaks on count
    "names": {"mail": "emails.value"},  # its addresses have no kinds
    "extra_attributes": ("emails.value",),
}
IN_USE = "canaille 0.3.6 answers a name in use with HTTP 500, like a write whose answer was lost."
CANNOT = {
    "creating twice gives one account": IN_USE,
    "an hr id means itself in every filter": IN_USE,
    "page_size": "canaille 0.3.6 answers any count with an error.",
    "repeated page": "canaille 0.3.6 answers any count with an error.",
}


def _create_sparse(person: str) -> Mapping[str, Value]:
    name = plain(person)
    return {
        "userName": name,
        EMPLOYEE: person,
        "displayName": f"Bo Smit, {person}",
        "name.formatted": f"Bo Smit, {person}",
        "name.familyName": "Smit",
        "name.givenName": "Bo",
        "emails.value": (f"{name}@example.org",),
    }


def sparse_subject(server: ScimServer) -> Subject:
    server.clear()
    return Subject(
        connector=CONNECTOR,
        settings={"base_url": server.through, **server.settings, **SPARSE},
        content=server.content,
        persons=("1000001", "1000002"),
        create=_create_sparse,
        update={"displayName": "O'Brien, Ольга (née Weiß)", DEPARTMENT: 'Care "North", 2'},
        unsupported={"nickName": "Bo"},
        permission=server.add_group("Conformance"),
        missing_ref=MISSING,
        secrets={"client_secret": "not-the-secret"},
        rename={"emails.value": ("bo.jansen@example.org",), "name.formatted": "Bo Jansen"},
        free_text=("displayName", DEPARTMENT),
        odd_persons=ODD_IDS,
        faults=server.faults,
        endpoint="base_url",
        impatient={"timeout_seconds": 1},
        cannot=CANNOT,
    )


@pytest.mark.parametrize(
    "law",
    laws_for(CONNECTOR, manifest_for(ScimSettings(base_url="https://x.example", token="x"))),
    ids=lambda law: law.name,
)
def test_canaille_is_met_by_the_laws(sparse, law):
    _hold(law, sparse_subject(sparse))


def _hold(law, subject):
    try:
        law.check(subject)
    except Unproven as reason:
        pytest.skip(str(reason))


# --- Independent clients on our sandbox -------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [Switches(), Switches(patch_answers=204), poor()],
    ids=["full", "PATCH answers 204", "minimal"],
)
def test_scim2_test_finds_nothing_in_our_sandbox(switches):
    with ServedScim(switches) as served:
        done = subprocess.run(
            [program("scim", "scim"), "-u", served.url, "test"],
            env={**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {TOKEN}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    lines = [line.split(" ")[0] for line in done.stdout.splitlines() if line[:1].isupper()]
    said = {word for word in lines if word.isupper()}
    assert "SUCCESS" in said, done.stderr
    assert said <= {"SUCCESS", "SKIPPED"}, done.stdout


def test_no_invented_request_breaks_our_sandbox(tmp_path):
    """schemathesis, by a description of what a SCIM provider takes: no answer is a 5xx."""
    schemathesis = program("scim", "schemathesis")
    description = tmp_path / "scim.json"
    with ServedScim() as served:
        user = served.add_user("bo@example.org", externalId="1000001")
        description.write_text(json.dumps(openapi(user, served.add_group("Staff", user))))
        done = subprocess.run(
            [
                *(schemathesis, "run", str(description), "--url", served.url),
                *("-H", f"Authorization: Bearer {TOKEN}", "--checks", "not_a_server_error"),
                *("--max-examples", "60", "--seed", "1", "--no-color"),
                *("--phases", "examples,coverage,fuzzing"),
            ],
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
            cwd=tmp_path,
        )
        assert served.faults.count("POST */Bulk") > 10
    assert done.returncode == 0, done.stdout[-3000:]
