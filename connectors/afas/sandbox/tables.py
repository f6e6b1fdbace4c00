"""Rows of a GetConnector, kept so that 100,000 of them are read, found and patched quickly.

A write changes the rows of one person; everything else stays: the order, the index, and the rows
that are JSON already.
"""

import json
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

Cells = tuple[Any, ...]
"""The values of a row, in the order of the columns."""
Order = tuple[tuple[int, bool], ...]
"""Places of columns, each with whether it is descending."""
KEPT_ANSWERS: Final = 16
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Entry:
    """A row: its cells, and its JSON once somebody has asked for it."""

    __slots__ = ("_json", "cells")

    def __init__(self, cells: Cells) -> None:
        """Keep the cells."""
        self.cells = cells
        self._json: str | None = None

    def replace(self, cells: Cells) -> None:
        """Other values in the same row."""
        self.cells, self._json = cells, None

    def json(self, columns: Sequence[str]) -> str:
        """The row as AFAS sends it."""
        if self._json is None:
            self._json = _ENCODE(dict(zip(columns, self.cells, strict=True)))
        return self._json


class Ordered:
    """Rows in an order. Ties, and rows without order, come differently at every call (D6)."""

    __slots__ = ("_entries", "_ranks", "order")

    def __init__(self, entries: Iterable[Entry], order: Order) -> None:
        """Sort the rows."""
        self.order = order
        self._entries = list(entries)
        for place, descending in reversed(order):
            self._entries.sort(key=lambda e, p=place: sort_key(e.cells[p]), reverse=descending)  # type: ignore[misc]  # a lambda with a default
        self._ranks = self._ranked() if order else None

    def page(self, skip: int, take: int) -> list[Entry]:
        """The rows of a page; -1 takes all."""
        entries, ranks = self._entries, self._ranks
        count = len(entries) if take == -1 else max(0, min(take, len(entries) - skip))
        skip = max(0, skip)
        if not self.order:
            return random.sample(entries, count)
        if ranks is None or not count:
            return entries[skip : skip + count]
        first = bisect_left(ranks, ranks[skip])
        last = bisect_right(ranks, ranks[skip + count - 1])
        places = sorted(range(first, last), key=lambda place: (ranks[place], random.random()))
        return [entries[place] for place in places[skip - first :][:count]]

    def moves(self, old: Cells, new: Cells) -> bool:
        """Whether a row with new values would stand elsewhere."""
        return any(old[place] != new[place] for place, _ in self.order)

    def _ranked(self) -> list[int] | None:
        """The rank of every row, ties sharing one; None when there are no ties."""
        places = [place for place, _ in self.order]
        rank, ranks, before = -1, [], None
        for entry in self._entries:
            key = [sort_key(entry.cells[place]) for place in places]
            rank += key != before
            ranks.append(rank)
            before = key
        return ranks if rank + 1 < len(ranks) else None


class Table:
    """All rows of one GetConnector on one day.

    Args:
        columns: Names of its fields.
        blocks: What the rows are about (a person, a unit, a group) -> their cells.
    """

    def __init__(self, columns: Sequence[str], blocks: Iterable[tuple[str, list[Cells]]]) -> None:
        """Take the rows over."""
        self.columns = tuple(columns)
        self.places = {name.casefold(): place for place, name in enumerate(columns)}
        self._blocks = {about: [Entry(cells) for cells in rows] for about, rows in blocks}
        self._orders: dict[Order, Ordered] = {}
        self._indexes: dict[int, dict[str, list[Entry]] | None] = {}
        self.answers: dict[Any, Ordered] = {}
        """Filter and order -> the rows that met it; forgotten at the next write."""

    def entries(self) -> list[Entry]:
        """All rows, in the order of the records."""
        return [entry for block in self._blocks.values() for entry in block]

    def rows(self) -> list[dict[str, Any]]:
        """All rows as an importer sees them."""
        return [dict(zip(self.columns, entry.cells, strict=True)) for entry in self.entries()]

    def ordered(self, order: Order) -> Ordered:
        """All rows in an order, sorted when it is asked for the first time."""
        if order not in self._orders:
            self._orders[order] = Ordered(self.entries(), order)
        return self._orders[order]

    def answered(self, key: Any, entries: Iterable[Entry], order: Order) -> Ordered:
        """Rows that met a filter, kept for the next page of them."""
        if len(self.answers) >= KEPT_ANSWERS:
            self.answers.clear()
        self.answers[key] = Ordered(entries, order)
        return self.answers[key]

    def holding(self, place: int, value: str) -> list[Entry] | None:
        """Rows that hold a text, whatever its case; None when the column holds other things."""
        if place not in self._indexes:
            self._indexes[place] = self._indexed(place)
        index = self._indexes[place]
        return None if index is None else index.get(value.casefold(), [])

    def patch(self, about: str, rows: list[Cells]) -> None:
        """Give a person, a unit or a group the rows that it has now."""
        self.answers.clear()
        block = self._blocks.setdefault(about, [])
        if len(block) != len(rows):
            self._blocks[about] = [Entry(cells) for cells in rows]
            self._orders.clear()
            self._indexes.clear()
            return
        for entry, cells in zip(block, rows, strict=True):
            if entry.cells != cells:
                self._replace(entry, cells)

    def _replace(self, entry: Entry, cells: Cells) -> None:
        old = entry.cells
        self._orders = {
            order: rows for order, rows in self._orders.items() if not rows.moves(old, cells)
        }
        for place, index in self._indexes.items():
            if index is not None and old[place] != cells[place]:
                if old[place] is not None:
                    index[old[place].casefold()].remove(entry)
                if cells[place] is not None:
                    index.setdefault(cells[place].casefold(), []).append(entry)
        entry.replace(cells)

    def _indexed(self, place: int) -> dict[str, list[Entry]] | None:
        index: dict[str, list[Entry]] = {}
        for entry in self.entries():
            value = entry.cells[place]
            if isinstance(value, str):
                index.setdefault(value.casefold(), []).append(entry)
            elif value is not None:
                return None
        return index


def sort_key(value: Any) -> tuple[bool, Any]:
    """How AFAS orders: empty first, text whatever its case."""
    return value is not None, value.casefold() if isinstance(value, str) else value or 0
