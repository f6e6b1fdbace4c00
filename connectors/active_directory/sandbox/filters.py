"""LDAP filters (RFC 4515): parsed once, then asked of every object. Case does not matter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from connectors.active_directory.sandbox.objects import DirectoryError

BIT_AND: Final = "1.2.840.113556.1.4.803"

Values = Callable[[str], Iterable[bytes]]
"""The values of an object's attribute, by its name in lower case."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One node of a filter.

    Attributes:
        kind: `&`, `|`, `!`, `=`, `=*`, `*` (parts), `>=`, `<=` or the number of a matching rule.
        attribute: In lower case; empty for `&`, `|` and `!`.
        parts: The value or, for `*`, the texts between the stars. Folded.
        filters: What `&`, `|` and `!` combine.
    """

    kind: str
    attribute: str = ""
    parts: tuple[bytes, ...] = ()
    filters: tuple["Filter", ...] = ()

    def matches(self, values: Values) -> bool:
        """Whether an object with these values is meant."""
        match self.kind:
            case "&":
                return all(one.matches(values) for one in self.filters)
            case "|":
                return any(one.matches(values) for one in self.filters)
            case "!":
                return not self.filters[0].matches(values)
            case "=*":
                return any(True for _ in values(self.attribute))
            case _:
                return any(self._matches_value(value) for value in values(self.attribute))

    def _matches_value(self, value: bytes) -> bool:
        wanted = self.parts[0]
        match self.kind:
            case "=":
                return fold(value) == wanted
            case "*":
                return _in_order(fold(value), self.parts)
            case ">=":
                return int(value) >= int(wanted)
            case "<=":
                return int(value) <= int(wanted)
            case _:
                bits = int(value) & int(wanted)
                return bits == int(wanted) if self.kind == BIT_AND else bits != 0


def fold(value: bytes) -> bytes:
    """A value as it is compared: text without case, everything else as it is."""
    try:
        return value.decode().casefold().encode()
    except UnicodeDecodeError:
        return value


def parse_filter(text: str) -> Filter:
    """Parse a filter.

    Raises:
        DirectoryError: It is none (87: the filter is invalid).
    """
    try:
        node, end = _parse(text, 0)
    except (IndexError, ValueError):
        node, end = None, -1
    if node is None or end != len(text):
        raise DirectoryError(87, "57", f"the search filter is invalid: {text}")
    return node


def _parse(text: str, place: int) -> tuple[Filter, int]:
    if text[place] != "(":
        raise ValueError(text)
    kind = text[place + 1]
    if kind in "&|!":
        place += 2
        filters = []
        while text[place] == "(":
            node, place = _parse(text, place)
            filters.append(node)
        if text[place] != ")" or not filters:
            raise ValueError(text)
        return Filter(kind, filters=tuple(filters)), place + 1
    end = text.index(")", place)
    return _item(text[place + 1 : end]), end + 1


def _item(text: str) -> Filter:
    name, found, value = text.partition("=")
    if not found or not name:
        raise ValueError(text)
    attribute, _, rule = name.lower().partition(":")
    if rule:
        return Filter(rule.rstrip(":"), attribute, (_value(value),))
    if name[-1] in "<>":
        return Filter(f"{name[-1]}=", name[:-1].lower(), (_value(value),))
    if value == "*":
        return Filter("=*", attribute)
    if "*" in value:
        return Filter("*", attribute, tuple(_value(part) for part in value.split("*")))
    return Filter("=", attribute, (_value(value),))


def _value(escaped: str) -> bytes:
    raw = bytearray()
    place = 0
    while place < len(escaped):
        if escaped[place] == "\\":
            raw.append(int(escaped[place + 1 : place + 3], 16))
            place += 3
        else:
            raw += escaped[place].encode()
            place += 1
    return fold(bytes(raw))


def _in_order(value: bytes, parts: tuple[bytes, ...]) -> bool:
    first, *middle, last = parts
    if not value.startswith(first) or not value.endswith(last):
        return False
    place, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return place <= end
