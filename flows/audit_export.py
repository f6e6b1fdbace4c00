"""Lines of the audit trail for a program or an auditor, with before and after from the journal."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.ledger.ledger import Ledger
from connectors.ledger.records import AuditLine, JournalEntry
from connectors.model.private import VEIL, is_private
from connectors.model.values import CLEAR, Attributes, encode_value

MOST_CHARACTERS: Final = 500
"""Of one value."""
MOST_BYTES: Final = 16_384
"""Of one entry. What is larger says so, without before and after."""


def entries(
    ledger: Ledger, lines: Iterable[AuditLine], *, with_private: bool
) -> Iterator[dict[str, Any]]:
    """An entry per line.

    Args:
        ledger: Has the journal.
        lines: In order, so that those of a run come together.
        with_private: Whether private values are shown.
    """
    run, journal = "", dict[str, JournalEntry]()
    for line in lines:
        if line.change and line.run != run:
            run = line.run
            journal = {entry.change.id: entry for entry in ledger.journal(run)}
        yield _entry(line, journal.get(line.change), with_private=with_private)


def _entry(line: AuditLine, known: JournalEntry | None, *, with_private: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "line": line.sequence,
        "at": line.at.isoformat(timespec="seconds"),
        "run": line.run,
        "profile": line.profile,
        "action": line.action,
        "target": line.target or None,
        "person": line.person or None,
        "account": line.ref or None,
        "outcome": line.outcome,
        "because": line.because.split(", ") if line.because else [],
        "text": line.text,
        "erased": line.erased.isoformat(timespec="seconds") if line.erased else None,
        "hash": line.hash,
    }
    if known is None:
        return entry
    private = frozenset[str]() if with_private else known.private
    change = known.change
    whole = entry | {
        "before": _shown(change.before, private, with_private=with_private),
        "after": _shown(change.after, private, with_private=with_private),
    }
    if len(json.dumps(whole, ensure_ascii=False).encode()) > MOST_BYTES:
        return entry | {"cut": True}
    return whole


def _shown(values: Attributes, private: frozenset[str], *, with_private: bool) -> Mapping[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in values.items():
        hidden = name in private or (is_private(name) and not with_private)
        shown[name] = VEIL if hidden and value is not CLEAR else _capped(encode_value(value))
    return shown


def _capped(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"{value[: MOST_CHARACTERS - 1]}…"
    return [_capped(one) for one in value] if isinstance(value, list) else value
