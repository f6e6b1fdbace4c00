"""The audit trail: a line per attempted change, never altered, each sealed by the next.

Each line holds the hash of the one before: one that is changed, taken out or slipped in breaks the
chain there. Who can rewrite the whole
database can rewrite the whole chain: note the seal somewhere else (a report, a log server) to know.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import Connection, select, update

from connectors.ledger.records import AuditBreak, AuditLine, AuditSeal
from connectors.ledger.store import Store
from connectors.ledger.tables import audit as audit_table
from connectors.ledger.tables import audit_head, stamp
from connectors.model.change import Change, Verb
from connectors.model.private import MASK, VEIL, is_private
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Value, is_empty

FIRST: Final = "0" * 64
MAX_VALUE: Final = 120
"""Characters of one value in a line."""
MAX_TEXT: Final = 2000
"""Characters of the whole text of a line."""
LINES_AT_ONCE: Final = 1000
NOTHING: Final[frozenset[str]] = frozenset()

SECRET: Final = re.compile(r"(password|passwd|pwd|passphrase|secret|token|apikey|privatekey)$")

_END: Final = select(audit_head.c.sequence, audit_head.c.hash)
_COLUMNS: Final = [field.name for field in fields(AuditLine)]
_EMPTY: Final = {"target": "", "person": "", "ref": ""}


class Audit(Store):
    """The part of the ledger that can be shown to an auditor."""

    def audit(self, *, profile: str | None = None, run: str | None = None) -> Iterator[AuditLine]:
        """The lines in order, read in portions.

        Args:
            profile: Only those of this profile.
            run: Only those of this run (its whole id).
        """
        statement = select(audit_table).order_by(audit_table.c.sequence).limit(LINES_AT_ONCE)
        if profile is not None:
            statement = statement.where(audit_table.c.profile == profile)
        if run is not None:
            statement = statement.where(audit_table.c.run == run)
        last = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(statement.where(audit_table.c.sequence > last)).all()
            if not rows:
                return
            last = rows[-1].sequence
            yield from (AuditLine(**row._mapping) for row in rows)

    def audit_seal(self) -> AuditSeal:
        """Number and hash of the last line, to be noted elsewhere."""
        with self._reading() as connection:
            return _seal(connection)

    def verify_audit(self, *, seal: AuditSeal | None = None) -> AuditBreak | None:
        """Look for the first place where the trail is not what was written.

        Args:
            seal: One that was noted earlier; the trail must still pass through it.

        Returns:
            The place, or None when the trail is whole.
        """
        with self._reading() as connection:
            head = _seal(connection)
            every = select(audit_table).order_by(audit_table.c.sequence)
            with connection.execution_options(yield_per=LINES_AT_ONCE).execute(every) as rows:
                lines = (AuditLine(**row._mapping) for row in rows)
                return _first_break(lines, head, seal)

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
                }
                for change, receipt in settled
                if receipt.outcome is not Outcome.SET_ASIDE
            ],
        )

    def _add_lines(self, connection: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
        """Seal lines into the chain; what a line does not say is empty."""
        if not lines:
            return
        end = connection.execute(_END.with_for_update()).one()
        sequence, previous = end.sequence, end.hash
        sealed: list[dict[str, Any]] = []
        for told in lines:
            sequence += 1
            line = {
                **_EMPTY,
                **told,
                "sequence": sequence,
                "because": _capped(_one_line(told["because"]), MAX_TEXT),
                "text": _capped(_one_line(told["text"]), MAX_TEXT),
                "previous": previous,
            }
            previous = _hash(line)
            sealed.append(line | {"hash": previous})
        connection.execute(audit_table.insert(), sealed)
        connection.execute(update(audit_head).values(sequence=sequence, hash=previous))


def _first_break(
    lines: Iterable[AuditLine], head: AuditSeal, seal: AuditSeal | None
) -> AuditBreak | None:
    previous, expected = FIRST, 1
    for line in lines:
        if line.sequence != expected:
            return AuditBreak(expected, "the line is missing")
        if line.previous != previous:
            return AuditBreak(expected, "it does not follow from the line before it")
        if line.hash != _hash(asdict(line)):
            return AuditBreak(expected, "its content is not what was written")
        if seal is not None and seal.sequence == expected and seal.hash != line.hash:
            return AuditBreak(expected, "it is not the line that was sealed")
        previous, expected = line.hash, expected + 1
    ends = "the trail ends here, and"
    if (head.sequence, head.hash) != (expected - 1, previous):
        return AuditBreak(expected, f"{ends} should end with line {head.sequence}")
    if seal is not None and seal.sequence >= expected:
        return AuditBreak(expected, f"{ends} was sealed at line {seal.sequence}")
    return None


def _seal(connection: Connection) -> AuditSeal:
    row = connection.execute(_END).one()
    return AuditSeal(row.sequence, row.hash)


def _hash(line: Mapping[str, Any]) -> str:
    values = [line[name] for name in _COLUMNS if name not in {"at", "hash"}]
    content = json.dumps([stamp(line["at"]), *values], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def refuse_secrets(change: Change) -> None:
    """Make sure that a change can be written down.

    Raises:
        AssertionError: A field is named like a secret and holds a value. Connectors make secrets
            themselves and hand them to a sink; one in a plan is a mistake of ours, not of a user.
    """
    for values in (change.before, change.after, change.context):
        for name, value in values.items():
            if is_secret(name, value):
                message = (
                    f"{change.target}: {change.verb} carries {name!r}, which must not be in a plan"
                )
                raise AssertionError(message)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, with three stars in place of a secret."""
    return {name: MASK if is_secret(name, value) else value for name, value in values.items()}


def is_secret(name: str, value: object) -> bool:
    """Whether a field is named like a secret and holds something (`hasPassword: true` is none)."""
    return (
        SECRET.search(_plain(name)) is not None
        and isinstance(value, str | tuple | list)
        and not is_empty(value)
    )


def audit_text(change: Change, receipt: Receipt, private: frozenset[str] = NOTHING) -> str:
    """What an audit line says: per field old → new, then what the target said.

    Args:
        change: What was done.
        receipt: What became of it.
        private: Fields whose values are left out.
    """
    parts: list[str] = []
    if change.verb in {Verb.GRANT, Verb.REVOKE}:
        known = {**change.before, **change.after}
        named, native = known.get("name"), known["permission"]
        parts.append(f"{named} ({native})" if named and named != native else str(native))
    else:
        names = sorted({*change.before, *change.after})
        parts.extend(f"{name}: {_old_and_new(name, change, private)}" for name in names)
    if receipt.detail:
        parts.append(receipt.detail)
    if (
        change.verb in {Verb.CREATE, Verb.CORRELATE}
        and receipt.outcome.succeeded
        and not receipt.ref
    ):
        parts.append("the target gave no native id, so no link was kept")
    return _capped(_one_line("; ".join(parts)), MAX_TEXT)


def _old_and_new(name: str, change: Change, private: frozenset[str]) -> str:
    old, new = (_shown(name, held.get(name), private) for held in (change.before, change.after))
    return f"{old} → {new}"


def _shown(name: str, value: Value | None, private: frozenset[str]) -> str:
    if value is None or is_empty(value) or value is CLEAR:
        return "(empty)"
    if is_secret(name, value):
        return MASK
    if name in private or is_private(name):
        return VEIL  # the line says that it changed, not how
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return _capped(text, MAX_VALUE)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _capped(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
