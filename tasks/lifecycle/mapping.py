"""Field mapping: from what is known of a person to wanted values, a column at a time."""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, Final, assert_never

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model.errors import ConfigError
from connectors.model.texts import Texts
from connectors.model.values import CLEAR, Clear, Pending, as_text, is_empty
from tasks.lifecycle.columns import Column, given, spread
from tasks.lifecycle.order import UPSTREAM, TemplatePart, parse_template, paths_of
from tasks.lifecycle.policy import FieldMapping
from tasks.lifecycle.world import World

_BLANKS: Final = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
"""All that `str.strip` takes off."""


def evaluate(mapping: FieldMapping, world: World, *, names: Sequence[str] = ()) -> Column:
    """Wanted values of one field: a value, `CLEAR`, `Pending`, or None for "no value known".

    Args:
        mapping: The field.
        world: The persons and what is known of them.
        names: Parts of `names.` that a customer's function sees.

    Raises:
        ConfigError: A customer's function failed, or gave what is no value.
    """
    match mapping.kind:
        case "value":
            wanted = np.empty(len(world), dtype=object)
            wanted.fill(CLEAR if is_empty(mapping.argument) else mapping.argument)
            return wanted
        case "from":
            wanted = world.column(mapping.argument).copy()
        case "template":
            parts = parse_template(mapping.argument)
            columns = [world.column(part.path) for part in parts if part.path is not None]
            wanted = fill_templates(parts, columns, len(world))
        case "call":
            wanted = np.empty(len(world), dtype=object)
            for place, facts in enumerate(world.rows(names)):
                wanted[place] = call(mapping, facts)
        case _:  # pragma: no cover - there is no other
            assert_never(mapping.kind)
    if may_clear(mapping, world):
        wanted[~given(wanted)] = CLEAR
    return wanted


def may_clear(mapping: FieldMapping, world: World) -> bool:
    """Whether no value means an empty one: never what an upstream account or nobody says."""
    return (
        mapping.when_empty == "clear"
        and not reads_upstream(mapping)
        and all(world.is_filled(path) for path in paths_of(mapping))
    )


def reads_upstream(mapping: FieldMapping) -> bool:
    """Whether an account of another target says the value, or a part of it."""
    return mapping.kind in {"from", "template"} and UPSTREAM in mapping.argument


def as_wanted(mapping: FieldMapping, world: World) -> Texts | None:
    """What `evaluate` gives, as text; None where only objects will do.

    Missing is both "no value known" and `CLEAR`. What the plan changes upstream is not in it.
    """
    match mapping.kind:
        case "from":
            return world.texts(mapping.argument)
        case "template":
            parts = parse_template(mapping.argument)
            columns = [world.texts(part.path) for part in parts if part.path is not None]
            if not columns or any(column is None for column in columns):
                return None
            return _joined(parts, columns)
        case "value" if isinstance(mapping.argument, str | bool | int | float):
            text = None if is_empty(mapping.argument) else as_text(mapping.argument)
            return pa.repeat(pa.scalar(text, pa.large_string()), len(world))
        case _:
            return None


def _joined(parts: Sequence[TemplatePart], columns: Sequence[Texts]) -> Texts:
    """`fill_templates` over columns of text."""
    pieces: list[Any] = []
    remaining = iter(columns)
    for part in parts:
        if part.literal:
            pieces.append(pa.scalar(part.literal, pa.large_string()))
        if part.path is not None:
            column = next(remaining)
            pieces.append(pc.fill_null(column, "") if part.optional else column)
    text = pieces[0]
    if len(pieces) > 1:
        text = pc.binary_join_element_wise(*pieces, pa.scalar("", pa.large_string()))
    text = pc.utf8_trim(text, characters=_BLANKS)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, text.type), text)


def fill_templates(parts: Sequence[TemplatePart], columns: Sequence[Column], size: int) -> Column:
    """A template filled for many: whole columns where they hold text, as `fill_template` does it.

    Args:
        parts: Of the template.
        columns: Of its paths, in order.
        size: Length of the columns.
    """
    texts = [_texts(column) for column in columns]
    if any(text is None for text in texts):
        wanted = np.empty(size, dtype=object)
        rows = zip(*columns, strict=True) if columns else repeat((), size)
        for place, row in enumerate(rows):
            wanted[place] = fill_template(parts, row)
        return wanted
    text: Any = np.full(size, "", dtype=object)
    lacking = np.zeros(size, dtype=bool)
    remaining = iter(texts)
    for part in parts:
        if part.literal:
            text = text + part.literal
        if part.path is None:
            continue
        column: Any = next(remaining)
        missing = ~given(column)
        if not part.optional:
            lacking |= missing
        text = text + np.where(missing, "", column)
    trimmed = pc.utf8_trim(pa.array(text, type=pa.large_string()), characters=_BLANKS)
    filled: Column = trimmed.to_numpy(zero_copy_only=False).astype(object)
    filled[lacking | (filled == "")] = None
    return filled


def _texts(column: Column) -> Column | None:
    """A column as text; None where it holds what has to be looked at one by one."""
    match pd.api.types.infer_dtype(column, skipna=True):
        case "string" | "empty":
            return column
        case "floating" | "integer" | "boolean":
            return spread(column, as_text)
        case _:
            return None


def fill_template(parts: Sequence[TemplatePart], values: Sequence[Any]) -> Any:
    """A filled template: None ("no value known") when a part is, unless that part is optional.

    A template that is one path and nothing else is the value itself, `Pending` included. A text
    around something that is only known after another write is not known yet.

    Args:
        parts: Of the template.
        values: Of its paths, in order.
    """
    if len(parts) == 1 and not parts[0].literal and isinstance(values[0], Pending | tuple):
        return values[0]
    text: list[str] = []
    remaining = iter(values)
    for part in parts:
        text.append(part.literal)
        if part.path is None:
            continue
        value = next(remaining)
        if isinstance(value, Pending) or (value is None and not part.optional):
            return None
        if value is not None:
            text.append(as_text(value))
    return "".join(text).strip() or None


def call(mapping: FieldMapping, facts: Mapping[str, Any]) -> Any:
    """What a customer's function says for one person; an empty answer is "no value known".

    Raises:
        ConfigError: It failed, or gave what is no value. Names the person and the function.
    """
    name = getattr(mapping.argument, "__name__", "the function")
    who = facts.get("person.external_id", "somebody")
    try:
        answer = mapping.argument(facts)
    except Exception as error:  # a customer's code may raise anything, and it is theirs to correct
        message = f"{name} of field {mapping.name} fails for person {who}: {type(error).__name__}"
        raise ConfigError(message) from error
    if isinstance(answer, list | tuple | set | frozenset) and all(
        isinstance(item, str) for item in answer
    ):
        answer = tuple(sorted(answer)) if isinstance(answer, set | frozenset) else tuple(answer)
    elif not isinstance(answer, str | bool | int | float | Clear | None):
        message = (
            f"{name} of field {mapping.name} gives a {type(answer).__name__} for person {who}; "
            "text, a number, true, false, a list of texts, CLEAR or nothing is possible"
        )
        raise ConfigError(message)
    return None if is_empty(answer) else answer
