"""What was done about one person: the end of their part of the journal."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connectors.ledger.store import Store
from connectors.ledger.tables import journal
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


class Past(Store):
    """The part of the ledger that is asked about one person."""

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
            rows = connection.execute(statement).all()
        past: list[PastChange] = []
        for row in rows:
            content = json.loads(row.content)
            receipt = None if row.receipt is None else Receipt.from_json(json.loads(row.receipt))
            past.append(
                PastChange(
                    run=row.run,
                    at=row.settled or row.announced,
                    change=change_from_json(content, resolved=True),
                    outcome=None if receipt is None else receipt.outcome,
                    detail=(receipt.detail or "") if receipt is not None else "",
                    private=frozenset(content.get("private", ())),
                )
            )
        return past
