"""An administrator's way through the Prefect UI, in a browser: settings, preview, approval.

One server and one browser for all of it. Retour runs in the worker, against sandboxes.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import expect
from pydantic import SecretStr

from config.loader import PACKAGED
from config.yaml_file import read_yaml
from connectors.afas.connection import authorization
from flows.engine import running
from flows.playground import playground
from tests.prefect_operator import MANUAL, Operator
from tests.real.browser import Console, a_console, missing
from tests.traces import marked_secrets, secrets_found

pytestmark = [pytest.mark.real, pytest.mark.server, pytest.mark.timeout(900)]

BLOCK = "main"
PLACE = f"/block_types/slug/retour-afas/block_documents/name/{BLOCK}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    reason = missing()
    if reason and os.environ.get("RETOUR_REAL") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("console")
    with playground(folder, people=24) as ground:
        # Where AFAS is, and the token, is to come from the form.
        kept = {name: value for name, value in ground.variables.items() if "AFAS" not in name}
        kept["AFAS_URL"] = "https://nowhere.example.org/ProfitRestServices"
        with running(home=folder / "prefect", variables=kept) as address:
            asking = Operator(address, ground, folder)
            yield asking
            asking.close()


@pytest.fixture(scope="module")
def console(operator: Operator) -> Iterator[Console]:
    with a_console(operator.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def saved(console: Console, operator: Operator) -> dict[str, Any]:
    """The block of AFAS, made on its form."""
    given = operator.ground.variables
    console.fill_in_block(
        "retour-afas",
        "Retour: AFAS Profit",
        BLOCK,
        {
            "Base URL": given["AFAS_URL"],
            "Token in XML format": given["RETOUR_SECRET_AFAS_TOKEN"],
        },
    )
    console.picture("2-block-form")
    console.main.get_by_role("button", name="Save").click()
    expect(console.said("Block created successfully")).to_be_visible()
    expect(console.main.get_by_text("********")).to_be_visible()
    console.picture("3-block-saved")
    found: dict[str, Any] = operator.call("GET", PLACE)
    return found


@pytest.fixture(scope="module")
def clinic(operator: Operator, saved: dict[str, Any]) -> str:
    """The demo's profile, with AFAS from the block, and asking where a limit is exceeded."""
    profile: Any = read_yaml(PACKAGED / "demo.yaml").content
    profile |= {"rules": [str(PACKAGED.parent / "rules")], "approval": "ask"}
    profile["source"] = {"connector": "afas", "block": BLOCK}
    for target in ("afas_employee", "afas_user"):
        del profile["targets"][target]["settings"]
        profile["targets"][target]["block"] = f"afas/{BLOCK}"
    path = operator.folder / "clinic.yaml"
    path.write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
    return str(path)


def test_what_was_filled_in_is_kept_and_the_token_is_shown_to_nobody(
    console: Console, operator: Operator, saved: dict[str, Any]
) -> None:
    token = operator.ground.variables["RETOUR_SECRET_AFAS_TOKEN"]
    assert saved["data"]["base_url"] == operator.ground.variables["AFAS_URL"]
    assert saved["data"]["token"] == "********"
    in_clear = operator.call("GET", f"{PLACE}?include_secrets=true")
    assert in_clear["data"]["token"] == token

    console.go(f"/blocks/block/{saved['id']}")
    expect(console.main.get_by_text("********")).to_be_visible()
    expect(console.main.get_by_text(f"block: {BLOCK}")).to_be_visible()
    assert token not in console.page.content()
    console.go(f"/blocks/block/{saved['id']}/edit")
    expect(console.main.get_by_label("Base URL", exact=True)).to_have_value(
        operator.ground.variables["AFAS_URL"]
    )
    assert token not in console.page.content()
    assert token != console.main.get_by_label("Token in XML format", exact=True).input_value()


def test_a_preview_is_started_on_its_form_and_shows_its_plan(
    console: Console, operator: Operator, clinic: str
) -> None:
    console.open_run_form(MANUAL)
    console.main.get_by_label("Profile").fill(clinic)
    expect(console.main.get_by_role("switch", name="Preview only")).to_be_checked()
    console.main.get_by_role("button", name="Day to decide for").click()
    console.picture("4-run-form")
    console.page.get_by_role("button", name="Today").click()
    console.page.keyboard.press("Escape")

    run = operator.wait(console.submit_run())

    assert (run["state"]["name"], run["parameters"]["dry_run"]) == ("NeedsApproval", True)
    assert run["parameters"]["as_of"] is not None
    console.open_run(run["id"], "NeedsApproval")
    artifacts = console.open_tab("Artifacts")
    console.picture("5-preview")
    plan = operator.artifacts(run)["plan"]
    artifacts.get_by_role("heading", name="plan", exact=True).click()
    console.main.get_by_role("link", name=plan["id"][:8]).click()
    table = console.main.get_by_role("table")
    expect(table.get_by_role("columnheader").first).to_have_text("target")
    shown = table.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    assert shown[:3] == ["active_directory", "1000001", "create"]
    assert "@example.org" in shown[3]
    console.picture("6-plan")
    assert operator.ground.afas.writes == []
    assert operator.ground.directory.accounts() == {}


