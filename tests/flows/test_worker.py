"""A real server, a real worker, our deployments: as an operator runs them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.loader import PACKAGED
from connectors.ledger.ledger import open_ledger
from flows.engine import running
from flows.playground import Playground, playground

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


class Operator:
    """Asks a Prefect server for runs, and looks at what came of them."""

    def __init__(self, address: str, ground: Playground, folder: Path) -> None:
        self.ground, self.address, self.folder = ground, address, folder
        self._api = httpx.Client(base_url=f"{address}/api", timeout=30)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the server; a busy SQLite answers 503."""
        while (reply := self._api.request(method, path, json=body)).status_code == 503:
            time.sleep(0.5)
        return reply.raise_for_status().json()

    def run(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Start a deployment and wait until it is over, or waits for a person."""
        found = self.call("GET", f"/deployments/name/provision/{deployment}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        started = self.call("POST", f"/deployments/{found['id']}/create_flow_run", body)
        return self.wait(started["id"], "PAUSED")

    def wait(self, run: str, *also: str) -> dict[str, Any]:
        """Wait until a run is over, or in one of these states."""
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.call("GET", f"/flow_runs/{run}")
            if found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED", *also}:
                return found
            time.sleep(0.5)
        raise AssertionError(f"still {found['state']}")

    def fill_in(self, run: dict[str, Any], **answer: Any) -> dict[str, Any]:
        """Fill in the form of a run that waits; returns what Prefect says to it."""
        said: dict[str, Any] = self.call(
            "POST", f"/flow_runs/{run['id']}/resume", {"run_input": answer}
        )
        return said

    def answer(self, run: dict[str, Any], **answer: Any) -> dict[str, Any]:
        """Fill in the form of a run that waits, and wait until the run is over."""
        time.sleep(2)  # the form comes a moment after the state
        assert self.fill_in(run, **answer)["status"] == "ACCEPT"
        return self.wait(run["id"])

    def artifacts(self, run: dict[str, Any]) -> dict[str, Any]:
        """Artifacts of a run by key."""
        body = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
        return {one["key"]: one for one in self.call("POST", "/artifacts/filter", body)}

    def tasks(self, run: dict[str, Any]) -> dict[str, Any]:
        """Task runs of a run by name."""
        body = {"flow_runs": {"id": {"any_": [run["id"]]}}, "limit": 200}
        return {one["name"]: one for one in self.call("POST", "/task_runs/filter", body)}

    def close(self) -> None:
        """Hang up."""
        self._api.close()


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("worker")
    with (
        playground(folder, people=24) as ground,
        running(home=folder / "prefect", variables=ground.variables) as address,
    ):
        asking = Operator(address, ground, folder)
        yield asking
        asking.close()


def test_a_deployment_previews_and_writes_in_order_and_leaves_artifacts(
    operator: Operator,
) -> None:
    afas, directory = operator.ground.afas, operator.ground.directory

    preview = operator.run("provision-manual", profile="demo", dry_run=True)

    # A first load is over every limit: an operator looks at the plan and approves exactly that.
    assert preview["state"]["name"] == "Refused", preview["state"]["message"]
    assert afas.writes == []
    assert directory.accounts() == {}
    plan = operator.artifacts(preview)["plan"]
    shown = json.loads(plan["data"])
    assert {row["target"] for row in shown} == {
        "active_directory",
        "entra_id",
        "google_workspace",
        "afas_employee",
        "afas_user",
    }

    digest = plan["description"].split()[-1]
    live = operator.run("provision-manual", profile="demo", dry_run=False, approve=digest)

    assert live["state"]["name"] == "Completed", live["state"]["message"]
    everybody = directory.accounts()
    assert len(everybody) > 15
    for row in afas.rows("T4E_HelloID_Users_v2"):
        if row["Medewerker"] in everybody:
            assert row["Email_werk"] == everybody[row["Medewerker"]]["mail"]
    assert {"plan", "summary", "outcome"} <= operator.artifacts(live).keys()

    runs = operator.tasks(live)
    order = ["active_directory", "entra_id", "afas_employee", "afas_user"]
    applied = [runs[f"apply {target} 0"] for target in order]
    for one, behind in pairwise(applied):
        assert one["end_time"] <= behind["start_time"]
    for one, behind in pairwise(applied[:3]):
        assert one["id"] in [each["id"] for each in behind["task_inputs"]["upstream"]]

    again = operator.run("provision-nightly", profile="demo", dry_run=False)
    assert again["state"]["message"].startswith("Nothing to do for ")


def test_a_plan_over_a_limit_waits_for_the_form_and_is_carried_out_or_refused(
    operator: Operator,
) -> None:
    asking = a_profile_that_asks(operator)
    usns = operator.ground.directory.usn

    run = operator.run("provision-manual", profile=asking, dry_run=False)
    assert (run["state"]["type"], run["state"]["name"]) == ("PAUSED", "WaitingForApproval")
    time.sleep(2)
    incomplete = operator.fill_in(run, approve=True)
    assert incomplete["status"] == "REJECT"
    no = operator.answer(run, approve=False, approver="Ann", note="not today")
    assert (no["state"]["type"], no["state"]["name"]) == ("FAILED", "Refused")
    assert "Ann refused the plan: not today" in no["state"]["message"]
    assert operator.ground.directory.usn == usns

    run = operator.run("provision-manual", profile=asking, dry_run=False)
    again = operator.run("provision-nightly", profile=asking, dry_run=False)
    assert (again["state"]["type"], again["state"]["name"]) == ("COMPLETED", "WaitingForApproval")
    assert "waits for the approval of the same plan already" in again["state"]["message"]
    done = operator.answer(run, approve=True, approver="Ann", note="looked at it")
    assert done["state"]["name"] == "Completed", done["state"]["message"]
    assert operator.ground.directory.usn > usns


def test_a_terminal_answers_too_and_a_stale_plan_is_not_carried_out(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = a_profile_that_asks(operator, title="Somebody else")
    run = operator.run("provision-manual", profile=asking, dry_run=False)
    assert run["state"]["name"] == "WaitingForApproval"
    a_profile_that_asks(operator, title="Yet another")  # HR or rules moved while it waited
    usns = operator.ground.directory.usn
    time.sleep(2)
    monkeypatch.setenv("PREFECT_API_URL", f"{operator.address}/api")
    environment = {**os.environ, **operator.ground.variables}
    with open_ledger(operator.ground.variables["RETOUR_LEDGER_URL"]) as ledger:
        (asked,) = ledger.approvals()
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli", "approve", asked.run, "--by", "Ann"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout) == (
        0,
        f"Run {asked.run} is approved. A worker goes on with it.\n",
    ), said.stderr
    stale = operator.wait(run["id"])
    assert (stale["state"]["type"], stale["state"]["name"]) == ("FAILED", "StalePlan")
    assert operator.ground.directory.usn == usns


def a_profile_that_asks(operator: Operator, title: str = "Colleague") -> str:
    """The demo's, with another title for everybody: more changes than a limit allows."""
    leavers = "    leavers: {disable_after_days: 0, delete_after_days: 90}\n"
    text = (PACKAGED / "demo.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("[../rules]", f"[{PACKAGED.parent / 'rules'}]"),
        ("approval: refuse", "approval: ask"),
        (leavers, f"    fields: {{title: {{value: {title}}}}}\n{leavers}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = operator.folder / "demo.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_refused_run_is_failed_in_the_ui_and_says_why(operator: Operator) -> None:
    run = operator.run("provision-manual", profile="nowhere", dry_run=True)

    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Misconfigured")
    assert "there is no profile 'nowhere'" in run["state"]["message"]


def test_an_active_schedule_has_runs(operator: Operator) -> None:
    found = operator.call("GET", "/deployments/name/provision/preview-hourly")
    deadline = time.monotonic() + 30
    body = {"deployments": {"id": {"any_": [found["id"]]}}, "limit": 5}
    while not (runs := operator.call("POST", "/flow_runs/filter", body)):
        assert time.monotonic() < deadline, "an active schedule created no run"
        time.sleep(0.5)
    assert {run["state"]["type"] for run in runs} == {"SCHEDULED"}
