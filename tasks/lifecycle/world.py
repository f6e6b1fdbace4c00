"""World: what mappings and templates may look at, a column at a time, for one set of persons."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.model.texts import TEXT_DTYPE, Texts, as_objects, as_texts, take, without_blanks
from connectors.model.values import as_text
from tasks.lifecycle.columns import Column, known
from tasks.lifecycle.order import UPSTREAM, split_upstream
from tasks.lifecycle.roster import Mask, Positions, Roster

NAMES: Final = "names."


class Outlooks(Protocol):
    """Accounts of one target as they will be."""

    def column(self, attribute: str, places: Positions) -> Column:
        """The attribute of the persons at these positions; None without account or value."""
        ...

    def texts(self, attribute: str, places: Positions) -> Texts | None:
        """The same as it is now, as text; None where the attribute holds anything else."""
        ...

    def changes(self, attribute: str, places: Positions) -> Mask:
        """Whose attribute, of the persons at these positions, is changed by the plan."""
        ...


class Names(Protocol):
    """What people are called."""

    def __call__(self, part: str, places: Positions) -> Column | Texts:
        """A part of `names.` for the persons at these positions."""
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
        """Keep the parts; columns are converted when asked for."""
        self.facts, self._find = facts, find
        self.roster = roster or Roster(facts.index)
        self.places: Positions = np.arange(len(self.roster))
        self._upstream: Mapping[str, Outlooks] = {}
        self._names: Names | None = None
        self._wide: World = self
        self.rows_of = np.full(len(self.roster), -1, dtype=np.intp)
        self.rows_of[self.roster.positions(facts.index)] = np.arange(len(facts))
        self._texts: dict[str, Texts] = {}
        self._columns: dict[str, Column] = {}

    def of(
        self,
        places: Positions,
        upstream: Mapping[str, Outlooks] | None = None,
        *,
        names: Names | None = None,
    ) -> "World":
        """The same world for some persons.

        Args:
            places: Their positions in the roster, sorted.
            upstream: Target -> its accounts as they will be.
            names: Gives the column of a part of `names.`; None without names.
        """
        some = self._at(places)
        some._upstream, some._names, some._wide = upstream or {}, names, some
        return some

    def narrowed(self, mask: Mask) -> "World":
        """The same world for those of its persons that a mask marks.

        Whether a path says something of anybody is still asked of all of them.
        """
        return self._at(self.places[mask])

    def _at(self, places: Positions) -> "World":
        some = copy(self)
        some.places, some._columns = places, {}
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

    def texts(self, path: str) -> Texts | None:
        """The values of a path as they stand in a text; None where only objects will do.

        What the plan changes upstream is not in it: see `changes`.
        """
        if path.startswith(UPSTREAM):
            target, attribute = split_upstream(path)
            return self._upstream[target].texts(attribute, self.places)
        if path.startswith(NAMES) and self._names is not None:
            named = self._names(path.removeprefix(NAMES), self.places)
            return named if isinstance(named, pa.Array) else None
        return self.facts_of(path)

    def facts_of(self, path: str) -> Texts:
        """What HR says, as it stands in a text; of whom HR does not know, nothing is known."""
        return take(self._said(self._find(path)), self.rows_of[self.places])

    def changes(self, path: str) -> Mask:
        """For whom the plan changes what a path says: an upstream account."""
        if not path.startswith(UPSTREAM):
            return np.zeros(len(self), dtype=np.bool_)
        target, attribute = split_upstream(path)
        return self._upstream[target].changes(attribute, self.places)

    def is_filled(self, path: str) -> bool:
        """Whether a path says something of anybody.

        A column that is empty for everybody was most likely never read: a misspelt custom field, or
        one that the source was not asked for. What nobody read is unknown, and not empty.
        """
        if path.startswith(NAMES) and self._wide._names is not None:
            named = self._wide._names(path.removeprefix(NAMES), self._wide.places)
            if isinstance(named, pa.Array):
                return bool(named.null_count < len(named))
            return bool(pd.notna(named).any())
        name = self._find(path)
        return name in self.facts.columns and bool(self.facts[name].notna().any())

    def _read(self, path: str) -> Column:
        if path.startswith(UPSTREAM):
            target, attribute = split_upstream(path)
            return self._upstream[target].column(attribute, self.places)
        if path.startswith(NAMES) and self._names is not None:
            named = self._names(path.removeprefix(NAMES), self.places)
            return as_objects(named) if isinstance(named, pa.Array) else named
        return self._fact(self._find(path))

    def _fact(self, name: str) -> Column:
        """A fact of these persons; of whom HR does not know, nothing is known."""
        found = np.full(len(self), None, dtype=object)
        if name not in self.facts.columns:
            return found
        rows = self.rows_of[self.places]
        there = rows >= 0
        if self.facts[name].dtype == TEXT_DTYPE:
            return as_objects(without_blanks(take(as_texts(self.facts[name]), rows)))
        found[there] = known(self.facts[name].take(rows[there]))
        return found

    def _said(self, name: str) -> Texts:
        """A fact as text, over the rows of `facts`; made once for all sets of persons."""
        if name not in self._texts:
            self._texts[name] = self._as_text(name)
        return self._texts[name]

    def _as_text(self, name: str) -> Texts:
        if name not in self.facts.columns:
            return pa.nulls(len(self.facts), pa.large_string())
        column = self.facts[name]
        if column.dtype == TEXT_DTYPE:
            return without_blanks(as_texts(column))
        codes, distinct = pd.factorize(column)
        told = [as_text(value) for value in known(pd.Series(distinct))]
        return take(pa.array(told, pa.large_string()), codes)

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
