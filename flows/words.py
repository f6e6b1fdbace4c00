"""Values of a report in words: what people read of what programs keep."""

from typing import Any

from connectors.model.values import CLEAR, decode_value, is_empty


def in_words(encoded: Any) -> str:
    """A value as a report holds it, for people; None is nothing."""
    value = None if encoded is None else decode_value(encoded)
    if value is CLEAR or is_empty(value):
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