def start_live(console: Console, operator: Operator, profile: str) -> dict[str, Any]:
    """Start a live run on its form; it waits, for a first load is over every limit."""
    console.open_run_form(MANUAL)
    console.main.get_by_label("Profile").fill(profile)
    console.main.get_by_role("switch", name="Preview only").click()
    expect(console.main.get_by_role("switch", name="Preview only")).not_to_be_checked()
    run = operator.wait(console.submit_run(), "PAUSED")
    assert run["state"]["name"] == "WaitingForApproval", run["state"]
    console.open_run(run["id"], "WaitingForApproval")
    return run


def test_a_run_over_a_limit_waits_wants_a_name_and_writes_nothing_when_it_is_refused(
    console: Console, operator: Operator, clinic: str
) -> None:
    before = what_hr_holds(operator)
    run = start_live(console, operator, clinic)
    told = console.open_tab("Details")
    expect(told.get_by_text("a person has to approve it").first).to_be_visible()
    console.picture("7-waiting")
    form = console.open_answer_form()
    form.get_by_role("button", name="Resume").click()
    expect(console.said("'approver' is a required property")).to_be_visible()
    form.get_by_label("Approver", exact=True).fill("   ")
    form.get_by_role("button", name="Resume").click()
    expect(console.said("'   ' does not match")).to_be_visible()
    assert operator.wait(run["id"], "PAUSED")["state"]["name"] == "WaitingForApproval"

    form.get_by_label("Approver", exact=True).fill("Ann Example")
    form.get_by_label("Note").fill("not today")
    console.picture("8-refusing", of=form)
    form.get_by_role("button", name="Resume").click()
    expect(console.said("Flow run resumed")).to_be_visible()

    run = operator.wait(run["id"])
    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Refused")
    console.open_run(run["id"], "Refused")
    told = console.open_tab("Details")
    expect(told.get_by_text("Ann Example refused the plan: not today")).to_be_visible()
    console.picture("9-refused")
    assert operator.ground.afas.writes == []
    assert operator.ground.directory.accounts() == {}
    assert what_hr_holds(operator) == before


def test_what_is_approved_on_the_form_is_done_and_hr_holds_what_the_directory_has(
    console: Console, operator: Operator, clinic: str
) -> None:
    before = what_hr_holds(operator)
    run = start_live(console, operator, clinic)
    form = console.open_answer_form()
    console.picture("10-question", of=form)
    form.get_by_role("switch", name="Approve").click()
    form.get_by_label("Approver", exact=True).fill("Ann Example")
    form.get_by_label("Note").fill("First load. I looked at the plan.")
    console.picture("11-approving", of=form)
    form.get_by_role("button", name="Resume").click()
    expect(console.said("Flow run resumed")).to_be_visible()

    run = operator.wait(run["id"])
    assert run["state"]["name"] == "Completed", run["state"]
    console.open_run(run["id"], "Completed")
    console.open_tab("Artifacts")
    console.picture("12-completed")
    outcome = operator.artifacts(run)["outcome"]
    console.go(f"/artifacts/artifact/{outcome['id']}")
    table = console.main.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(
        ["target", "person", "verb", "outcome", "detail", "what", "because"]
    )
    assert table.get_by_role("row").nth(1).get_by_role("cell").nth(3).inner_text() == "done"
    console.picture("13-outcome")

    accounts, held = operator.ground.directory.accounts(), what_hr_holds(operator)
    assert len(accounts) > 15
    for person, account in accounts.items():
        assert held[person]["Email_werk"] == account["mail"]
        if held[person]["Gebruiker"]:
            assert held[person]["UPN"] == account["userPrincipalName"]
    others = held.keys() - accounts.keys()
    assert {person: held[person] for person in others} == {
        person: before[person] for person in others
    }


def test_what_was_typed_into_a_form_is_not_in_any_file_of_prefect(
    operator: Operator, saved: dict[str, Any]
) -> None:
    secrets = marked_secrets(operator.ground)
    assert saved["name"] == BLOCK
    assert secrets_found(operator.folder / "prefect", secrets) == []


def what_hr_holds(operator: Operator) -> Mapping[str, dict[str, Any]]:
    """Rows of the users GetConnector by person, as AFAS gives them over HTTP."""
    given = operator.ground.variables
    reply = httpx.get(
        f"{given['AFAS_URL']}/connectors/T4E_HelloID_Users_v2",
        params={"skip": 0, "take": 1000},
        headers={"Authorization": authorization(SecretStr(given["RETOUR_SECRET_AFAS_TOKEN"]))},
    )
    return {row["Medewerker"]: row for row in reply.raise_for_status().json()["rows"]}
