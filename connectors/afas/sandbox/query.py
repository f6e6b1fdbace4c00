"""The query grammar of GetConnectors: filters, order, pages.

Source: AFASSoftware/OASContent, get-connector.md.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors.afas.sandbox.refusals import no_field, out_of_memory, unexpected
from connectors.afas.sandbox.switches import Switches

Row = dict[str, Any]
Condition = tuple[str, str, str]
"""Field, number of the operator, value."""

DEFAULT_TAKE: Final = 100
EMPTY: Final = "8"
NOT_EMPTY: Final = "9"


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: OR-groups of AND-ed conditions, order with descending marks, a page."""

    groups: tuple[tuple[Condition, ...], ...]
    order: tuple[tuple[str, bool], ...]
    skip: int
    take: int


def parse(query: str) -> Query:
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
    return Query(_from_lists(given), order, skip, take)


def run(query: Query, rows: list[Row], columns: list[str], switches: Switches) -> list[Row]:
    """The rows of one page. Without an order, and between ties, every call shuffles anew (D6).

    Raises:
        Refusal: Unknown fields, unusable values, or more cells than the limit.
    """
    names = {name.casefold(): name for name in columns}
    for field in [*(field for group in query.groups for field, _, _ in group), *dict(query.order)]:
        if field.casefold() not in names:
            raise no_field(field)
    found = [row for row in rows if _meets(row, query.groups, names, switches)]
    random.shuffle(found)
    for field, descending in reversed(query.order):
        found.sort(key=_sort_key(names[field.casefold()]), reverse=descending)
    page = found if query.take == -1 else found[query.skip : query.skip + query.take]
    if len(page) * len(columns) > switches.max_cells:
        raise out_of_memory()
    return page


def _from_lists(given: Mapping[str, str]) -> tuple[tuple[Condition, ...], ...]:
    fields, values, operators = (
        [group.split(",") for group in given.get(name, "").split(";")]
        for name in ("filterfieldids", "filtervalues", "operatortypes")
    )
    if not given.get("filterfieldids"):
        return ()
    shapes = {tuple(map(len, part)) for part in (fields, values, operators)}
    if len(shapes) != 1:
        raise unexpected()
    return tuple(
        tuple(zip(*group, strict=True)) for group in zip(fields, operators, values, strict=True)
    )


def _from_json(text: str) -> tuple[tuple[Condition, ...], ...]:
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


def _meets(
    row: Row,
    groups: tuple[tuple[Condition, ...], ...],
    names: Mapping[str, str],
    switches: Switches,
) -> bool:
    return not groups or any(
        all(
            _holds(row[names[field.casefold()]], operator, value, switches)
            for field, operator, value in group
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


def _holds(held: Any, operator: str, value: str, switches: Switches) -> bool:
    if operator in {EMPTY, NOT_EMPTY}:
        if not value and switches.empty_needs_value:
            raise unexpected()
        return (held is None) is (operator == EMPTY)
    test = _TESTS.get(operator)
    if test is None:
        raise unexpected()
    if held is None:
        return operator in _NEGATIVE
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


def _sort_key(name: str) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        value = row[name]
        return value is not None, value.casefold() if isinstance(value, str) else value or 0

    return key
