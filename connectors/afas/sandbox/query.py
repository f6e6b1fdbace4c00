"""The query grammar of GetConnectors: filters, order, pages.

Source: AFASSoftware/OASContent, get-connector.md; that encoded separators separate too, from the
example in howto-medewerker-ad.md.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors.afas.sandbox.refusals import no_field, out_of_memory, unexpected
from connectors.afas.sandbox.switches import Switches
from connectors.afas.sandbox.tables import Cells, Entry, Ordered, Table

Condition = tuple[str, str, str]
"""Field, number of the operator, value."""
Groups = tuple[tuple[Condition, ...], ...]
"""OR-groups of conditions that must all hold."""

DEFAULT_TAKE: Final = 100
EQUAL, EMPTY, NOT_EMPTY = "1", "8", "9"


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: a filter, an order with descending marks, a page."""

    groups: Groups
    order: tuple[tuple[str, bool], ...]
    skip: int
    take: int


def parse(query: str, switches: Switches) -> Query:
    """Read a query string.

    Raises:
        Refusal: Numbers, or counts of fields, values and operators, do not fit.
    """
    given = {name.casefold(): value for name, value in parse_qsl(query, keep_blank_values=True)}
    try:
        skip, take = int(given.get("skip", "0")), int(given.get("take", str(DEFAULT_TAKE)))
    except ValueError:
        raise unexpected() from None
    if (skip, take) != (-1, -1) and (skip < 0 or take < 1):
        raise unexpected()
    order = tuple(
        (item.removeprefix("-"), item.startswith("-"))
        for item in given.get("orderbyfieldids", "").split(",")
        if item
    )
    if "filterjson" in given:
        return Query(_from_json(given["filterjson"]), order, skip, take)
    return Query(_from_lists(given, switches), order, skip, take)


def run(query: Query, table: Table, switches: Switches) -> list[Entry]:
    """The rows of one page. Without an order, and between ties, every call shuffles anew (D6).

    Raises:
        Refusal: Unknown fields, unusable values, or more cells than the limit.
    """
    for name in [*(name for group in query.groups for name, _, _ in group), *dict(query.order)]:
        if name.casefold() not in table.places:
            raise no_field(name)
    for group in query.groups:
        for _, operator, value in group:
            _check(operator, value, switches)
    page = _ordered(query, table, switches).page(query.skip, query.take)
    if len(page) * len(table.columns) > switches.max_cells:
        raise out_of_memory()
    return page


def _ordered(query: Query, table: Table, switches: Switches) -> Ordered:
    order = tuple((table.places[name.casefold()], descending) for name, descending in query.order)
    if not query.groups:
        return table.ordered(order)
    key = (query.groups, order, switches.match_case)
    if key in table.answers:
        return table.answers[key]
    found = (
        entry
        for entry in _candidates(query.groups, table)
        if _meets(entry.cells, query.groups, table.places, switches)
    )
    return table.answered(key, found, order)


def _candidates(groups: Groups, table: Table) -> Iterable[Entry]:
    """The rows worth a look: where every group asks for equality with a text, only those."""
    found: dict[int, Entry] = {}
    for group in groups:
        equal = (
            table.holding(table.places[name.casefold()], value)
            for name, operator, value in group
            if operator == EQUAL and value[10:11].upper() != "T"
        )
        smallest = min((rows for rows in equal if rows is not None), key=len, default=None)
        if smallest is None:
            return table.entries()
        found |= {id(entry): entry for entry in smallest}
    return found.values()


def _from_lists(given: Mapping[str, str], switches: Switches) -> Groups:
    fields, values, operators = (
        [group.split(",") for group in given.get(name, "").split(";")]
        for name in ("filterfieldids", "filtervalues", "operatortypes")
    )
    if not given.get("filterfieldids"):
        return ()
    if switches.filters_must_fit:
        if len({tuple(map(len, part)) for part in (fields, values, operators)}) > 1:
            raise unexpected()
        return tuple(
            tuple(zip(*group, strict=True)) for group in zip(fields, operators, values, strict=True)
        )
    return tuple(
        tuple((name, of or EQUAL, with_ or "") for name, of, with_ in zip_longest(*group) if name)
        for group in zip_longest(fields, operators, values, fillvalue=())
        if group[0]
    )


def _from_json(text: str) -> Groups:
    try:
        return tuple(
            tuple(
                (field["@FieldId"], str(field["@OperatorType"]), str(field.get("#text", "")))
                for field in group["Field"]
            )
            for group in json.loads(text)["Filters"]["Filter"]
        )
    except (ValueError, KeyError, TypeError):
        raise unexpected() from None


def _meets(cells: Cells, groups: Groups, places: Mapping[str, int], switches: Switches) -> bool:
    return any(
        all(
            _holds(cells[places[name.casefold()]], operator, value, switches)
            for name, operator, value in group
        )
        for group in groups
    )


Test = Callable[[Any, Any], bool]
_TESTS: Final[Mapping[str, Test]] = {
    "1": lambda held, value: bool(held == value),
    "2": lambda held, value: bool(held >= value),
    "3": lambda held, value: bool(held <= value),
    "4": lambda held, value: bool(held > value),
    "5": lambda held, value: bool(held < value),
    "6": lambda held, value: value in held,
    "7": lambda held, value: bool(held != value),
    "10": lambda held, value: held.startswith(value),
    "11": lambda held, value: value not in held,
    "12": lambda held, value: not held.startswith(value),
    "13": lambda held, value: held.endswith(value),
    "14": lambda held, value: not held.endswith(value),
    "15": lambda held, value: value in held,
}
_ON_TEXT: Final = frozenset({"6", "10", "11", "12", "13", "14", "15"})
_NEGATIVE: Final = frozenset({"7", "11", "12", "14"})


def _check(operator: str, value: str, switches: Switches) -> None:
    """Refuse an operator that there is not, and 8 and 9 without a value."""
    if operator in {EMPTY, NOT_EMPTY}:
        if not value and switches.empty_needs_value:
            raise unexpected()
    elif operator not in _TESTS:
        raise unexpected()


def _holds(held: Any, operator: str, value: str, switches: Switches) -> bool:
    if operator in {EMPTY, NOT_EMPTY}:
        return (held is None) is (operator == EMPTY)
    if held is None:
        return operator in _NEGATIVE
    test = _TESTS[operator]
    if operator in _ON_TEXT or isinstance(held, str):
        return test(_text(str(held), switches), _text(value, switches))
    if isinstance(held, bool):
        return test(held, value.casefold() in {"1", "true"})
    try:
        return test(float(held), float(value))
    except ValueError:
        raise unexpected() from None


def _text(value: str, switches: Switches) -> str:
    text = value if switches.match_case else value.casefold()
    return text.removesuffix("Z").removesuffix("z") if text[10:11].upper() == "T" else text
