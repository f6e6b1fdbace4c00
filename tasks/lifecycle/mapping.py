"""Field mapping: from what is known of a person to wanted values, a column at a time."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import repeat
from typing import Any, Final, Protocol, assert_never

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
from tasks.lifecycle.roster import Positions, Roster

Column = npt.NDArray[np.object_]
"""Object array aligned to the persons of a `World`; None is "no value known"."""

NAMES: Final = "names."
_BLANKS: Final = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
"""All that `str.strip` takes off."""


class Outlooks(Protocol):
    """Accounts of one target as they will be."""

    def column(self, attribute: str) -> Column:
        """The attribute of every person of the roster; None without account or value."""
        ...


class World:
    """Everything a mapping may look at, for one set of persons.

    Args:
        facts: Index person; columns are paths such as `person.nick_name` and `contract.title`.
        find: Gives the name of the column of `facts` for a path, aliases included.
        roster: Everybody who may be spoken of; None for just the persons of `facts`.

    Attributes:
        roster: Everybody.
        places: Positions of the persons, in order; of the whole roster until `of` picks some.
        rows_of: Per person of the roster the row in `facts`, -1 for who is not in it.
    """

    def __init__(
        self, facts: pd.DataFrame, find: Callable[[str], str], roster: Roster | None = None
    ) -> None:
        """Keep the parts; columns are converted when asked for, once for all sets of persons."""
        self.facts, self._find = facts, find
        self.roster = roster or Roster(facts.index)
        self.places: Positions = np.arange(len(self.roster))
        self._upstream: Mapping[str, Outlooks] = {}
        self._names: Callable[[str], Column] | None = None
        self.rows_of = np.full(len(self.roster), -1, dtype=np.intp)
        self.rows_of[self.roster.positions(facts.index)] = np.arange(len(facts))
        self._shared: dict[str, Column] = {}
        self._columns: dict[str, Column] = {}

    def of(
        self,
        places: Positions,
        upstream: Mapping[str, Outlooks] | None = None,
        *,
        names: Callable[[str, Positions], Column] | None = None,
    ) -> "World":
        """The same world for some persons.

        Args:
            places: Their positions in the roster, sorted.
            upstream: Target -> its accounts as they will be.
            names: Gives the column of a part of `names.` for these positions; None without names.
        """
        some = copy(self)
        some.places, some._columns = places, {}
        some._upstream = upstream or {}
        some._names = None if names is None else lambda part: names(part, places)
        return some

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.places)

    @property
    def persons(self) -> list[str]:
        """HR ids, in order."""
        ids: list[str] = self.roster.ids[self.places].tolist()
        return ids

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
        if path.startswith(NAMES):
            return bool(pd.notna(self.column(path)).any())
        name = self._find(path)
        return name in self.facts.columns and bool(self.facts[name].notna().any())

    def _read(self, path: str) -> Column:
        if path.startswith(UPSTREAM):
            target, attribute = split_upstream(path)
            return self._upstream[target].column(attribute)[self.places]
        if path.startswith(NAMES) and self._names is not None:
            return self._names(path.removeprefix(NAMES))
        name = self._find(path)
        if name not in self._shared:
            self._shared[name] = self._fact(name)
        return self._shared[name][self.places]

    def _fact(self, name: str) -> Column:
        """A fact of everybody on the roster; of whom HR does not know, nothing is known."""
        if name not in self.facts.columns:
            return np.full(len(self.roster), None, dtype=object)
        return self.spread(known(self.facts[name]))

    def spread(self, column: Column) -> Column:
        """A column over `facts` as one over the roster."""
        if not len(column):
            return np.full(len(self.roster), None, dtype=object)
        over = column[self.rows_of]
        over[self.rows_of < 0] = None
        return over

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
    return np.asarray(pd.notna(column))


def known(column: "pd.Series[Any]") -> Column:
    """A column as objects: missing is None, days are ISO text, blank text is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _spread(column, lambda day: day.date().isoformat())
    if column.dtype == "str":
        blank = column.str.isspace().to_numpy(dtype=bool, na_value=False)
    else:
        blank = np.zeros(len(column), dtype=bool)
    values = column.astype(object).to_numpy(dtype=object, copy=True)
    values[blank | np.asarray(pd.isna(column))] = None
    values[values == ""] = None
    return values


def without_blanks(column: Column) -> Column:
    """The column without texts that only hold spaces: those say nothing."""
    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        blank = pd.Series(column, dtype="str").str.isspace().to_numpy(dtype=bool, na_value=False)
        column[blank] = None
    return column


def _spread(column: Any, shape: Callable[[Any], Any]) -> Column:
    """A column with every distinct value shaped once; missing is None."""
    codes, distinct = pd.factorize(column)
    shaped = np.empty(len(distinct) + 1, dtype=object)  # the last, None, is for code -1
    for place, value in enumerate(distinct):
        shaped[place] = shape(value)
    return shaped[codes]


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
            wanted = fill_templates(parts, columns, len(world))
        case "call":
            wanted = np.empty(len(world), dtype=object)
            for place, facts in enumerate(world.rows(names)):
                wanted[place] = call(mapping, facts)
        case _:  # pragma: no cover - there is no other
            assert_never(mapping.kind)
    if _may_clear(mapping, world):
        wanted[~given(wanted)] = CLEAR
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
            return _spread(column, as_text)
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
