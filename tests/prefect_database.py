"""Prefect's database as its migrations leave it: made once, copied for every server of the tests.

Prefect migrates a new database a step at a time, which takes half of the time that a server needs
to start. What a server is given here is what it would have made; it looks, and finds nothing to do.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FILE = "prefect.db"
"""Name of the database in PREFECT_HOME."""


def migrated(shared: pytest.TempPathFactory) -> Path:
    """The database, for copying; whichever process of pytest asks first makes it."""
    folder = shared.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all processes
    made = folder / FILE
    with (folder / "prefect.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not made.exists():
            _migrate(folder / "migrating")
            (folder / "migrating" / FILE).rename(made)
    return made


def begin_with(database: Path, home: Path) -> Path:
    """Put a copy where a server with this PREFECT_HOME finds it; returns that folder."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(database, home / FILE)
    return home


def _migrate(home: Path) -> None:
    home.mkdir()
    others = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    subprocess.run(
        [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"],
        env={**others, "PREFECT_HOME": str(home)},
        capture_output=True,
        check=True,
    )
