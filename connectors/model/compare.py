"""When two values of an attribute mean the same."""

import re
from typing import Any, Final

from connectors.model.manifest import Compare
from connectors.model.values import CLEAR, Pending, Value, as_text, is_empty

_AROUND_SEPARATOR: Final = re.compile(r"\s*(?<!\\)([,=])\s*")
"""Spaces around a comma or equals sign that separates; an escaped one belongs to the name."""
_FLAGS: Final = {"true": "true", "1": "true", "false": "false", "0": "false"}


def same(one: Value | None, other: Value | None, compare: Compare) -> bool:
    """Whether two values mean the same.

    Nothing, empty and `CLEAR` do. A flag is the same as its text (`true`, `1`), a number as its
    digits, a list as the same items in another order. `Pending` is the same as nothing else.
    """
    if one is CLEAR or is_empty(one):
        return other is CLEAR or is_empty(other)
    if other is CLEAR or is_empty(other) or isinstance(one, Pending) or isinstance(other, Pending):
        return False
    if compare is Compare.SET:
        return set(_items(one)) == set(_items(other))
    if isinstance(one, bool) or isinstance(other, bool):
        return _flag(one) == _flag(other)
    return bool(_normal(one, compare) == _normal(other, compare))


def _items(value: Any) -> list[str]:
    return [as_text(item) for item in (value if isinstance(value, tuple) else (value,))]


def _flag(value: Any) -> str:
    text = as_text(value).casefold()
    return _FLAGS.get(text, text)


def _normal(value: Any, compare: Compare) -> Any:
    if isinstance(value, tuple):
        return tuple(sorted(_normal(item, compare) for item in value))
    text = as_text(value)
    match compare:
        case Compare.EXACT | Compare.SET:
            return text
        case Compare.IGNORE_CASE:
            return text.casefold()
        case Compare.DN:  # pragma: no branch - there is no other
            return _AROUND_SEPARATOR.sub(r"\1", text.strip()).casefold()
