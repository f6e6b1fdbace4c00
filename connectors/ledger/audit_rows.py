"""Rows of the audit trail as they are read: what Retour cannot have written is told from the rest.

Somebody with a database shell can put anything into a cell. The columns are read as they are
stored, because what a column makes of such a value is an error that names no line.
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, String, func, select, type_coerce

from connectors.ledger.records import AuditLine, AuditSeal
from connectors.ledger.tables import Instant, audit, audit_head, stamp

COLUMNS: Final = [
    type_coerce(audit.c[field.name], String).label(field.name)
    if isinstance(audit.c[field.name].type, Instant)
    else audit.c[field.name]
    for field in fields(AuditLine)
]
"""What a line is read from; instants as their text."""
HEAD: Final = select(
    audit_head.c.sequence,
    audit_head.c.hash,
    audit_head.c.cut_sequence,
    audit_head.c.cut_hash,
    audit_head.c.chain,
)

CHAIN: Final = 1
"""Key of the only row of the head."""

_NUMBERS: Final = ("sequence", "version")
_INSTANTS: Final = ("at", "erased")
_MAY_MISS: Final = frozenset({"salt", "digest", "erased"})


class NotWrittenByUs(ValueError):
    """A row holds what Retour does not write.

    Attributes:
        sequence: Number of the line.
        reason: What is wrong, in a sentence.
    """

    def __init__(self, sequence: int, reason: str) -> None:
        """Keep both."""
        super().__init__(f"line {sequence}: {reason}")
        self.sequence, self.reason = sequence, reason


def line_of(row: Row[Any]) -> AuditLine:
    """A line from its row.

    Raises:
        NotWrittenByUs: A cell holds something of another kind than Retour puts there.
    """
    cells = dict(row._mapping)
    if not all(_fits(name, value) for name, value in cells.items()):
        raise NotWrittenByUs(row.sequence, "its content is not what was written")
    instants = {name: datetime.fromisoformat(cells[name]) for name in _INSTANTS if cells[name]}
    return AuditLine(**{**cells, **instants})


def ends(connection: Connection) -> tuple[AuditSeal, AuditSeal]:
    """The last line, and the last one that was cut off at the beginning.

    Raises:
        NotWrittenByUs: The row that says so is not there, or says something else.
    """
    rows = connection.execute(HEAD).all()
    if len(rows) == 1 and is_head(rows[0]):
        [row] = rows
        return AuditSeal(row.sequence, row.hash), AuditSeal(row.cut_sequence, row.cut_hash)
    last = connection.scalar(select(func.max(audit.c.sequence))) or 0
    raise NotWrittenByUs(last, "nobody can tell any more whether the trail ends here")


def is_head(row: Row[Any]) -> bool:
    """Whether a row of the head says what one can say."""
    *cells, chain = row
    return chain == CHAIN and _are(int, cells[::2]) and _are(str, cells[1::2])


def _fits(name: str, value: object) -> bool:
    if value is None:
        return name in _MAY_MISS
    if name in _NUMBERS:
        return isinstance(value, int)
    return isinstance(value, str) and (name not in _INSTANTS or _is_stamp(value))


def _is_stamp(text: str) -> bool:
    try:
        return stamp(datetime.fromisoformat(text)) == text
    except (ValueError, OverflowError):
        return False


def _are(kind: type, values: Iterable[object]) -> bool:
    return all(isinstance(one, kind) for one in values)
