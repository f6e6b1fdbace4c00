"""What a plan needs of the ledger, read while targets are still being read.

A run waits for its targets longer than for anything else, and what the ledger says does not depend
on them. Where an earlier run left something open it does; then it is read once that is settled.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.ledger.ledger import Ledger
from connectors.model.errors import Unreachable


class LookAhead:
    """Readings of the ledger, made before their time or when they are asked for.

    Each is for one use: who asks again gets what is so then.

    Args:
        ledger: Is read.
        profile: Name of the profile.
        started: When the run began.
        unused_since: As in `Ledger.names`.
        days: How far back the limits of targets look.
    """

    def __init__(
        self,
        ledger: Ledger,
        profile: str,
        *,
        started: datetime,
        unused_since: datetime | None,
        days: Collection[int],
    ) -> None:
        """Nothing is read yet."""
        self._reads: dict[str, Callable[[], Any]] = {
            "links": partial(ledger.links, profile),
            "grants": partial(ledger.grants, profile),
            "absences": partial(ledger.absences, profile),
            "names": partial(ledger.names, profile, unused_since=unused_since),
            "called": partial(ledger.called, profile),
            "snapshot": partial(ledger.snapshot, profile),
            "recent": lambda: {
                back: ledger.recent_changes(profile, started - timedelta(days=back))
                for back in days
            },
        }
        self._found: dict[str, Any] = {}

    def look(self) -> None:
        """Make every reading; one that fails is made again, and fails, where it is needed."""
        for name, read in self._reads.items():
            with suppress(Unreachable):
                self._found[name] = read()

    def forget(self) -> None:
        """What was read may be so no more."""
        self._found.clear()

    def take(self, name: str) -> Any:
        """A reading by the name of the ledger's; `recent`: days -> changes in so many days."""
        return self._found.pop(name) if name in self._found else self._reads[name]()
