"""The audit trail: a line per attempted change, never altered, each sealed by the next.

Each line holds the hash of the one before: one that is changed, taken out or slipped in breaks the
chain there. Who can rewrite the whole
database can rewrite the whole chain: note the seal somewhere else (a report, a log server) to know.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, select, update

from connectors.ledger.audit_chain import PRUNE, first_break, new_salts, sealed
from connectors.ledger.audit_rows import COLUMNS, HEAD, NotWrittenByUs, ends, is_head, line_of
from connectors.ledger.audit_text import NOTHING, audit_text, in_a_line
from connectors.ledger.many import insert_rows
from connectors.ledger.records import AuditBreak, AuditLine, AuditSeal
from connectors.ledger.store import Store
from connectors.ledger.tables import audit as audit_table
from connectors.ledger.tables import audit_head
from connectors.model.change import Change
from connectors.model.receipt import Outcome, Receipt

LINES_AT_ONCE: Final = 1000

_EMPTY: Final = {"target": "", "person": "", "ref": "", "because": "", "outcome": "", "change": ""}


class Audit(Store):
    """The part of the ledger that can be shown to an auditor."""

    def audit(
        self,
        *,
        profile: str | None = None,
        run: str | None = None,
        person: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[AuditLine]:
        """The lines in order, read in portions.

        Args:
            profile: Only those of this profile.
            run: Only those of this run (its whole id).
            person: Only those about this person.
            since: Only those of this instant or later.
            until: Only those before this instant.
        """
        statement = select(*COLUMNS).order_by(audit_table.c.sequence).limit(LINES_AT_ONCE)
        for name, wanted in (("profile", profile), ("run", run), ("person", person)):
            if wanted is not None:
                statement = statement.where(audit_table.c[name] == wanted)
        if since is not None:
            statement = statement.where(audit_table.c.at >= since)
        if until is not None:
            statement = statement.where(audit_table.c.at < until)
        return self._portions(statement)

    def _portions(self, statement: Select[Any]) -> Iterator[AuditLine]:
        last = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(statement.where(audit_table.c.sequence > last)).all()
                lines = [line_of(row) for row in rows]
            if not lines:
                return
            last = lines[-1].sequence
            yield from lines

    def audit_seal(self) -> AuditSeal:
        """Number and hash of the last line, to be noted elsewhere."""
        with self._reading() as connection:
            return ends(connection)[0]

    def audit_anchor(self) -> AuditSeal:
        """The last line that was cut off at the beginning; number 0 where none was."""
        with self._reading() as connection:
            return ends(connection)[1]

    def audit_number(self, noted: str) -> int | None:
        """Number of the line with a hash, None where there is none (any more)."""
        statement = select(audit_table.c.sequence).where(audit_table.c.hash == noted)
        with self._reading() as connection:
            anchor = ends(connection)[1]
            number: int | None = connection.scalar(statement)
        return anchor.sequence if noted == anchor.hash and anchor.sequence else number

    def verify_audit(
        self, *, seal: AuditSeal | None = None, seals: Sequence[AuditSeal] = ()
    ) -> AuditBreak | None:
        """Look for the first place where the trail is not what was written.

        Args:
            seal: One that was noted earlier; the trail must still pass through it.
            seals: Further ones. Those of lines that were cut off since prove nothing.

        Returns:
            The place, or None when the trail is whole.
        """
        noted = [*([] if seal is None else [seal]), *seals]
        with self._reading() as connection:
            every = select(*COLUMNS).order_by(audit_table.c.sequence)
            try:
                head, anchor = ends(connection)
                with connection.execution_options(yield_per=LINES_AT_ONCE).execute(every) as rows:
                    return first_break(map(line_of, rows), head, anchor, noted)
            except NotWrittenByUs as error:
                return AuditBreak(error.sequence, error.reason)

    def old_audit_lines(self, before: datetime) -> AuditSeal:
        """The last line of those at the beginning that are all older; number 0 for none.

        Args:
            before: With offset.
        """
        with self._reading() as connection:
            return _last_before(connection, before)

    def prune_audit(self, before: datetime, *, at: datetime, by: str) -> int:
        """Cut off the oldest lines; the rest still verifies, and a line of it tells of the cut.

        Args:
            before: Lines at the beginning that are all older go; the last line stays in any case.
            at: When, with offset.
            by: Who says so.

        Returns:
            How many lines are gone.
        """
        with self._writing() as connection:
            connection.execute(select(audit_head.c.chain).with_for_update())
            cut = _last_before(connection, before)
            if not cut.sequence:
                return 0
            gone = connection.execute(
                delete(audit_table).where(audit_table.c.sequence <= cut.sequence)
            )
            connection.execute(
                update(audit_head).values(cut_sequence=cut.sequence, cut_hash=cut.hash)
            )
            until = f"{before:%Y-%m-%d}"
            text = f"lines 1-{cut.sequence}: cut off, older than {until}; the last was {cut.hash}"
            told = {"at": at, "run": "", "profile": "", "action": PRUNE, "text": text}
            self._add_lines(connection, [told | {"outcome": "done", "because": f"by:{by}"}])
            return gone.rowcount

    def _append(
        self,
        connection: Connection,
        run: str,
        profile: str,
        settled: Sequence[tuple[Change, Receipt]],
    ) -> None:
        """Add a line per receipt. Last in its transaction: from here to the commit others wait.

        What was set aside is no action; the journal and the report have it.
        """
        self._add_lines(
            connection,
            [
                {
                    "at": receipt.at,
                    "run": run,
                    "profile": profile,
                    "action": type(change).__name__,
                    "target": change.target,
                    "person": change.person,
                    "ref": receipt.ref or change.ref or "",
                    "outcome": receipt.outcome.value,
                    "because": ", ".join(change.because),
                    "text": audit_text(change, receipt, self.private.get(change.target, NOTHING)),
                    "change": change.id,
                }
                for change, receipt in settled
                if receipt.outcome is not Outcome.SET_ASIDE
            ],
        )

    def _add_lines(self, connection: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
        """Seal lines into the chain; what a line does not say is empty."""
        if not lines:
            return
        with self._making_sense():
            [end] = filter(is_head, connection.execute(HEAD.with_for_update()).all())
        sequence, previous = end.sequence, end.hash
        chained: list[dict[str, Any]] = []
        for told, salt in zip(lines, new_salts(len(lines)), strict=True):
            sequence += 1
            line = {**_EMPTY, **told, "sequence": sequence, "previous": previous}
            line |= {name: in_a_line(line[name]) for name in ("because", "text")}
            chained.append(sealed(line, salt))
            previous = chained[-1]["hash"]
        insert_rows(connection, audit_table, chained)
        connection.execute(update(audit_head).values(sequence=sequence, hash=previous))


def _last_before(connection: Connection, before: datetime) -> AuditSeal:
    """The last of the lines at the beginning that are older; never the last line of all."""
    first_kept = select(func.min(audit_table.c.sequence)).where(audit_table.c.at >= before)
    kept = connection.scalar(first_kept) or ends(connection)[0].sequence
    found = connection.execute(
        select(audit_table.c.sequence, audit_table.c.hash).where(audit_table.c.sequence == kept - 1)
    ).one_or_none()
    return AuditSeal(0, "") if found is None else AuditSeal(found.sequence, found.hash)
