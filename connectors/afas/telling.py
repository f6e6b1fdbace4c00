"""What a receipt says of a write: how much of it was done, in words and without private values."""

import re
from collections.abc import Mapping
from typing import Final

from connectors.afas.mapping import PRIVATE
from connectors.model.change import Change
from connectors.model.errors import ConnectorError

LONGEST_DETAIL: Final = 500
HIDDEN: Final = "***"
SHORTEST_PART: Final = 6
"""Characters of a private value that a message must not end with either."""


def told(fields: Mapping[str, str | bool]) -> str:
    """What was sent, in words and without values: "Upn, EmAd emptied, InSi off"."""
    kinds: dict[str, list[str]] = {}
    for name, value in fields.items():
        what = "emptied" if value == "" else "off" if value is False else "written"
        kinds.setdefault(what, []).append(name)
    return ", ".join(f"{', '.join(names)} {what}" for what, names in kinds.items())


def capped(text: str) -> str:
    """A text that fits into an audit line."""
    return text if len(text) <= LONGEST_DETAIL else f"{text[: LONGEST_DETAIL - 1]}…"


def say_first(done: str, error: ConnectorError) -> None:
    """Let an error begin with what had been done by then."""
    if done:
        error.message = f"{done}; then: {error.message}"


def sentences(*parts: str | None) -> str | None:
    """Those there are, as one detail."""
    return "; ".join(part for part in parts if part) or None


def without_private(message: str, change: Change) -> str:
    """AFAS may quote a value that was sent or held, in another case, or cut off at the end."""
    values = [
        str(value)
        for held in (change.before, change.after)
        for name, value in held.items()
        if name in PRIVATE and isinstance(value, str | int) and not isinstance(value, bool)
    ]
    for value in sorted(values, key=len, reverse=True):
        for length in range(len(value), min(len(value), SHORTEST_PART) - 1, -1):
            part = re.compile(re.escape(value[:length]), re.IGNORECASE)
            message = part.sub(HIDDEN, message) if length else message
    return message
