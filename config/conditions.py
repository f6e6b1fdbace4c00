"""Conditions of a rule: which persons, by their own fields or those of a contract.

A group of keys holds when each of its entries holds. An entry is `all`, `any` or `not` with
conditions in it, or a path with what its value has to be, as in `{contract.fte: {at_least: 0.2}}`.
A value instead of operators means `equals`. An empty group holds for everybody.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from config.several import hint
from config.yaml_file import Key

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison.

    Attributes:
        path: What is looked at, such as `contract.department.id`.
        operator: One of `OPERATORS`.
        value: What it is compared with, in the type the operator takes: see there.
    """

    __test__ = False  # pytest would take it for a test class

    path: str
    operator: str
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; with no part, everybody is meant."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Test | AllOf | AnyOf | Not


def _scalar(value: Any) -> Scalar:
    if isinstance(value, Scalar):
        return value
    if value is None:
        raise ValueError("nothing to compare with; for a field without value write {exists: false}")
    raise ValueError("takes one value; for several write {in: […]}")


def _list(value: Any) -> tuple[Scalar, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("takes a list with at least one value")
    if not all(isinstance(item, Scalar) for item in value):
        raise ValueError("takes a list of texts and numbers")
    return tuple(value)


def _text(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("takes text; a number needs quotes")


def _number(value: Any) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError):
            number = float(value)
            if isfinite(number):
                return number
    raise ValueError("takes a number")


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError("takes a day such as 2026-01-31") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("takes true or false")


Operand = Callable[[Any], Scalar | tuple[Scalar, ...]]

OPERATORS: Final[dict[str, Operand]] = {
    "equals": _scalar,
    "not_equals": _scalar,
    "in": _list,
    "not_in": _list,
    "contains": _text,
    "starts_with": _text,
    "ends_with": _text,
    "at_least": _number,
    "at_most": _number,
    "above": _number,
    "below": _number,
    "exists": _boolean,
    "before": _day,
    "after": _day,
}
"""Operator -> what its value must be: scalar, tuple, text, float, ISO day (as text) or bool."""

COMBINED: Final = ("all", "any", "not")
ROOTS: Final = ("person", "contract")
_PATH: Final = re.compile(rf"(?:{'|'.join(ROOTS)})(?:\.[A-Za-z_][\w-]*)+")

Problems = list[tuple[Key, str]]


def parse_condition(given: Any) -> Condition:
    """Read what stands under `when`.

    Raises:
        ValidationError: With every problem at its own key.
    """
    if isinstance(given, Condition):
        return given
    problems: Problems = []
    condition = _condition(given, (), problems)
    if condition is None or problems:
        raise ValidationError.from_exception_data(
            "when",
            [
                InitErrorDetails(
                    type=PydanticCustomError("condition", "{said}", {"said": said}),
                    loc=key,
                    input=None,
                )
                for key, said in problems
            ],
        )
    return condition


def _condition(given: Any, key: Key, problems: Problems) -> Condition | None:
    if not isinstance(given, dict):
        problems.append((key, "must be conditions, such as {contract.department.id: CARE}"))
        return None
    parts = [
        part
        for name, value in given.items()
        for part in _entry(name, value, (*key, name), problems)
    ]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _entry(name: str, value: Any, key: Key, problems: Problems) -> Iterator[Condition]:
    if name in {"all", "any"}:
        if not isinstance(value, list) or not value:
            problems.append((key, "takes a list with at least one condition"))
            return
        found = [_condition(item, (*key, place), problems) for place, item in enumerate(value)]
        parts = tuple(part for part in found if part is not None)
        yield AllOf(parts) if name == "all" else AnyOf(parts)
    elif name == "not":
        part = _condition(value, key, problems)
        if part is not None:
            yield Not(part)
    elif _PATH.fullmatch(name):
        yield from _tests(name, value, key, problems)
    elif "." in name or name in ROOTS:
        problems.append(
            (key, "a path begins with person. or contract., such as contract.department.id")
        )
    else:
        problems.append((key, f"unknown key{hint(name, (*COMBINED, *OPERATORS))}"))


def _tests(path: str, value: Any, key: Key, problems: Problems) -> Iterator[Test]:
    if isinstance(value, dict) and not value:
        problems.append((key, f"needs an operator{hint('', tuple(OPERATORS))}"))
    wanted = value if isinstance(value, dict) else {"equals": value}
    for operator, operand in wanted.items():
        at = (*key, operator) if isinstance(value, dict) else key
        if operator not in OPERATORS:
            problems.append((at, f"unknown operator{hint(operator, tuple(OPERATORS))}"))
            continue
        try:
            yield Test(path, operator, OPERATORS[operator](operand))
        except ValueError as error:
            problems.append((at, str(error)))


_SCALAR_SCHEMA: Final = {"type": ["string", "number", "boolean"]}
_OPERAND_SCHEMAS: Final[dict[Operand, dict[str, Any]]] = {
    _scalar: _SCALAR_SCHEMA,
    _list: {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1},
    _text: {"type": "string", "minLength": 1},
    _number: {"type": "number"},
    _day: {"type": "string", "format": "date"},
    _boolean: {"type": "boolean"},
}
_NESTED: Final = {"$ref": "#/$defs/Condition"}

CONDITION_SCHEMA: Final[dict[str, Any]] = {
    "title": "Condition",
    "description": "Holds when each entry holds; empty, it holds for everybody.",
    "type": "object",
    "properties": {
        "all": {
            "type": "array",
            "items": _NESTED,
            "minItems": 1,
            "description": "Every one of these holds.",
        },
        "any": {
            "type": "array",
            "items": _NESTED,
            "minItems": 1,
            "description": "At least one of these holds.",
        },
        "not": {**_NESTED, "description": "This does not hold."},
    },
    "patternProperties": {
        f"^{_PATH.pattern}$": {
            "anyOf": [
                _SCALAR_SCHEMA,
                {
                    "type": "object",
                    "properties": {
                        name: _OPERAND_SCHEMAS[operand] for name, operand in OPERATORS.items()
                    },
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    },
    "additionalProperties": False,
}
"""JSON Schema of a condition; it refers to itself as `#/$defs/Condition`, which pydantic cannot."""

When = Annotated[Condition, PlainValidator(parse_condition), WithJsonSchema({"type": "object"})]
