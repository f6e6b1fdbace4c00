"""Prefect on this machine: a server, our deployments and a worker, started and stopped together."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from connectors.model.errors import ConfigError, Unreachable

ROOT: Final = Path(__file__).parents[1]
POOL: Final = "retour"
START_SECONDS: Final = 120
STOP_SECONDS: Final = 20


@contextmanager
def running(
    *, home: Path, port: int = 0, variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve Prefect, register the deployments of `prefect.yaml`, run a worker.

    Args:
        home: Folder for Prefect's database and for the logs of server and worker.
        port: Of server and UI; 0 for any free one.
        variables: What the runs find in their environment, on top of ours.

    Yields:
        Address of the server, without a trailing slash.

    Raises:
        ConfigError: The port is taken.
        Unreachable: The server or a step of the set-up failed; the message names the log.
    """
    home.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{_free(port)}"
    environment = {**_without_prefect(), **(variables or {}), **_settings(home, address)}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_process(["server", "start"], environment, home))
        _wait_until_healthy(address, server, home)
        for command in (
            ["work-pool", "create", POOL, "--type", "process", "--overwrite"],
            ["deploy", "--all"],
        ):
            _command(command, environment, home)
        stack.enter_context(_process(["worker", "start", "--pool", POOL], environment, home))
        yield address


def _settings(home: Path, address: str) -> dict[str, str]:
    port = address.rpartition(":")[2]
    return {
        "PREFECT_HOME": str(home.resolve()),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_PORT": port,
        # Leases in memory would cancel a run in the middle when the server restarts.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }


def _without_prefect() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(f"port {port} is taken: set RETOUR_UI_PORT to another one") from error
        return int(probe.getsockname()[1])


@contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], home: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (home / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            env=dict(environment),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal reaches us alone: we stop the worker first, then the server.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(command: list[str], environment: Mapping[str, str], home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *command],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if done.returncode:
        log = home / "setup.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise Unreachable(f"`prefect {' '.join(command)}` failed; see {log}", system="prefect")


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/api/health").is_success:
                return
        time.sleep(0.3)
    raise Unreachable(f"the server did not start; see {home / 'server.log'}", system="prefect")
