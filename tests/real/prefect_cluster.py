"""Prefect as in a machine room: its database in PostgreSQL, workers, a watch on zombies."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.stacks import SAYING, end, family, say_where_you_stand

ROOT = Path(__file__).parents[2]
POOL = "retour"
_T = TypeVar("_T")


class Cluster:
    """A server and its workers.

    Attributes:
        url: Address of the API.
        folder: Holds the logs.
    """

    def __init__(self, url: str, folder: Path, variables: Mapping[str, str]) -> None:
        """Talk to a server that runs."""
        self.url, self.folder, self._variables = url, folder, variables
        self._api = httpx.Client(base_url=url, timeout=60)
        self._workers: dict[str, int] = {}

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the server; one that has too much to do says 503, or 500 when its database has."""
        deadline = time.monotonic() + 300
        while (reply := self._api.request(method, path, json=body)).status_code >= 500:
            if time.monotonic() > deadline:
                break
            time.sleep(1)
        return reply.raise_for_status().json() if reply.content else None

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def deploy(self, profile: Path, *, watched: bool = True) -> None:
        """What an administrator does: pool, deployments, and the watch on runs that die.

        Schedules are switched off: nothing runs here but what a test starts.

        Args:
            profile: The profile.
            watched: Whether a run that gives no sign of life for ninety seconds is called dead. On
                a machine that has much else to do, one that plans for thousands may look so.
        """
        subprocess.run(
            [sys.executable, "-m", "flows.cli", "deploy", "--profile", str(profile)],
            env=dict(self._variables),
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=600,
        )
        for one in self.call("POST", "/deployments/filter", {}):
            self.call("POST", f"/deployments/{one['id']}/pause_deployment")
        for one in self.call("POST", "/automations/filter", {}):
            self.call("PATCH", f"/automations/{one['id']}", {"enabled": watched})

    @contextmanager
    def worker(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of the pool that takes one run at a time; killed if it is still there."""
        command = ["worker", "start", "--pool", POOL, "--name", name, "--limit", "1"]
        with started(command, self._variables, self.folder / f"{name}.log") as process:
            self._workers[name] = process.pid
            try:
                yield process
            finally:
                del self._workers[name]

    def said(self, name: str) -> str:
        """What a worker has said."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def start(
        self, variables: Mapping[str, str], deployment: str = "provision-manual", **parameters: Any
    ) -> str:
        """Create a run; its id.

        Args:
            variables: Of its process, besides those of the deployment.
            deployment: Its name.
            parameters: Of the flow.
        """
        found = self.call("GET", f"/deployments/name/provision/{deployment}")
        given = found["job_variables"]["env"]
        body = {
            "parameters": {**found["parameters"], **parameters},
            "state": {"type": "SCHEDULED"},
            "job_variables": {"env": {**given, **variables}},
        }
        made = self.call("POST", f"/deployments/{found['id']}/create_flow_run", body)
        return str(made["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run."""
        found: dict[str, Any] = self.call("GET", f"/flow_runs/{run}")["state"]
        return found

    def wait(self, run: str, seconds: float = 900) -> dict[str, Any]:
        """Wait until a run is over; its state. One that never is says where it stands."""
        over = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        try:
            return until(lambda: (s := self.state(run))["type"] in over and s, seconds)
        except AssertionError:
            for name, pid in list(self._workers.items()):
                said = len(self.said(name))
                say_where_you_stand(family(pid))
                print(f"{name}, when it was ended:\n{self.said(name)[said:]}")
            pytest.fail(f"run {run} was not over after {seconds:.0f} s")

    def tasks(self, run: str) -> list[dict[str, Any]]:
        """Task runs of a run."""
        body = {"flow_runs": {"id": {"any_": [run]}}, "limit": 200}
        found: list[dict[str, Any]] = []
        while page := self.call("POST", "/task_runs/filter", body | {"offset": len(found)}):
            found += page
        return found


@contextmanager
def prefect_cluster(folder: Path, database: str) -> Iterator[Cluster]:
    """A server on a database; workers are started by whoever needs them.

    Args:
        folder: For its home and its logs.
        database: URL of an empty PostgreSQL database.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {n: v for n, v in os.environ.items() if not n.startswith(("PREFECT_", "RETOUR_"))}
    variables |= {
        **SAYING,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_API_DATABASE_CONNECTION_URL": database.replace(
            "postgresql://", "postgresql+asyncpg://"
        ),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        # A machine that has much else to do is slow, not broken.
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }
    with ExitStack() as stack:
        stack.enter_context(started(["server", "start"], variables, folder / "server.log"))
        cluster = Cluster(variables["PREFECT_API_URL"], folder, variables)
        stack.callback(cluster.close)
        until(lambda: cluster.call("GET", "/health"), 600)
        yield cluster


@contextmanager
def started(
    command: list[str], variables: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Prefect, ended with the context together with whatever it has started."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            env=dict(variables),
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            children = family(process.pid)[1:]
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            end(children)


def until(probe: Callable[[], _T], seconds: float) -> _T:
    """Wait until the probe answers something true; that."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if found := probe():
                return found
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.5)
