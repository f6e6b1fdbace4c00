"""Somebody who asks a Prefect server for runs by REST, and looks at what came of them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from flows.playground import Playground

NIGHTLY: Final = "provision-nightly"
PREVIEW: Final = "preview-hourly"
MANUAL: Final = "provision-manual"
"""Names of deployments of the flow `provision`."""
OVER: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
LONGEST: Final = 300
"""Seconds that a run may take: the machine does other things too."""


class Operator:
    """Asks a Prefect server for runs, and looks at what came of them.

    Attributes:
        address: Of the server.
        ground: What the runs read and write.
        folder: For files; on the machine of the worker.
    """

    def __init__(self, address: str, ground: Playground, folder: Path) -> None:
        self.ground, self.address, self.folder = ground, address, folder
        self._api = httpx.Client(base_url=f"{address}/api", timeout=LONGEST)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the server; a busy SQLite answers 503."""
        while (reply := self._api.request(method, path, json=body)).status_code == 503:
            time.sleep(0.5)
        return reply.raise_for_status().json()

    def run(self, deployment: str, flow: str = "provision", **parameters: Any) -> dict[str, Any]:
        """Start a deployment and wait until it is over, or waits for a person."""
        found = self.call("GET", f"/deployments/name/{flow}/{deployment}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        started = self.call("POST", f"/deployments/{found['id']}/create_flow_run", body)
        return self.wait(started["id"], "PAUSED")

    def wait(self, run: str, *also: str) -> dict[str, Any]:
        """Wait until a run is over, or in one of these states and then has its form."""
        found: dict[str, Any] = {}

        def settled() -> bool:
            found.update(self.call("GET", f"/flow_runs/{run}"))
            return found["state"]["type"] in {*OVER, *also}

        _until(settled, lambda: f"still {found['state']}")
        if found["state"]["type"] == "PAUSED":
            # The run gives it to Prefect a moment after it was suspended, its text at last.
            key = found["state"]["state_details"]["run_input_keyset"]["description"]
            path = f"/flow_runs/{run}/input/{key}"
            _until(lambda: self._api.get(path).is_success, lambda: "there is no form")
        return found

    def fill_in(self, run: dict[str, Any], **answer: Any) -> dict[str, Any]:
        """Fill in the form of a run that waits; returns what Prefect says to it."""
        said: dict[str, Any] = self.call(
            "POST", f"/flow_runs/{run['id']}/resume", {"run_input": answer}
        )
        return said

    def answer(self, run: dict[str, Any], **answer: Any) -> dict[str, Any]:
        """Fill in the form of a run that waits, and wait until the run is over."""
        assert self.fill_in(run, **answer)["status"] == "ACCEPT"
        return self.wait(run["id"])

    def artifacts(self, run: dict[str, Any]) -> dict[str, Any]:
        """Artifacts of a run by key; of one that waited, the last ones."""
        body = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
        found = self.call("POST", "/artifacts/filter", body)
        return {one["key"]: one for one in sorted(found, key=lambda one: str(one["created"]))}

    def tasks(self, run: dict[str, Any]) -> dict[str, Any]:
        """Task runs of a run by name."""
        body = {"flow_runs": {"id": {"any_": [run["id"]]}}, "limit": 200}
        return {one["name"]: one for one in self.call("POST", "/task_runs/filter", body)}

    def close(self) -> None:
        """Hang up."""
        self._api.close()


def _until(probe: Callable[[], bool], told: Callable[[], str]) -> None:
    deadline = time.monotonic() + LONGEST
    while not probe():
        assert time.monotonic() < deadline, told()
        time.sleep(0.5)
