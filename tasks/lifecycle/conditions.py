"""Conditions of rules: what they may ask, and which contracts meet them.

The rules about values, in one place:

* Text is compared ignoring case, otherwise as it is. Ids are text, also where they look like
  numbers.
* A missing value meets no test, except `exists: false` and the two negations `not_equals` and
  `not_in`. `Not` turns an answer round, so `Not` of a test is met by a missing value.
* `before` and `after` leave the day itself out; `on_or_before`, `on_or_after`, `at_least`,
  `at_most` and `between` include what they name.
* `within` asks for a department or any other below it in the list of departments.
* `matches` is met by the whole text, not by a part of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.people import People, listed
from tasks.lifecycle.departments import add_departments, add_managed
from tasks.lifecycle.managers import managers
from tasks.lifecycle.patterns import compiled
from tasks.lifecycle.people import CONTRACT, MANAGER, PERSON, FactKind, column_of, kind_of
from tasks.lifecycle.primary import owners, primary_rows

Scalar = str | int | float | bool | date
TestValue = Scalar | tuple[Scalar, ...]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one fact of a person or a contract.

    Attributes:
        path: Such as `contract.department.id`.
        operator: One of `OPERATORS`.
        value: What to compare with; a tuple for `in`, `not_in` and `within`, and lowest and highest
            for `between`. A day may be ISO text.
    """

    __test__ = False  # pytest would take it for a test class

    path: str
    operator: str
    value: TestValue


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; without any, it always does."""

    conditions: "tuple[Condition, ...]" = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds; without any, none does."""

    conditions: "tuple[Condition, ...]" = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: "Condition"


