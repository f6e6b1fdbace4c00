"""What a line of the audit trail says of a change, in a text that anybody may read.

No secret gets in, no private value, and nothing that goes on for ever.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from connectors.model.change import Change, Verb
from connectors.model.private import MASK, VEIL, is_private
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR, Value, is_empty

MAX_VALUE: Final = 120
"""Characters of one value in a line."""
MAX_TEXT: Final = 2000
"""Characters of the whole text of a line."""
NOTHING: Final[frozenset[str]] = frozenset()

SECRET: Final = re.compile(r"(password|passwd|pwd|passphrase|secret|token|apikey|privatekey)$")


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
        _is_named_secretly(name) and isinstance(value, str | tuple | list) and not is_empty(value)
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
    return in_a_line("; ".join(parts))


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
    return capped(text, MAX_VALUE)


@lru_cache(maxsize=1024)
def _is_named_secretly(name: str) -> bool:
    return SECRET.search(re.sub(r"[^a-z]", "", name.casefold())) is not None


def in_a_line(text: str) -> str:
    """A text without line breaks and other controls, cut to what a line holds."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return capped(text, MAX_TEXT)


def capped(text: str, length: int) -> str:
    """A text of at most so many characters; three dots say that there was more."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
