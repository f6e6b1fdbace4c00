"""What the journal says of earlier runs: what was done about one person, and how fast it went."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select

from connectors.ledger.store import Store, require_sound
from connectors.ledger.tables import journal, runs
from connectors.model.change import Change, change_from_json
from connectors.model.receipt import Outcome, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One change that was tried, or set aside.

    Attributes:
        run: The run that wanted it.
        at: When it was answered, or else announced, with offset; None where neither was noted.
        change: The change as it was handed to the writer.
        outcome: What became of it; None while nobody knows.
        detail: What the target said, "" for nothing.
        private: Fields whose values are not shown.
    """

    run: str
    at: datetime | None
    change: Change
    outcome: Outcome | None
    detail: str
    private: frozenset[str]


LATEST_RUNS: Final = 20
"""Older ones tell of another network and other limits."""
LONG_ENOUGH: Final = 20
"""Writes of one run from which a pace can be told; a single one is mostly waiting."""


class Past(Store):
    """The part of the ledger that is asked about what was."""

    def past_of(self, profile: str, person: str, *, limit: int) -> list[PastChange]:
        """The latest changes of one person, newest first.

        Args:
            profile: Name of the profile.
            person: `external_id`.
            limit: At most so many.
        """
        statement = (
            select(journal)
            .where(journal.c.profile == profile, journal.c.person == person)
            .order_by(journal.c.sequence.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            return [_past_change(row) for row in connection.execute(statement)]

    def paces(self, profile: str) -> dict[str, float]:
        """How many writes per second each target took lately.

        Args:
            profile: Name of the profile.

        Returns:
            Target -> writes per second, for targets that were written enough to tell.
        """
        latest = (
            select(runs.c.run)
            .where(runs.c.profile == profile, runs.c.mode == "live")
            .order_by(runs.c.started.desc())
            .limit(LATEST_RUNS)
        )
        statement = (
            select(
                journal.c.target,
                func.count(),
                func.min(journal.c.announced),
                func.max(journal.c.settled),
            )
            .where(journal.c.run.in_(latest), journal.c.announced.is_not(None))
            .where(journal.c.settled_by == journal.c.run)
            .group_by(journal.c.target, journal.c.run)
            .having(func.count() >= LONG_ENOUGH)
        )
        writes: dict[str, int] = {}
        seconds: dict[str, float] = {}
        with self._reading() as connection:
            for target, count, first, last in connection.execute(statement):
                writes[target] = writes.get(target, 0) + count
                took = max((last - first).total_seconds(), 0.001)
                seconds[target] = seconds.get(target, 0.0) + took
        return {target: writes[target] / seconds[target] for target in writes}


def _past_change(row: Row[Any]) -> PastChange:
    require_sound(row, journal)
    content = json.loads(row.content)
    receipt = None if row.receipt is None else Receipt.from_json(json.loads(row.receipt))
    return PastChange(
        run=row.run,
        at=row.settled or row.announced,
        change=change_from_json(content, resolved=True),
        outcome=None if receipt is None else receipt.outcome,
        detail=(receipt.detail or "") if receipt is not None else "",
        private=frozenset(content.get("private", ())),
    )
