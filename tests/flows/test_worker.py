"""A real server, a real worker, our deployments: as an operator runs them."""

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from flows.engine import running
from flows.playground import Playground, playground

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


class Operator:
    """Asks a Prefect server for runs, and looks at what came of them."""

    def __init__(self, address: str, ground: Playground) -> None:
        self.ground = ground
        self._api = httpx.Client(base_url=f"{address}/api", timeout=30)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the server; a busy SQLite answers 503."""
        while (reply := self._api.request(method, path, json=body)).status_code == 503:
            time.sleep(0.5)
        return reply.raise_for_status().json()

    def run(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Start a deployment and wait for its end."""
        found = self.call("GET", f"/deployments/name/provision/{deployment}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        started = self.call("POST", f"/deployments/{found['id']}/create_flow_run", body)
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.call("GET", f"/flow_runs/{started['id']}")
            if run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return run
            time.sleep(0.5)
        raise AssertionError(f"still {run['state']}")

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
        asking = Operator(address, ground)
        yield asking
        asking.close()


def test_a_deployment_previews_and_writes_in_order_and_leaves_artifacts(
    operator: Operator,
) -> None:
    afas, directory = operator.ground.afas, operator.ground.directory

    preview = operator.run("manual", profile="demo", dry_run=True)

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
    live = operator.run("manual", profile="demo", dry_run=False, approve=digest)

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

    again = operator.run("nightly", profile="demo", dry_run=False)
    assert again["state"]["message"].endswith(": 0 changes.")


def test_a_refused_run_is_failed_in_the_ui_and_says_why(operator: Operator) -> None:
    run = operator.run("manual", profile="nowhere", dry_run=True)

    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Misconfigured")
    assert "there is no profile 'nowhere'" in run["state"]["message"]


def test_an_active_schedule_has_runs(operator: Operator) -> None:
    found = operator.call("GET", "/deployments/name/provision/preview")
    deadline = time.monotonic() + 30
    body = {"deployments": {"id": {"any_": [found["id"]]}}, "limit": 5}
    while not (runs := operator.call("POST", "/flow_runs/filter", body)):
        assert time.monotonic() < deadline, "an active schedule created no run"
        time.sleep(0.5)
    assert {run["state"]["type"] for run in runs} == {"SCHEDULED"}
