"""The roster: everybody a plan may speak of, by position, so that sets of people are arrays."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from connectors.model.texts import (
    TEXT_DTYPE,
    as_column,
    as_objects,
    as_texts,
    in_order,
    places_in,
)

T = TypeVar("T")

Positions = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

NOBODY: Final[Positions] = np.array([], dtype=np.intp)
FEW: Final = 1000
"""Fewer persons than these are looked for one by one, in the sorted list."""


class Roster:
    """Persons in order; a position means the same person throughout a plan.

    Args:
        ids: HR ids, in any order, each once or more.
        more: Further ids.

    Attributes:
        ids: Sorted, each once.
    """

    __slots__ = ("_column", "ids")

    def __init__(self, ids: Iterable[str], more: Iterable[str] = ()) -> None:
        """Sort them."""
        known, others = _texts(ids), _texts(more)
        added = as_texts(others[places_in(others, known) < 0])
        every = pa.concat_arrays([as_texts(known), added]) if len(added) else as_texts(known)
        ordered = in_order(every)
        self.ids: Objects = as_objects(ordered)
        self._column = as_column(ordered)

    @classmethod
    def joining(
        cls, ids: Iterable[str], others: Mapping[str, Iterable[str]]
    ) -> "tuple[Roster, dict[str, Positions]]":
        """A roster of some persons and of all others who are named, each looked up once.

        Args:
            ids: HR ids.
            others: Further ids, under whatever names.

        Returns:
            The roster, and per name the positions of its ids, in their order.
        """
        known = _texts(ids)
        texts = {name: _texts(some) for name, some in others.items()}
        rows = {name: places_in(some, known) for name, some in texts.items()}
        strange = [some[rows[name] < 0] for name, some in texts.items()]
        roster = cls(known, pd.concat([_texts(()), *strange]))
        at = roster.positions(known)
        found: dict[str, Positions] = {}
        for name, some in texts.items():
            stranger = rows[name] < 0
            found[name] = at[rows[name]] if len(at) else rows[name]
            found[name][stranger] = roster.positions(some[stranger])
        return roster, found

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.ids)

    def position(self, person: str) -> int:
        """Of one person, -1 for somebody who is not in it."""
        place = int(self.ids.searchsorted(person))
        return place if place < len(self.ids) and self.ids[place] == person else -1

    def positions(self, persons: Iterable[str]) -> Positions:
        """Of several, in their order; -1 for those who are not in it."""
        if isinstance(persons, list) and len(persons) < FEW:
            return np.array([self.position(person) for person in persons], dtype=np.intp)
        wanted = _texts(persons)
        if len(wanted) == len(self) and as_texts(wanted).equals(as_texts(self._column)):
            return np.arange(len(self))
        return places_in(wanted, self._column)

    def mask(self, persons: Collection[str]) -> Mask:
        """Who of the roster is among these."""
        found = np.zeros(len(self), dtype=np.bool_)
        if persons:
            places = self.positions(list(persons))
            found[places[places >= 0]] = True
        return found

    def names(self, mask: Mask) -> list[str]:
        """HR ids of those a mask marks, sorted."""
        marked: list[str] = self.ids[mask].tolist()
        return marked


def _texts(ids: Iterable[str]) -> "pd.Series[str]":
    if isinstance(ids, pd.Series | pd.Index):
        return pd.Series(ids.array, dtype=TEXT_DTYPE)
    return pd.Series(list(ids), dtype=TEXT_DTYPE)


class Marked(Mapping[str, T], Generic[T]):
    """Some persons of a roster, each with something that is worked out when it is asked for.

    Args:
        roster: The persons.
        mask: Who of them.
        tell: From a position to what is known there.

    Attributes:
        mask: Who of the roster.
    """

    __slots__ = ("_tell", "mask", "roster")

    def __init__(self, roster: Roster, mask: Mask, tell: Callable[[int], T]) -> None:
        """Keep the parts."""
        self.roster, self.mask, self._tell = roster, mask, tell

    def __contains__(self, person: object) -> bool:
        """Whether somebody is among them."""
        place = self.roster.position(person) if isinstance(person, str) else -1
        return place >= 0 and bool(self.mask[place])

    def __getitem__(self, person: str) -> T:
        """What is known of somebody."""
        place = self.roster.position(person)
        if place < 0 or not self.mask[place]:
            raise KeyError(person)
        return self._tell(place)

    def __iter__(self) -> Iterator[str]:
        """HR ids, sorted."""
        return iter(self.roster.names(self.mask))

    def __len__(self) -> int:
        """How many."""
        return int(self.mask.sum())

    def at(self, place: int) -> T:
        """What is known at a position that the mask marks."""
        return self._tell(place)
