"""Conditions of a rule: which persons, by their own fields or those of a contract.

A group of keys holds when each of its entries holds. An entry is `all`, `any` or `not` with
conditions in it, or a path with what its value has to be, as in `{contract.fte: {at_least: 0.2}}`.
A value instead of operators means `equals`. An empty group holds for everybody. `is` and `is_not`
are other words for `equals` and `not_equals`.

Here it is only looked at how a condition is written. Whether there is such a path, and whether an
operator suits what it holds, is asked where rules are compiled.
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


def _texts(value: Any) -> tuple[Scalar, ...]:
    values = value if isinstance(value, list) else [value]
    if values and all(isinstance(item, str) and item for item in values):
        return tuple(values)
    raise ValueError("takes text, or a list of texts; a number needs quotes")


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


def _range(value: Any) -> tuple[Scalar, ...]:
    bounds = _both(value, _number) or _both(value, _day)
    if bounds is None:
        raise ValueError("takes the lowest and the highest: two numbers or two days in [ ]")
    lowest, highest = bounds
    if lowest > highest:  # type: ignore[operator]  # two of one kind
        raise ValueError("takes the lowest first, then the highest")
    return bounds


def _both(value: Any, operand: "Operand") -> tuple[Scalar, Scalar] | None:
    """Two values of a list, None where there are not two of that kind."""
    with suppress(ValueError):
        lowest, highest = map(operand, value if isinstance(value, list) else ())
        return lowest, highest  # type: ignore[return-value]  # an operand of one value each
    return None


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
    "matches": _text,
    "within": _texts,
    "at_least": _number,
    "at_most": _number,
    "above": _number,
    "below": _number,
    "between": _range,
    "before": _day,
    "after": _day,
    "on_or_before": _day,
    "on_or_after": _day,
    "exists": _boolean,
}
"""Operator -> what its value must be: scalar, tuple, text, float, ISO day (as text) or bool."""

OTHER_WORDS: Final = {"is": "equals", "is_not": "not_equals"}
"""Word -> the operator it stands for."""

KNOWN: Final = (*OTHER_WORDS, *OPERATORS)

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
        problems.append((key, f"unknown key{hint(name, (*COMBINED, *KNOWN))}"))


def _tests(path: str, value: Any, key: Key, problems: Problems) -> Iterator[Test]:
    if isinstance(value, dict) and not value:
        problems.append((key, f"needs an operator{hint('', KNOWN)}"))
    wanted = value if isinstance(value, dict) else {"equals": value}
    for word, operand in wanted.items():
        at = (*key, word) if isinstance(value, dict) else key
        operator = OTHER_WORDS.get(word, word)
        if operator not in OPERATORS:
            problems.append((at, f"unknown operator{hint(word, KNOWN)}"))
            continue
        try:
            yield Test(path, operator, OPERATORS[operator](operand))
        except ValueError as error:
            problems.append((at, str(error)))


_SCALAR_SCHEMA: Final = {"type": ["string", "number", "boolean"]}
_TEXT_SCHEMA: Final = {"type": "string", "minLength": 1}
_NUMBER_TEXT: Final = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$|\$\{[A-Za-z_]"}
"""A number as `${NAME}` gives it, and the reference itself."""
_OPERAND_SCHEMAS: Final[dict[Operand, dict[str, Any]]] = {
    _scalar: _SCALAR_SCHEMA,
    _list: {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1},
    _text: _TEXT_SCHEMA,
    _texts: {"anyOf": [_TEXT_SCHEMA, {"type": "array", "items": _TEXT_SCHEMA, "minItems": 1}]},
    _number: {"anyOf": [{"type": "number"}, _NUMBER_TEXT]},
    _range: {
        "type": "array",
        "items": {"type": ["number", "string"]},
        "minItems": 2,
        "maxItems": 2,
    },
    _day: {"type": "string", "format": "date"},
    _boolean: {"type": "boolean"},
}
_MEANING: Final[dict[str, str]] = {
    "is": "Exactly this value; case makes no difference.",
    "is_not": "Any other value, or none.",
    "equals": "Exactly this value; the same as is.",
    "not_equals": "Any other value, or none; the same as is_not.",
    "in": "One of these values.",
    "not_in": "None of these values, or none at all.",
    "contains": "This text is somewhere in it.",
    "starts_with": "It begins with this text.",
    "ends_with": "It ends with this text.",
    "matches": "The whole of it matches this regular expression; case makes no difference.",
    "within": "This department, one of these, or any department below.",
    "at_least": "This number or more.",
    "at_most": "This number or less.",
    "above": "More than this number.",
    "below": "Less than this number.",
    "between": "From the first to the second, both included: numbers or days.",
    "before": "Earlier than this day.",
    "after": "Later than this day.",
    "on_or_before": "This day or earlier.",
    "on_or_after": "This day or later.",
    "exists": "Whether there is a value at all.",
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
                        word: {
                            **_OPERAND_SCHEMAS[OPERATORS[OTHER_WORDS.get(word, word)]],
                            "description": _MEANING[word],
                        }
                        for word in KNOWN
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
