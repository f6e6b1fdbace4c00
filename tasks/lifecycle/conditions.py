"""Conditions of rules: what they may ask, and which contracts meet them.

The rules about values, in one place:

* Text is compared ignoring case, otherwise as it is. Ids are text, also where they look like
  numbers.
* A missing value meets no test, except `exists: false` and the two negations `not_equals` and
  `not_in`. `Not` turns an answer round, so `Not` of a test is met by a missing value.
* `before` and `after` leave the day itself out; `at_least` and `at_most` include the number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.people import People
from tasks.lifecycle.people import (
    CONTRACT,
    PERSON,
    FactKind,
    add_departments,
    add_managed,
    column_of,
    kind_of,
)

Scalar = str | int | float | bool | date
TestValue = Scalar | tuple[Scalar, ...]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one fact of a person or a contract.

    Attributes:
        path: Such as `contract.department.id`.
        operator: One of `OPERATORS`.
        value: What to compare with; a tuple for `in` and `not_in`. A day may be ISO text.
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
    """

    holds: Callable[[Any, Any], bool]
    kinds: frozenset[FactKind]
    missing: bool = False
    many: bool = False


_ANY: Final = frozenset[FactKind]({"text", "number", "date", "flag"})
_TEXT: Final = frozenset[FactKind]({"text"})
_NUMBER: Final = frozenset[FactKind]({"number"})
_DATE: Final = frozenset[FactKind]({"date"})

EXISTS: Final = "exists"
"""The one operator that asks about the presence of a fact; its value is true or false."""

OPERATORS: Final[dict[str, Operator]] = {
    "equals": Operator(lambda fact, value: fact == value, _ANY),
    "not_equals": Operator(lambda fact, value: fact != value, _ANY, missing=True),
    "in": Operator(lambda fact, value: fact in value, _ANY, many=True),
    "not_in": Operator(lambda fact, value: fact not in value, _ANY, missing=True, many=True),
    "contains": Operator(lambda fact, value: value in fact, _TEXT),
    "starts_with": Operator(lambda fact, value: fact.startswith(value), _TEXT),
    "ends_with": Operator(lambda fact, value: fact.endswith(value), _TEXT),
    "at_least": Operator(lambda fact, value: fact >= value, _NUMBER),
    "at_most": Operator(lambda fact, value: fact <= value, _NUMBER),
    "above": Operator(lambda fact, value: fact > value, _NUMBER),
    "below": Operator(lambda fact, value: fact < value, _NUMBER),
    "before": Operator(lambda fact, value: fact < value, _DATE),
    "after": Operator(lambda fact, value: fact > value, _DATE),
    EXISTS: Operator(lambda _, value: bool(value), _ANY),
}


class ContractTable:
    """Every contract with its person, laid out for asking many conditions.

    A fact is kept as a code per contract and the few values behind the codes: a test is decided
    once per value, by plain Python, and then spread over the contracts.

    Args:
        people: The import.

    Attributes:
        contracts: As in `People.contracts`, with department facts.
        persons: `external_id` of everybody, as in `People.persons`.
        owner: Per contract the position of its person in `persons`.
    """

    __slots__ = ("_coded", "_persons", "contracts", "owner", "persons")

    def __init__(self, people: People) -> None:
        """Find each contract's person; facts are coded when a condition asks for them."""
        self.contracts = add_departments(people.contracts, people.departments)
        self.persons = people.persons["external_id"]
        self.owner = pd.Index(self.persons).get_indexer(pd.Index(self.contracts["person_id"]))
        self._persons = add_managed(people.persons, people.departments)
        self._coded: dict[str, tuple[npt.NDArray[np.intp], list[Any]]] = {}

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
        match condition:
            case Test():
                return self._test(condition)
            case All(conditions):
                return _fold(
                    np.logical_and,
                    [self.holds(one) for one in conditions],
                    np.ones(len(self), bool),
                )
            case AnyOf(conditions):
                return _fold(
                    np.logical_or,
                    [self.holds(one) for one in conditions],
                    np.zeros(len(self), bool),
                )
            case Not(inner):
                return ~self.holds(inner)

    def _test(self, test: Test) -> Mask:
        operator = OPERATORS.get(test.operator)
        if operator is None:
            message = f"there is no operator {test.operator}"
            raise ConfigError(message, key=test.path)
        codes, values = self._code(column_of(test.path))
        kind = kind_of(test.path)
        wanted = (
            tuple(_wanted(value, kind) for value in test.value)
            if isinstance(test.value, tuple)
            else _wanted(test.value, kind)
        )
        missing = not test.value if test.operator == EXISTS else operator.missing
        # The answer for a missing fact stands last, where its code -1 points.
        answers = [operator.holds(value, wanted) for value in values] + [missing]
        return np.array(answers, dtype=bool)[codes]

    def _code(self, column: str) -> tuple[npt.NDArray[np.intp], list[Any]]:
        if column not in self._coded:
            facts, owned = self._column(column)
            codes, values = pd.factorize(facts)
            distinct = [_comparable(value) for value in values.tolist()]
            self._coded[column] = (codes[self.owner] if owned else codes, distinct)
        return self._coded[column]

    def _column(self, column: str) -> "tuple[pd.Series[Any], bool]":
        """The fact, and whether it is one per person."""
        for prefix, frame in ((PERSON, self._persons), (CONTRACT, self.contracts)):
            name = column.removeprefix(prefix)
            if column.startswith(prefix) and name in frame.columns:
                return frame[name], prefix == PERSON
        message = "a rule reads this, and the import has no such column"
        raise ConfigError(message, key=column)


def _comparable(value: Any) -> Any:
    """A fact in the form in which it is compared: folded text, a day, else as it is."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, datetime):
        return value.date()
    return value


def _wanted(value: Scalar, kind: FactKind) -> Any:
    """The value of a test, in the form in which facts of this kind are compared."""
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return _comparable(value)


def _fold(join: Callable[..., Mask], masks: list[Mask], start: Mask) -> Mask:
    for mask in masks:
        start = join(start, mask)
    return start
