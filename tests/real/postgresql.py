"""A PostgreSQL server of our own: in a folder of its own, on loopback, gone at the end.

It needs the server's programs (Debian: `postgresql`, see `install.sh`) and no service that runs.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest

OWNER: Final = "postgres"
"""PostgreSQL refuses to run as root; then it runs as this user, which its package brings along."""

_RUNUSER: Final = (
    shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""
)


class Server:
    """A PostgreSQL server.

    Args:
        programs: Folder with `initdb` and `pg_ctl`.
        folder: Empty folder for its data, log and socket; belongs to the user it runs as.

    Attributes:
        port: Where it listens on loopback.
        url: Its database, as it stands in a setting.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        """Choose a free port; nothing runs yet."""
        self._programs, self._folder = programs, folder
        self._places = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgresql://{OWNER}:hunter2@127.0.0.1:{self.port}/postgres"

    def url_of_nothing(self) -> str:
        """The URL of a place without tables: a schema of its own, much cheaper than a database."""
        self._places += 1
        name = f"test_{self._places}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url}?options=-csearch_path%3D{name}"

    def make(self) -> None:
        """Make its data folder. Passwords are asked for, as on a real server."""
        secret = self._folder / "password"
        secret.write_text("hunter2")
        secret.chmod(0o644)
        options = ["-A", "scram-sha-256", "-U", OWNER, f"--pwfile={secret}", "--no-sync"]
        self._run("initdb", "-D", str(self._folder / "data"), *options)

    def start(self) -> None:
        """Start and wait until it answers."""
        # Tests kill processes, not the machine: nothing has to reach the disk.
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._control("start", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop at once; connections break."""
        self._control("stop", "-m", "fast")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-t", "30", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        as_owner = [_RUNUSER, "-u", OWNER, "--"] if os.geteuid() == 0 else []
        # Its output would be a pipe that the server inherits and keeps open.
        subprocess.run(
            [*as_owner, str(self._programs / program), *arguments],
            cwd=self._folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )


def programs() -> Path | None:
    """The folder of the newest installed server's programs, None when there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Run a server for as long as the block lasts.

    Skips the test where PostgreSQL is not installed, and fails it there if RETOUR_REAL=1.
    """
    installed = programs()
    if installed is None:
        reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("RETOUR_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Not pytest's folder: that one is closed to the user the server runs as, and its path is too
    # long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="retour-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER, OWNER)
        server = Server(installed, folder)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
