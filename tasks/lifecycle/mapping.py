"""Field mapping: from what is known of a person to wanted values, a column at a time."""

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, Protocol, assert_never

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.values import CLEAR, Clear, Pending, is_empty
from tasks.lifecycle.order import (
    UPSTREAM,
    TemplatePart,
    parse_template,
    paths_of,
    split_upstream,
)
from tasks.lifecycle.policy import FieldMapping

Column = npt.NDArray[np.object_]
"""Object array aligned to the persons of a `World`; None is "no value known"."""

NAMES: Final = "names."


class Outlooks(Protocol):
    """Accounts of one target as they will be."""

    def column(self, attribute: str, persons: Sequence[str]) -> Column:
        """The attribute for these persons; None without account or value."""
        ...


class World:
    """Everything a mapping may look at, for one set of persons.

    Args:
        facts: Index person; columns are paths such as `person.nick_name` and `contract.title`.
        upstream: Target -> its accounts as they will be.
        find: Gives the name of the column of `facts` for a path, aliases included.
        persons: The persons, in order; None for everybody in `facts`.
        names: Gives the column of a path below `names.` for these persons; None without names.
    """

    def __init__(
        self,
        facts: pd.DataFrame,
        upstream: Mapping[str, Outlooks],
        find: Callable[[str], str],
        *,
        persons: Sequence[str] | None = None,
        names: Callable[[str], Column] | None = None,
    ) -> None:
        """Keep the parts; columns are converted when asked for."""
        self.facts, self.upstream, self._find = facts, upstream, find
        self.persons = tuple(facts.index if persons is None else persons)
        self._rows = None if persons is None else facts.index.get_indexer(pd.Index(self.persons))
        self._names = names
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.persons)

    def column(self, path: str) -> Column:
        """Values of a path for every person."""
        if path not in self._columns:
            self._columns[path] = self._read(path)
        return self._columns[path]

    def is_filled(self, path: str) -> bool:
        """Whether a path says something of anybody.

        A column that is empty for everybody was most likely never read: a misspelt custom field, or
        one that the source was not asked for. What nobody read is unknown, and not empty.
        """
        if path.startswith(UPSTREAM):
            return True
        if path.startswith(NAMES):
            return any(value is not None for value in self.column(path))
        name = self._find(path)
        return name in self.facts.columns and bool(self.facts[name].notna().any())

    def _read(self, path: str) -> Column:
        if path.startswith(UPSTREAM):
            target, attribute = split_upstream(path)
            return self.upstream[target].column(attribute, self.persons)
        if path.startswith(NAMES) and self._names is not None:
            return self._names(path.removeprefix(NAMES))
        name = self._find(path)
        if name not in self.facts.columns:
            return np.full(len(self), None, dtype=object)
        column = self.facts[name]
        return known(column if self._rows is None else column.take(self._rows))

    def rows(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Everything known of each person, by path: for a customer's function.

        Args:
            names: Parts of `names.` to add.
        """
        paths = [*map(str, self.facts.columns), *(NAMES + part for part in names)]
        columns = [self.column(path) for path in paths]
        return [
            {path: value for path, value in zip(paths, row, strict=True) if value is not None}
            for row in zip(*columns, strict=True)
        ]


def given(column: Column) -> npt.NDArray[np.bool_]:
    """Where a column holds something; `CLEAR` and `Pending` are something."""
    return np.array([value is not None for value in column], dtype=np.bool_)


def known(column: "pd.Series[Any]") -> Column:
    """A column as objects: missing is None, days are ISO text, empty text is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%d")
    values = column.astype(object).to_numpy(dtype=object, copy=True)
    values[np.asarray(pd.isna(column))] = None
    values[values == ""] = None
    return values


def as_text(value: object) -> str:
    """A fact as it stands in a text: whole numbers without a point, flags as true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


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
            wanted = np.empty(len(world), dtype=object)
            rows = zip(*columns, strict=True) if columns else repeat((), len(world))
            for place, row in enumerate(rows):
                wanted[place] = fill_template(parts, row)
        case "call":
            wanted = np.empty(len(world), dtype=object)
            for place, facts in enumerate(world.rows(names)):
                wanted[place] = call(mapping, facts)
        case _:
            assert_never(mapping.kind)
    wanted[[isinstance(value, str) and not value.strip() for value in wanted]] = None
    if _may_clear(mapping, world):
        wanted[[value is None for value in wanted]] = CLEAR
    return wanted


def _may_clear(mapping: FieldMapping, world: World) -> bool:
    """Whether no value means an empty one: never what an upstream account or nobody says."""
    return (
        mapping.when_empty == "clear"
        and not _reads_upstream(mapping)
        and all(world.is_filled(path) for path in paths_of(mapping))
    )


def _reads_upstream(mapping: FieldMapping) -> bool:
    return mapping.kind in {"from", "template"} and UPSTREAM in mapping.argument


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
