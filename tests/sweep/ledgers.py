"""What stands in a ledger, without what is another one every time; and a ledger that is quick."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.ledger import engine

COLUMNS: Final = {
    "runs": ("mode", "as_of", "exit", "digest", "approved", "flow", "finished"),
    "plans": ("digest",),
    "journal": ("target", "person", "outcome", "content"),
    "links": ("target", "person", "how"),
    "grants": ("target", "person", "permission"),
    "names": ("space", "value", "person"),
    "called": ("person", "name"),
    "absences": ("person", "since"),
    "snapshots": ("digest",),
    "audit": ("action", "target", "person", "outcome"),
    "locks": ("profile",),
    "readings": ("target",),
}


def dump(folder: Path) -> dict[str, list[Any]]:
    """Every table of a folder's ledger, in the order in which it was written, else sorted."""
    file = folder / "ledger.db"
    with sqlite3.connect(file) as ledger:
        found = {
            table: [list(row) for row in ledger.execute(f"SELECT {', '.join(names)} FROM {table}")]  # noqa: S608 - constants
            for table, names in COLUMNS.items()
        }
    ledger.close()
    for row in found["runs"]:
        row[-1] = row[-1] is not None
    for row in found["journal"]:
        row[-1] = sorted(json.loads(row[-1]).get("after", {}))
    return {
        table: rows if table in {"journal", "audit"} else sorted(rows, key=repr)
        for table, rows in found.items()
    }


@contextmanager
def without_power_cuts() -> Iterator[None]:
    """Ledgers of this process do not wait for the disk: processes die here, machines do not."""
    real: Any = engine._set_up_sqlite

    def set_up(connection: Any, entry: Any) -> None:
        real(connection, entry)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_set_up_sqlite", set_up)
        yield