Condition = Test | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare.

    Attributes:
        holds: From fact and value of the test to the answer; the fact is never missing.
        kinds: Kinds of facts it makes sense for.
        missing: The answer when the fact is missing.
        many: Whether the value is a list.
        reads: Column -> the one to look at instead, for an operator that knows no other columns.
        as_it_is: Whether text is compared as it is written.
    """

    holds: Callable[[Any, Any], bool]
    kinds: frozenset[FactKind]
    missing: bool = False
    many: bool = False
    reads: Mapping[str, str] | None = None
    as_it_is: bool = False


_ANY: Final = frozenset[FactKind]({"text", "number", "date", "flag"})
_TEXT: Final = frozenset[FactKind]({"text"})
_NUMBER: Final = frozenset[FactKind]({"number"})
_DATE: Final = frozenset[FactKind]({"date"})

_RANGE: Final = _NUMBER | _DATE

EXISTS: Final = "exists"
"""The one operator that asks about the presence of a fact; its value is true or false."""
MATCHES: Final = "matches"
"""The one operator whose value is a regular expression."""
BETWEEN: Final = "between"
"""The one operator whose value is a lowest and a highest."""

OPERATORS: Final[dict[str, Operator]] = {
    "equals": Operator(lambda fact, value: fact == value, _ANY),
    "not_equals": Operator(lambda fact, value: fact != value, _ANY, missing=True),
    "in": Operator(lambda fact, value: fact in value, _ANY, many=True),
    "not_in": Operator(lambda fact, value: fact not in value, _ANY, missing=True, many=True),
    "contains": Operator(lambda fact, value: value in fact, _TEXT),
    "starts_with": Operator(lambda fact, value: fact.startswith(value), _TEXT),
    "ends_with": Operator(lambda fact, value: fact.endswith(value), _TEXT),
    MATCHES: Operator(
        lambda fact, value: compiled(value).fullmatch(fact) is not None, _TEXT, as_it_is=True
    ),
    "within": Operator(
        lambda fact, value: any(listed((one,)) in fact for one in value),
        _TEXT,
        many=True,
        reads={"contract.department_id": "contract.department_path"},
    ),
    "at_least": Operator(lambda fact, value: fact >= value, _NUMBER),
    "at_most": Operator(lambda fact, value: fact <= value, _NUMBER),
    "above": Operator(lambda fact, value: fact > value, _NUMBER),
    "below": Operator(lambda fact, value: fact < value, _NUMBER),
    BETWEEN: Operator(lambda fact, value: value[0] <= fact <= value[1], _RANGE, many=True),
    "before": Operator(lambda fact, value: fact < value, _DATE),
    "after": Operator(lambda fact, value: fact > value, _DATE),
    "on_or_before": Operator(lambda fact, value: fact <= value, _DATE),
    "on_or_after": Operator(lambda fact, value: fact >= value, _DATE),
    EXISTS: Operator(lambda _, value: bool(value), _ANY),
}


class ContractTable:
    """Every contract with its person, laid out for asking many conditions.

    A fact is kept as a code per contract and the few values behind the codes: a test is decided
    once per value, by plain Python, and then spread over the contracts.

    Args:
        people: The import.
        as_of: The day to decide for; without one, nobody's manager is known.

    Attributes:
        contracts: As in `People.contracts`, with department facts.
        persons: `external_id` of everybody, as in `People.persons`.
        owner: Per contract the position of its person in `persons`.
    """

    __slots__ = ("_as_of", "_coded", "_people", "_persons", "contracts", "owner", "persons")

    def __init__(self, people: People, as_of: date | None = None) -> None:
        """Find each contract's person; facts are coded when a condition asks for them."""
        self.contracts = add_departments(people.contracts, people.departments)
        self.persons = people.persons["external_id"]
        self.owner = owners(people)
        self._people, self._as_of = people, as_of
        self._persons = add_managed(people.persons, people.departments)
        self._coded: dict[str, _Coded] = {}

    def __len__(self) -> int:
        """Number of contracts."""
        return len(self.contracts)

    def holds(self, condition: Condition) -> Mask:
        """Which contracts meet the condition, in the order of `contracts`.

        Raises:
            ConfigError: The condition reads a column that this import does not have, or uses an
                operator that does not exist. Taking such a fact as missing would take things away
                from people without a word.
        """
        if isinstance(condition, Test):
            return self._test(condition)
        if isinstance(condition, Not):
            return ~self.holds(condition.condition)
        every = isinstance(condition, All)
        return _fold(
            np.logical_and if every else np.logical_or,
            [self.holds(one) for one in condition.conditions],
            np.full(len(self), every),
        )

    def fact(self, path: str) -> "pd.Series[Any]":
        """What a path says on each contract, in the order of `contracts`.

        Raises:
            ConfigError: This import has no such column.
        """
        facts, owned = self._column(column_of(path))
        return facts.take(self.owner) if owned else facts

    def _test(self, test: Test) -> Mask:
        operator = OPERATORS.get(test.operator)
        if operator is None:
            message = f"there is no operator {test.operator}"
            raise ConfigError(message, key=test.path)
        column = column_of(test.path)
        coded = self._code((operator.reads or {}).get(column, column))
        wanted = wanted_by(test)
        missing = not test.value if test.operator == EXISTS else operator.missing
        # The answer for a missing fact stands last, where its code -1 points.
        values = coded.values if operator.as_it_is else coded.comparable
        answers = [operator.holds(value, wanted) for value in values] + [missing]
        return np.array(answers, dtype=bool)[coded.codes]

    def _code(self, column: str) -> "_Coded":
        if column not in self._coded:
            facts, owned = self._column(column)
            codes, distinct = pd.factorize(facts)
            values = distinct.tolist()
            self._coded[column] = _Coded(
                codes[self.owner] if owned else codes, values, [comparable(one) for one in values]
            )
        return self._coded[column]

    def _column(self, column: str) -> "tuple[pd.Series[Any], bool]":
        """The fact, and whether it is one per person."""
        if column == MANAGER and self._as_of is not None:
            primary = primary_rows(self._people, self._as_of, self.owner)
            found = managers(self._people, self._as_of, owner=self.owner, primary=primary)
            return pd.Series(found), True
        for prefix, frame in ((PERSON, self._persons), (CONTRACT, self.contracts)):
            name = column.removeprefix(prefix)
            if column.startswith(prefix) and name in frame.columns:
                return frame[name], prefix == PERSON
        message = "a rule reads this, and the import has no such column"
        raise ConfigError(message, key=column)


class _Coded(NamedTuple):
    """A fact: per contract a code, -1 where it is missing, and the values behind the codes."""

    codes: npt.NDArray[np.intp]
    values: list[Any]
    comparable: list[Any]


def comparable(value: Any) -> Any:
    """A fact in the form in which it is compared: folded text, a day, else as it is."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, datetime):
        return value.date()
    return value


def wanted_by(test: Test) -> Any:
    """The value of a test in the form that its operator compares with facts of that kind."""
    if OPERATORS[test.operator].as_it_is:
        return test.value
    kind = kind_of(test.path)
    if isinstance(test.value, tuple):
        return tuple(_of_kind(value, kind) for value in test.value)
    return _of_kind(test.value, kind)


def _of_kind(value: Scalar, kind: FactKind) -> Any:
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return comparable(value)


def _fold(join: Callable[..., Mask], masks: list[Mask], start: Mask) -> Mask:
    for mask in masks:
        start = join(start, mask)
    return start
