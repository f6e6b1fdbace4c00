"""What stands in a ledger, without what is another one every time."""

import json
import sqlite3
from typing import Any, Final

from tests.sweep.company import Company

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


def dump(company: Company) -> dict[str, list[Any]]:
    """Every table, in the order in which it was written, and sorted where it has none."""
    file = company.folder / "ledger.db"
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
