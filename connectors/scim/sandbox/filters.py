"""The filter language (RFC 7644, section 3.4.2.2): from text to a tree.

FILTER = or-ed, and-ed, `not (…)`, `(…)`, `attribute operator value`, `attribute pr`, or
         `attribute[FILTER]`; `and` binds closer than `or`. Values are JSON.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from connectors.scim.sandbox.errors import ScimError, invalid_filter

OPERATORS: Final = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
NAME: Final = r"(?:urn:[A-Za-z0-9.:_-]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?"
DEEPEST: Final = 40
"""Brackets in brackets; more is an attack, not a question."""
_TOKEN: Final = re.compile(
    rf"""\s*(?:
        (?P<bracket>[()\[\]])
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
      | (?P<word>{NAME})
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Compare:
    """`attribute operator value`; the operator `pr` has no value."""

    name: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Within:
    """`attribute[FILTER]`: one of its values fits the filter."""

    name: str
    filter: "Filter"


@dataclass(frozen=True, slots=True)
class Not:
    """`not (FILTER)`."""

    filter: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them."""

    filters: tuple["Filter", ...]


Filter = Compare | Within | Not | And | Or


def parse_filter(text: str) -> Filter:
    """The tree of a filter.

    Raises:
        ScimError: It is malformed: 400 invalidFilter.
    """
    parser = _Parser(_tokens(text))
    tree = parser.either(inside=False)
    parser.end()
    return tree


def names_in(tree: Filter) -> frozenset[str]:
    """The attributes that a filter asks for, as it spells them."""
    match tree:
        case Compare(name):
            return frozenset({name})
        case Within(name, inner):
            return frozenset({name}) | names_in(inner)
        case Not(inner):
            return names_in(inner)
        case And(filters) | Or(filters):
            return frozenset().union(*map(names_in, filters))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise invalid_filter(f"the filter is not understood from character {place + 1} on")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._place, self._depth = tokens, 0, 0

    def either(self, *, inside: bool) -> Filter:
        """FILTER, in which `or` binds least."""
        found = [self._both(inside=inside)]
        while self._takes("or"):
            found.append(self._both(inside=inside))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def end(self) -> None:
        """Nothing may follow."""
        if self._place < len(self._tokens):
            raise self._unexpected()

    def _both(self, *, inside: bool) -> Filter:
        found = [self._one(inside=inside)]
        while self._takes("and"):
            found.append(self._one(inside=inside))
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self, *, inside: bool) -> Filter:
        negated = self._takes("not")
        if self._next() == ("bracket", "("):
            tree = self._bracketed("(", ")", lambda: self.either(inside=inside))
            return Not(tree) if negated else tree
        if negated:
            raise invalid_filter("brackets have to follow a not")
        kind, name = self._take()
        if kind != "word":
            raise invalid_filter(f"{name} is no attribute")
        if self._next() == ("bracket", "["):
            if inside:
                raise invalid_filter("a value filter cannot stand inside another one")
            return Within(name, self._bracketed("[", "]", lambda: self.either(inside=True)))
        return self._compared(name)

    def _compared(self, name: str) -> Compare:
        kind, word = self._take()
        operator = word.casefold()
        if kind == "word" and operator == "pr":
            return Compare(name, operator)
        if kind != "word" or operator not in OPERATORS:
            raise invalid_filter(f"{word} is no operator")
        kind, value = self._take()
        if kind == "word" and value not in {"true", "false", "null"}:
            raise invalid_filter(f"{value} is no value: texts stand in double quotes")
        if kind == "bracket":
            raise invalid_filter(f"a value has to follow {operator}")
        try:
            return Compare(name, operator, json.loads(value))
        except ValueError:
            raise invalid_filter("a text is not quoted as JSON has it") from None

    def _bracketed(self, opens: str, closes: str, read: Callable[[], Filter]) -> Filter:
        self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise invalid_filter("the filter has too many brackets in brackets")
        tree = read()
        if self._next() != ("bracket", closes):
            raise invalid_filter(f"a {opens} is not closed")
        self._take()
        self._depth -= 1
        return tree

    def _takes(self, word: str) -> bool:
        found = self._next()
        if found is None or found[0] != "word" or found[1].casefold() != word:
            return False
        self._place += 1
        return True

    def _next(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self) -> tuple[str, str]:
        found = self._next()
        if found is None:
            raise invalid_filter("the filter ends too early")
        self._place += 1
        return found

    def _unexpected(self) -> ScimError:
        return invalid_filter(f"{self._tokens[self._place][1]} is not expected there")
