"""What journal and audit trail cost: the same writes with them and without, at 20 ms per call.

The provider is the SCIM sandbox, in a process of its own; the ledger is a SQLite file.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from connectors.ledger.ledger import Ledger, open_ledger
from connectors.ledger.records import RunRecord
from connectors.model.change import CreateAccount
from connectors.scim.settings import ScimSettings
from connectors.scim.writer import ScimWriter
from tasks.seat import Journaled
from tests.bench.creating import AT_ONCE, in_another_process, wrote
from tests.bench.figure import Figure
from tests.bench.rounds import ROUNDS, of_rounds, ratios
from tests.bench.scim import _serve, _values

CALL_SECONDS: Final = 0.02
MOST: Final = 1.05


def measure() -> Iterator[Figure]:
    """Create accounts one by one, journaled and not, in turn."""
    persons = 100 if "RETOUR_BENCH_QUICK" in os.environ else 500
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(f"sqlite:///{Path(folder) / 'ledger.db'}") as ledger,
        in_another_process(_serve) as (settings, ask),
    ):
        ask("slow", CALL_SECONDS)

        def seconds(place: int, *, journaled: bool) -> float:
            ask("empty")
            mark = f"{'j' if journaled else 'n'}{place}"
            return _write(settings, ledger, persons, mark, journaled=journaled)

        seconds(99, journaled=True)  # warm
        found = ratios(
            lambda place: seconds(place, journaled=True),
            lambda place: seconds(place, journaled=False),
            rounds=ROUNDS,
        )
    yield of_rounds(
        f"{persons} creates with journal and audit trail, to without",
        found,
        unit="x",
        goal=MOST,
        higher=False,
    )


def _write(
    settings: dict[str, Any], ledger: Ledger, persons: int, mark: str, *, journaled: bool
) -> float:
    changes = [
        CreateAccount(target="scim", person=f"{mark}{place}", after=_values(place, mark))
        for place in range(persons)
    ]
    given = ScimSettings(**{**settings, "use_bulk": False, "concurrency": AT_ONCE})
    with closing(ScimWriter(given, "scim", None)) as writer:
        if not journaled:
            return wrote(writer, changes)
        ledger.start_run(
            RunRecord(
                run=mark,
                profile="bench",
                mode="live",
                as_of=date(2026, 11, 23),
                started=datetime.now(UTC),
            )
        )
        return wrote(Journaled(writer, ledger, run=mark, profile="bench"), changes)
