"""The journal: an intent before every write, a receipt after it. It knows where a crash struck.

An intent without a receipt means "perhaps". The next run reads what is really there and settles it,
before it plans anything.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from connectors.ledger.audit import Audit
from connectors.ledger.audit_text import NOTHING, refuse_secrets, without_secrets
from connectors.ledger.books import keep_books
from connectors.ledger.links import Links
from connectors.ledger.records import JournalEntry, OpenIntent
from connectors.ledger.store import require_sound
from connectors.ledger.tables import journal as journal_table
from connectors.model.change import Change, change_from_json
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.clock import now

RECEIPTS_AT_ONCE: Final = 500
"""Per transaction; PostgreSQL and SQLite both take so many values in one query."""
_PLAIN: Final = json.JSONEncoder(ensure_ascii=False)

_SETTLE = (
    update(journal_table)
    .where(journal_table.c.sequence == bindparam("row"))
    .values(
        outcome=bindparam("became"),
        settled=bindparam("when"),
        settled_by=bindparam("by"),
        receipt=bindparam("full"),
    )
)
_NOTED = select(
    journal_table.c.sequence,
    journal_table.c.change,
    journal_table.c.content,
    journal_table.c.receipt,
).where(
    journal_table.c.run == bindparam("of"),
    journal_table.c.change.in_(bindparam("ids", expanding=True)),
)
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
    ) -> list[Change]:
        """Write down durably what a writer is about to do, before it is handed over.

        One transaction for all of it. Of two processes that announce a person in the same run, one
        gets through.

        Args:
            run: Id of a run that was started.
            profile: Name of the profile.
            changes: A person's changes next to each other.
            known: Told the changes of a person who was announced in this run before; they are not
                handed over. Without it they are opened again.

        Returns:
            Those to hand over, in the same order.

        Raises:
            AssertionError: A change carries a secret. Nothing was written down.
            Unreachable: The ledger does not answer, so nothing more may be written anywhere.
        """
        every = list(changes)
        for change in every:
            refuse_secrets(change)
        announced = now()
        intents = [
            self._intent(run, profile, change) | {"announced": announced} for change in every
        ]
        if not intents:
            return []
        try:
            with self._writing() as connection:
                connection.execute(journal_table.insert(), intents)
        except IntegrityError:
            persons = {change.person: None for change in every}
            if len(persons) > 1:  # who of them it is shows when they are written down one by one
                each = ([one for one in every if one.person == person] for person in persons)
                return [
                    one for some in each for one in self.announce(run, profile, some, known=known)
                ]
            if known is None:
                self._announce_again(intents)
            elif self.so_far(run, every):
                known(every)
                return []
            else:
                raise
        return every

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
            "content": _PLAIN.encode(content | masked | {"private": private}),
            "verb": content["verb"],
        }

    def _announce_again(self, intents: Sequence[dict[str, Any]]) -> None:
        statement = self._insert(journal_table)
        opened = ("content", "announced", "outcome", "settled", "settled_by", "receipt")
        statement = statement.on_conflict_do_update(
            index_elements=["run", "change"],
            set_={name: statement.excluded[name] for name in opened},
        )
        with self._writing() as connection:
            connection.execute(statement, intents)

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
            outcomes.append(_outcome(run, receipt, content) | {"row": row.sequence})
            noted[receipt.change] = row._replace(receipt=content)
            settled.append((row.change, receipt))
        if outcomes:
            connection.execute(_SETTLE, outcomes)
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
                    _outcome(run, receipt, _content(receipt)) | {"row": intent.sequence}
                    for intent, receipt in some
                ]
                connection.execute(_SETTLE, outcomes)
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


class _Noted(NamedTuple):
    """What the journal knows about a change of this run."""

    sequence: int
    change: Change
    receipt: str | None


def _noted(
    connection: Connection, run: str, ids: list[str], known: Mapping[str, Change]
) -> dict[str, _Noted]:
    rows = connection.execute(_NOTED, {"of": run, "ids": ids})
    return {
        row.change: _Noted(row.sequence, known.get(row.change) or _change(row.content), row.receipt)
        for row in rows
    }


def _outcome(run: str, receipt: Receipt, content: str) -> dict[str, Any]:
    return {"became": receipt.outcome.value, "when": receipt.at, "by": run, "full": content}


def _content(receipt: Receipt) -> str:
    # Its write is done: a secret must not get in here, and must not cost us the receipt either.
    content = receipt.to_json()
    return _PLAIN.encode(content | {"produced": without_secrets(content["produced"])})


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
