"""The journal: an intent before every write, a receipt after it. It knows where a crash struck.

An intent without a receipt means "perhaps". The next run reads what is really there and settles it,
before it plans anything.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Insert, Row, bindparam, delete, func, select
from sqlalchemy.exc import IntegrityError

from connectors.ledger.audit import Audit
from connectors.ledger.audit_text import NOTHING, refuse_secrets, without_secrets
from connectors.ledger.books import keep_books
from connectors.ledger.links import Links
from connectors.ledger.many import insert_rows, update_rows
from connectors.ledger.names import Claimed, Name
from connectors.ledger.records import JournalEntry, OpenIntent
from connectors.ledger.store import require_sound
from connectors.ledger.tables import journal as journal_table
from connectors.model.change import Change, change_from_json
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.clock import now
from connectors.sdk.json_text import json_text

RECEIPTS_AT_ONCE: Final = 500
"""Per transaction; PostgreSQL and SQLite both take so many values in one query."""

_OF_RUN = (
    journal_table.c.run == bindparam("of"),
    journal_table.c.change.in_(bindparam("ids", expanding=True)),
)
_NOTED = select(journal_table.c.sequence, journal_table.c.change, journal_table.c.receipt).where(
    *_OF_RUN
)
_CONTENT = select(journal_table.c.change, journal_table.c.content).where(*_OF_RUN)
_OPEN = (journal_table.c.outcome.is_(None), journal_table.c.outcome == Outcome.IN_DOUBT.value)
"""Asked one after the other: for `or` SQLite would read the whole journal of a profile."""


class Journal(Links, Audit):
    """The part of the ledger that knows what was tried.

    Receipts go through here into links, grants and the audit trail, all in one transaction.
    """

    def announce(
        self,
        run: str,
        profile: str,
        changes: Iterable[Change],
        *,
        known: Callable[[Sequence[Change]], None] | None = None,
        claimed: Claimed | None = None,
    ) -> list[Change]:
        """Write down durably what a writer is about to do, before it is handed over.

        One transaction for all of it, names included. Of two processes that announce a person in
        the same run, one gets through.

        Args:
            run: Id of a run that was started.
            profile: Name of the profile.
            changes: A person's changes next to each other.
            known: Told the changes of a person who was announced in this run before; they are not
                handed over. Without it they are opened again.
            claimed: Names that the changes give away. Who is refused one is not announced, and not
                handed over.

        Returns:
            Those to hand over, in the same order.

        Raises:
            AssertionError: A change carries a secret. Nothing was written down.
            Unreachable: The ledger does not answer, so nothing more may be written anywhere.
        """
        every = list(changes)
        for change in every:
            refuse_secrets(change)
        if not every:
            return []
        try:
            free, refused = self._announce(run, profile, every, claimed)
        except IntegrityError:
            persons = {change.person: None for change in every}
            if len(persons) > 1:  # who of them it is shows when they are written down one by one
                return [
                    one
                    for person in persons
                    for one in self.announce(
                        run,
                        profile,
                        [change for change in every if change.person == person],
                        known=known,
                        claimed=claimed and claimed.of(person),
                    )
                ]
            if known is not None:
                if not self.so_far(run, every):
                    raise
                known(every)
                return []
            free, refused = self._announce(run, profile, every, claimed, again=True)
        if claimed is not None and refused:
            claimed.refused(refused)
        return free

    def _announce(
        self,
        run: str,
        profile: str,
        changes: list[Change],
        claimed: Claimed | None,
        *,
        again: bool = False,
    ) -> tuple[list[Change], list[Name]]:
        """Announce everybody who gets their names; what they are, and which names are refused."""
        with self._writing() as connection:
            refused = [] if claimed is None else claimed.reserve(connection, profile)
            free = _without(changes, refused)
            announced = now()
            intents = [
                self._intent(run, profile, change) | {"announced": announced} for change in free
            ]
            if again and intents:
                connection.execute(self._insert_again(), intents)
            else:
                insert_rows(connection, journal_table, intents)
        return free, refused

    def withdraw(self, run: str, changes: Iterable[Change]) -> None:
        """Forget intents of a run whose changes were never handed to a writer.

        Args:
            run: The run that announced them.
            changes: Those that no writer has seen.
        """
        statement = delete(journal_table).where(
            journal_table.c.run == run,
            journal_table.c.change.in_([change.id for change in changes]),
            journal_table.c.outcome.is_(None),
        )
        with self._writing() as connection:
            connection.execute(statement)

    def so_far(self, run: str, changes: Iterable[Change]) -> dict[str, Receipt | None]:
        """Receipts of those of the changes that the run has tried, by id; None while it is open."""
        ids = [change.id for change in changes]
        with self._reading() as connection:
            noted = _noted(connection, run, ids, {})
        return {change: _receipt(row.receipt) for change, row in noted.items()}

    def being_written(self, run: str) -> int:
        """How many changes of a run are announced and have no receipt yet."""
        statement = select(func.count()).where(
            journal_table.c.run == run, journal_table.c.outcome.is_(None)
        )
        with self._reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def _intent(self, run: str, profile: str, change: Change) -> dict[str, Any]:
        content = change.to_json()
        masked = {name: without_secrets(content[name]) for name in ("before", "after", "context")}
        private = sorted(self.private.get(change.target, NOTHING) & {*change.before, *change.after})
        return {
            "run": run,
            "profile": profile,
            "change": change.id,
            "target": change.target,
            "person": change.person,
            "content": json_text(content | masked | {"private": private}),
            "verb": content["verb"],
        }

    def _insert_again(self) -> Insert:
        statement = self._insert(journal_table)
        opened = ("content", "announced", "outcome", "settled", "settled_by", "receipt")
        return statement.on_conflict_do_update(
            index_elements=["run", "change"],
            set_={name: statement.excluded[name] for name in opened},
        )

    def settle(
        self, run: str, profile: str, receipts: Sequence[Receipt], changes: Mapping[str, Change]
    ) -> None:
        """Write receipts down, and what follows from them for links, grants and the audit trail.

        All or nothing for up to 500 receipts at a time. The same receipt again changes nothing.

        Args:
            run: The run that announced the changes.
            profile: Name of the profile.
            receipts: In the order in which they came; not a lazy iterator, a transaction is open
                while they are stored.
            changes: Change per id, for receipts of changes that were never announced (set aside).

        Raises:
            ValueError: A receipt of a preview; previews leave no trace here. Nothing was stored.
            KeyError: A receipt of a change that was neither announced nor is in `changes`.
        """
        if any(receipt.outcome is Outcome.RECORDED for receipt in receipts):
            message = "a preview has no receipts to settle"
            raise ValueError(message)
        for start in range(0, len(receipts), RECEIPTS_AT_ONCE):
            with self._writing() as connection:
                self._settle(
                    connection, run, profile, receipts[start : start + RECEIPTS_AT_ONCE], changes
                )

    def _settle(
        self,
        connection: Connection,
        run: str,
        profile: str,
        receipts: Sequence[Receipt],
        changes: Mapping[str, Change],
    ) -> None:
        noted = _noted(connection, run, [receipt.change for receipt in receipts], changes)
        settled: list[tuple[Change, Receipt]] = []
        outcomes: list[dict[str, Any]] = []
        for receipt in receipts:
            if receipt.change not in noted:
                change = changes[receipt.change]
                made = connection.execute(
                    journal_table.insert(), self._intent(run, profile, change)
                )
                key: Sequence[Any] = made.inserted_primary_key or ()
                noted[receipt.change] = _Noted(key[0], change, None)
            row, content = noted[receipt.change], _content(receipt)
            if row.receipt == content:
                continue
            outcomes.append({"sequence": row.sequence} | _outcome(run, receipt, content))
            noted[receipt.change] = row._replace(receipt=content)
            settled.append((row.change, receipt))
        update_rows(connection, journal_table, "sequence", outcomes)
        keep_books(connection, profile, settled)
        self._append(connection, run, profile, settled)

    def open_intents(self, profile: str) -> list[OpenIntent]:
        """Writes whose outcome nobody knows, in the order they were announced.

        Without a receipt (the process died) or with one that is in doubt (the answer was lost).
        To be read under the lock and before the first `announce`: all of them are then of earlier
        attempts.
        """
        every = select(journal_table).where(journal_table.c.profile == profile)
        with self._reading() as connection:
            rows = [row for is_open in _OPEN for row in connection.execute(every.where(is_open))]
            return [_intent_of(row) for row in sorted(rows, key=lambda row: row.sequence)]

    def close_intents(self, run: str, closed: Sequence[tuple[OpenIntent, Receipt]]) -> None:
        """Settle what earlier runs left open, with receipts that say what was found in the target.

        Args:
            run: The run that looked. Its name stands in the audit trail.
            closed: Intents from `open_intents` with their receipts; one that is still in doubt
                stays open.
        """
        for start in range(0, len(closed), RECEIPTS_AT_ONCE):
            some = closed[start : start + RECEIPTS_AT_ONCE]
            with self._writing() as connection:
                outcomes = [
                    {"sequence": intent.sequence} | _outcome(run, receipt, _content(receipt))
                    for intent, receipt in some
                ]
                update_rows(connection, journal_table, "sequence", outcomes)
                for profile, group in groupby(some, key=lambda pair: pair[0].profile):
                    settled = [(intent.change, receipt) for intent, receipt in group]
                    keep_books(connection, profile, settled)
                    self._append(connection, run, profile, settled)

    def journal(self, run: str) -> list[JournalEntry]:
        """Everything a run announced or set aside, in order.

        Args:
            run: Its whole id.
        """
        statement = (
            select(journal_table)
            .where(journal_table.c.run == run)
            .order_by(journal_table.c.sequence)
        )
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(statement)]


def _without(changes: list[Change], refused: Sequence[Name]) -> list[Change]:
    """Changes of everybody who got their names."""
    late = {name.person for name in refused}
    return [change for change in changes if change.person not in late] if late else changes


class _Noted(NamedTuple):
    """What the journal knows about a change of this run."""

    sequence: int
    change: Change
    receipt: str | None


def _noted(
    connection: Connection, run: str, ids: list[str], known: Mapping[str, Change]
) -> dict[str, _Noted]:
    rows = connection.execute(_NOTED, {"of": run, "ids": ids}).all()
    unknown = [row.change for row in rows if row.change not in known]
    stored: dict[str, Change] = {}
    if unknown:
        asked = connection.execute(_CONTENT, {"of": run, "ids": unknown})
        stored = {row.change: _change(row.content) for row in asked}
    return {
        row.change: _Noted(row.sequence, known.get(row.change) or stored[row.change], row.receipt)
        for row in rows
    }


def _outcome(run: str, receipt: Receipt, content: str) -> dict[str, Any]:
    return {
        "outcome": receipt.outcome.value,
        "settled": receipt.at,
        "settled_by": run,
        "receipt": content,
    }


def _content(receipt: Receipt) -> str:
    # Its write is done: a secret must not get in here, and must not cost us the receipt either.
    content = receipt.to_json()
    return json_text(content | {"produced": without_secrets(content["produced"])})


def _entry(row: Row[Any]) -> JournalEntry:
    require_sound(row, journal_table)
    return JournalEntry(
        change=_change(row.content),
        announced=row.announced,
        receipt=_receipt(row.receipt),
        settled_by=row.settled_by,
        private=frozenset(json.loads(row.content).get("private", ())),
    )


def _intent_of(row: Row[Any]) -> OpenIntent:
    require_sound(row, journal_table)
    return OpenIntent(
        sequence=row.sequence,
        run=row.run,
        profile=row.profile,
        change=_change(row.content),
        at=row.announced or row.settled,
        receipt=_receipt(row.receipt),
    )


def _change(content: str) -> Change:
    return change_from_json(json.loads(content), resolved=True)


def _receipt(content: str | None) -> Receipt | None:
    return None if content is None else Receipt.from_json(json.loads(content))
