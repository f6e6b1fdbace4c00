"""Conditions that nobody can ever meet, found without looking at a person.

Sound, not complete: what is named here never holds; what is not named may still never hold.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Any, Final

from tasks.lifecycle.conditions import (
    BETWEEN,
    EXISTS,
    OPERATORS,
    All,
    AnyOf,
    Condition,
    Not,
    Test,
    wanted_by,
)
from tasks.lifecycle.people import column_of

_TURNED: Final = {
    "equals": "not_equals",
    "not_equals": "equals",
    "in": "not_in",
    "not_in": "in",
}
"""Operator -> the one that holds exactly where it does not, for a missing fact too."""
_LOWEST: Final = {"at_least": True, "above": False, "on_or_after": True, "after": False}
_HIGHEST: Final = {"at_most": True, "below": False, "on_or_before": True, "before": False}
"""Operator of an end -> whether the end itself is in."""


def contradiction(condition: Condition) -> str | None:
    """Why a condition never holds, None when it may: `contract.fte: at_least 2 and at_most 1`."""
    return _never([_positive(condition)])


def _never(parts: list[Condition]) -> str | None:
    """Why all of these never hold together."""
    flat = list(_flat(parts))
    tests = [part for part in flat if isinstance(part, Test)]
    denied = [part for part in flat if isinstance(part, Not)]
    for test in tests:
        if Not(test) in denied:
            return f"{_said(test)}, and not so"
    found = _tests_never(tests)
    if found:
        return found
    for choice in flat:
        if isinstance(choice, AnyOf):
            # One choice at a time: all at once would be as many cases as their product.
            against = [_never([*tests, *denied, one]) for one in choice.conditions]
            if None not in against:
                return against[0] if against else "a choice of nothing"
    return None


def _flat(parts: Iterable[Condition]) -> Iterator[Condition]:
    for part in parts:
        if isinstance(part, All) or (isinstance(part, AnyOf) and len(part.conditions) == 1):
            yield from _flat(part.conditions)
        else:
            yield part


def _positive(condition: Condition, *, turned: bool = False) -> Condition:
    """The condition, or its opposite, with `Not` around single tests only, and as few as can be."""
    if isinstance(condition, Test):
        return _opposite(condition) if turned else condition
    if isinstance(condition, Not):
        return _positive(condition.condition, turned=not turned)
    parts = tuple(_positive(one, turned=turned) for one in condition.conditions)
    return All(parts) if isinstance(condition, All) is not turned else AnyOf(parts)


def _opposite(test: Test) -> Test | Not:
    if test.operator == EXISTS:
        return Test(test.path, EXISTS, not test.value)
    if test.operator in _TURNED:
        return Test(test.path, _TURNED[test.operator], test.value)
    return Not(test)


def _tests_never(tests: list[Test]) -> str | None:
    by_column: dict[str, list[Test]] = {}
    for test in dict.fromkeys(tests):
        by_column.setdefault(column_of(test.path), []).append(test)
    for same in by_column.values():
        for one, other in combinations(same, 2):
            if _exclude(one, other):
                return f"{_said(one)} and {_spelled(other)}"
        if _no_value_left(same):
            return f"{same[0].path}: {' and '.join(map(_spelled, same))}"
    return None


def _exclude(one: Test, other: Test) -> bool:
    """Whether no value, and no missing one, meets both."""
    for first, second in ((one, other), (other, one)):
        if first.operator == EXISTS and not first.value and not _meets_missing(second):
            return True
        if (
            first.operator == second.operator == "starts_with"
            and not _starts(first, second)
            and not _starts(second, first)
        ):
            return True
    low, high = _lowest(one, other), _highest(one, other)
    if low is None or high is None:
        return False
    return bool(low[0] > high[0]) or (low[0] == high[0] and not (low[1] and high[1]))


def _meets_missing(test: Test) -> bool:
    return not test.value if test.operator == EXISTS else OPERATORS[test.operator].missing


def _starts(one: Test, other: Test) -> bool:
    return bool(wanted_by(one).startswith(wanted_by(other)))


def _lowest(*tests: Test) -> tuple[Any, bool] | None:
    """The highest of the lower ends, and whether it is in itself."""
    ends = [
        (wanted_by(test)[0], True)
        if test.operator == BETWEEN
        else (wanted_by(test), _LOWEST[test.operator])
        for test in tests
        if test.operator in {BETWEEN, *_LOWEST}
    ]
    return max(ends, key=lambda end: (end[0], not end[1]), default=None)


def _highest(*tests: Test) -> tuple[Any, bool] | None:
    """The lowest of the upper ends, and whether it is in itself."""
    ends = [
        (wanted_by(test)[1], True)
        if test.operator == BETWEEN
        else (wanted_by(test), _HIGHEST[test.operator])
        for test in tests
        if test.operator in {BETWEEN, *_HIGHEST}
    ]
    return min(ends, key=lambda end: (end[0], end[1]), default=None)


def _no_value_left(same: list[Test]) -> bool:
    """Whether a list of the values there may be is empty when every test has been asked."""
    listed = [test for test in same if test.operator in {"equals", "in"}]
    others = [test for test in same if _asks_the_value(test)]
    if not listed:
        return False
    wanted = wanted_by(listed[0])
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return not any(
        all(OPERATORS[test.operator].holds(value, wanted_by(test)) for test in others)
        for value in values
    )


def _asks_the_value(test: Test) -> bool:
    """Whether a test can be asked about a value that stands in a rule, folded and without tree."""
    operator = OPERATORS[test.operator]
    return operator.reads is None and not operator.as_it_is


def _said(test: Test) -> str:
    return f"{test.path}: {_spelled(test)}"


def _spelled(test: Test) -> str:
    """A test as it stands in a rule: `in [CARE, NURSING]`."""
    shown = [
        str(value).lower() if isinstance(value, bool) else _plain(value)
        for value in (test.value if isinstance(test.value, tuple) else (test.value,))
    ]
    text = f"[{', '.join(shown)}]" if isinstance(test.value, tuple) else shown[0]
    return f"{test.operator} {text}"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)
