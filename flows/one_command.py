"""Prefect for the length of one command: the server that is configured, or one of our own.

Our own server differs from the one that Prefect would start by itself in three ways. It writes to
a log file, not into our output. A Ctrl-C in the terminal does not reach it, so a run that is
interrupted can still be reported. And it ends when we do, however we end: it reads a pipe that only
we hold.
"""

import atexit
import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from connectors.model.errors import ConfigError, Unreachable

HOME: Final = Path(".retour") / "prefect"
LOG: Final = "server.log"
START_SECONDS: Final = 300
"""On a machine that has much else to do. A server that ends while it starts is told at once."""
STOP_SECONDS: Final = 10
LIMIT_OF_LOG: Final = 1_000_000


def prepare(level: str) -> None:
    """Set up Prefect, before it is first imported. What the user has set stays.

    Args:
        level: Least weight of what Prefect says on stderr.
    """
    for name, value in {
        "PREFECT_LOGGING_LEVEL": level,
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)
    if "PREFECT_HOME" not in os.environ and not _has_profiles():
        try:
            for folder in (HOME.parent, HOME):  # ledger and database in there name people
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            message = f"the folder {HOME} cannot be made ({error.strerror}); set PREFECT_HOME"
            raise ConfigError(message) from error
        os.environ["PREFECT_HOME"] = str(HOME.resolve())


def _has_profiles() -> bool:
    """Whether the user has told Prefect anything, such as where its server is."""
    return (Path.home() / ".prefect" / "profiles.toml").is_file()


@contextlib.contextmanager
def prefect_server() -> Iterator[None]:
    """A server that answers while the context lasts; `prepare` comes first.

    Raises:
        ConfigError: The folder of our own server cannot be written.
        Unreachable: The configured server does not answer, or one of our own did not start.
    """
    from prefect.settings import get_current_settings

    _leave_errors_to_us()
    configured = get_current_settings().api.url
    if configured is not None:
        _ask(configured)
        yield
        return
    home = Path(os.environ.get("PREFECT_HOME", HOME)).resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Of two commands that start at the same moment, one migrates the database at a time.
        with (home / "starting.lock").open("w") as alone:
            fcntl.flock(alone, fcntl.LOCK_EX)
            address = _start(home)
            _wait_for(address, home)
    except OSError as error:
        message = f"the folder {home} cannot be written ({error.strerror}); set PREFECT_HOME"
        raise ConfigError(message) from error
    os.environ["PREFECT_API_URL"] = address
    _read_settings_again()
    try:
        yield
    finally:
        del os.environ["PREFECT_API_URL"]


def _ask(address: str) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise Unreachable(
            f"the server at {address} does not answer ({type(error).__name__}).",
            system="prefect",
            hint="Check PREFECT_API_URL; without it each command brings a server of its own.",
        )


def _start(home: Path) -> str:
    log = home / LOG
    if log.exists() and log.stat().st_size > LIMIT_OF_LOG:
        log.unlink()
    # We open the port, so that it is certainly ours, and hand it over.
    with socket.create_server(("127.0.0.1", 0)) as door, log.open("ab") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", __name__, str(door.fileno())],
            env=os.environ | {"PREFECT_HOME": str(home), "PREFECT_UI_ENABLED": "false"},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            pass_fds=[door.fileno()],
            start_new_session=True,
        )
        # After Prefect's own endings: they still send to the server what is left to send.
        atexit.register(_stop, server)
        return f"http://127.0.0.1:{door.getsockname()[1]}/api"


def _wait_for(address: str, home: Path) -> None:
    import httpx

    # Nobody polls: until the server takes it, the request waits at the door.
    try:
        httpx.get(f"{address}/health", timeout=START_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        message = f"Prefect's server did not start; see {home / LOG}"
        raise Unreachable(message, system="prefect") from error


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stdin is not None:
        server.stdin.close()


def _read_settings_again() -> None:
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


def _leave_errors_to_us() -> None:
    """Keep Prefect from printing, with a traceback, errors that the command reports itself."""
    import prefect.main  # noqa: F401 - sets up logging, whose handlers we want
    from prefect.logging.handlers import PrefectConsoleHandler

    if logging.getLogger("prefect").level <= logging.DEBUG:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler) and _is_ours not in handler.filters:
            handler.addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    of_a_run = record.name.startswith(("prefect.flow_runs", "prefect.task_runs"))
    return not (of_a_run and record.levelno >= logging.ERROR)


def _serve(door: int) -> None:
    """Serve Prefect's API on an open port until the pipe on stdin ends."""
    import uvicorn
    from prefect.server.api.server import create_app

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    settings = uvicorn.Config(
        create_app(ephemeral=True, final=True),
        log_level="error",
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(settings).run(sockets=[socket.socket(fileno=door)])


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
