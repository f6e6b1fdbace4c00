"""Prefect on this machine: a server, our deployments and a worker, started and stopped together."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from cryptography.fernet import Fernet

from connectors.model.errors import ConfigError, Unreachable
from tasks.run import USAGE

ROOT: Final = Path(__file__).parents[1]
POOL: Final = "retour"
KEPT_DAYS: Final = 90
START_SECONDS: Final = 300
STOP_SECONDS: Final = 20


@contextmanager
def running(
    *,
    home: Path,
    port: int = 0,
    variables: Mapping[str, str] | None = None,
    told: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Serve Prefect, do what `retour deploy` does, run a worker.

    Args:
        home: Folder for Prefect's database, its key, and the logs of server and worker.
        port: Of server and UI; 0 for any free one.
        variables: What the runs find in their environment, on top of ours.
        told: Gets what `retour deploy` says: what there is, and where to click.

    Yields:
        Address of the server, without a trailing slash.

    Raises:
        ConfigError: The port is taken.
        Unreachable: The server or a step of the set-up failed; the message names the log.
    """
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)  # the database names people
    address = f"http://127.0.0.1:{_free(port)}"
    environment = {**_without_prefect(), **(variables or {}), **_settings(home, address)}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_process(["server", "start"], environment, home))
        _wait_until_healthy(address, server, home)
        said = deploy(environment, home)
        if told is not None:
            told(said)
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
        # Runs, their logs and artifacts go after ninety days; without this they stay for ever.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(KEPT_DAYS * 24 * 3600),
        # Of its own: by default the key lies in the database that it protects.
        "PREFECT_SERVER_ENCRYPTION_KEY": _key(home / "encryption.key"),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }


def _key(file: Path) -> str:
    """The key of secrets in blocks: made once, and readable for its owner alone."""
    with contextlib.suppress(FileExistsError):
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as made:
            made.write(Fernet.generate_key())
    return file.read_text(encoding="ascii")


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


def deploy(environment: Mapping[str, str], home: Path) -> str:
    """Do what `retour deploy` does, in a process that has the settings; returns what it says.

    Raises:
        ConfigError: The profile is wrong.
        Unreachable: It failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "deploy"],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if done.returncode == USAGE:
        raise ConfigError(done.stderr.strip().removeprefix("error: "))
    if done.returncode:
        log = home / "deploy.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise Unreachable(f"`retour deploy` failed; see {log}", system="prefect")
    return done.stdout


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
