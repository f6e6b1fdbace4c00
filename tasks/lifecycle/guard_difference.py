"""What two imports say differently: who changed, and which field of whom.

Columns are compared whole, and field by field only for persons of whom anything differs: two
imports of a night cost next to nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.people import (
    CONTRACT_DATES,
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    CUSTOM,
    PERSON_FLAGS,
    PERSON_TEXT,
    People,
)
from connectors.model.texts import is_among
from tasks.lifecycle.people import ALIASES, CONTRACT, PERSON

WRITTEN_BACK: Final = frozenset({"work_email", "user_principal_name", "work_phone", "work_mobile"})
"""Columns that change because we changed them."""
KEYS: Final = frozenset({"external_id", "person_id"})
CONTRACTS: Final = "contracts"
"""Stands for a contract more or less, where a field would stand."""

_PERSON: Final = tuple(one for one in (*PERSON_TEXT, *PERSON_FLAGS) if one not in WRITTEN_BACK)
_CONTRACT: Final = (*CONTRACT_TEXT, *CONTRACT_DATES, *CONTRACT_NUMBERS)
_PATHS: Final[Mapping[str, str]] = {column: path for path, column in ALIASES.items()}

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """What became of one field.

    Attributes:
        path: As rules name it, such as `contract.department.id`.
        changed: Persons who have another value, or on their contracts other values; sorted. Not
            counted for custom fields: nobody knows which of them change every day.
        emptied: Persons who had a value and have none; for a yes or no, who had a yes. Sorted.
        had: How many had a value (a yes).
    """

    path: str
    changed: tuple[str, ...]
    emptied: tuple[str, ...]
    had: int


class Difference:
    """What an import says differently of the persons that it shares with an earlier one.

    Left out is what Retour itself writes back.

    Attributes:
        both: How many persons are in both.
    """

    def __init__(self, now: People, then: People) -> None:
        """Put the two side by side.

        Args:
            now: The import.
            then: The one before.
        """
        self._same = now.digest == then.digest
        self._now, self._then = _aligned(now.persons, then.persons)
        self.both = len(self._now)
        ids = self._now["external_id"]
        self._now_contracts = _of(now.contracts, ids)
        self._then_contracts = _of(then.contracts, ids)

    @cached_property
    def changed(self) -> frozenset[str]:
        """Persons of whom a field or a contract differs, custom fields aside."""
        if self._same:
            return frozenset()
        differs = np.zeros(self.both, dtype=bool)
        for column in _PERSON:
            differs |= _differs(self._now[column], self._then[column])
        return frozenset(self._now["external_id"].to_numpy()[differs]) | self._other_contracts

    @cached_property
    def _matched(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Contracts in both imports, row by row."""
        now, then = _aligned(self._now_contracts, self._then_contracts)
        same = (now["person_id"] == then["person_id"]).to_numpy()
        return now[same], then[same]

    @cached_property
    def _moved(self) -> frozenset[str]:
        """Persons with a contract more or less."""
        now, _ = self._matched
        return frozenset(
            person
            for frame in (self._now_contracts, self._then_contracts)
            if len(frame) != len(now)
            for person in frame.loc[
                ~is_among(frame["external_id"], now["external_id"]), "person_id"
            ]
        )

    @cached_property
    def _other_contracts(self) -> frozenset[str]:
        """Persons whose contracts are not what they were."""
        now, then = self._matched
        differs = np.zeros(len(now), dtype=bool)
        for column in _CONTRACT:
            differs |= _differs(now[column], then[column])
        return frozenset(now["person_id"].to_numpy()[differs]) | self._moved

    @cached_property
    def fields(self) -> tuple[FieldChange, ...]:
        """Every field that differs for anybody, those with most persons first."""
        if self._same:
            return ()
        found = [*self._person_fields(), *self._contract_fields()]
        return tuple(
            sorted(found, key=lambda one: (-max(len(one.changed), len(one.emptied)), one.path))
        )

    def _person_fields(self) -> Iterator[FieldChange]:
        ids = self._now["external_id"].to_numpy()
        for column in (*_PERSON, *_custom(self._then)):
            then, now = self._then[column], _column(self._now, column)
            flag = column in PERSON_FLAGS
            had = then.to_numpy(dtype=bool) if flag else then.notna().to_numpy()
            has = now.to_numpy(dtype=bool) if flag else now.notna().to_numpy()
            differs = _differs(now, then) if column in _PERSON else np.zeros(len(ids), dtype=bool)
            yield from _change(PERSON, column, ids[differs], ids[had & ~has], int(had.sum()))

    def _contract_fields(self) -> Iterator[FieldChange]:
        """Fields of contracts, person by person: the order and number of contracts is no field."""
        now, then = self._matched
        people = now["person_id"].to_numpy()
        custom = _custom(then)
        theirs = pd.Series(sorted(self._other_contracts), dtype="str")
        now_rows, then_rows = _of(self._now_contracts, theirs), _of(self._then_contracts, theirs)
        employed = frozenset(now_rows["person_id"])
        for column in (*_CONTRACT, *custom):
            if column in KEYS or not (
                self._moved or _differs(_column(now, column), then[column]).any()
            ):
                continue
            has, had = _column(now, column).notna(), then[column].notna()
            emptied = frozenset(people[(had & ~has.to_numpy()).to_numpy()])
            held, holds = (_values(rows, column) for rows in (then_rows, now_rows))
            emptied |= (frozenset(held["who"]) - frozenset(holds["who"])) & employed
            other: frozenset[str] = frozenset()
            if column not in custom:
                other = frozenset(pd.concat([held, holds]).drop_duplicates(keep=False)["who"])
            holders = self._then_contracts.loc[self._then_contracts[column].notna(), "person_id"]
            yield from _change(CONTRACT, column, other, emptied, holders.nunique())

    def behind(self, persons: Collection[str]) -> Counter[str]:
        """Field -> how many of these persons it changed for; `contracts` is one more or less."""
        those = frozenset(persons)
        told = Counter({one.path: len(those & frozenset(one.changed)) for one in self.fields})
        told[CONTRACTS] = len(those & self._moved)
        return +told


def _change(
    prefix: str, column: str, changed: Collection[str], emptied: Collection[str], had: int
) -> Iterator[FieldChange]:
    if len(changed) or len(emptied):
        path = prefix + column
        yield FieldChange(
            path=_PATHS.get(path, path),
            changed=tuple(sorted(changed)),
            emptied=tuple(sorted(emptied)),
            had=had,
        )


def _aligned(now: pd.DataFrame, then: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows whose key is in both frames, in the same order."""
    place = pd.Index(then["external_id"]).get_indexer(pd.Index(now["external_id"]))
    there = place >= 0
    return now[there].reset_index(drop=True), then.take(place[there]).reset_index(drop=True)


def _of(contracts: pd.DataFrame, persons: "pd.Series[str]") -> pd.DataFrame:
    return contracts[is_among(contracts["person_id"], persons)]


def _differs(now: "pd.Series", then: "pd.Series") -> Mask:
    """Where two columns differ; nothing equals nothing. Rows are aligned by position."""
    one, other = now.reset_index(drop=True), then.reset_index(drop=True)
    nothing = one.isna() & other.isna()
    differs: Mask = ((one != other) & ~nothing).to_numpy(dtype=bool)
    return differs


def _column(frame: pd.DataFrame, column: str) -> "pd.Series":
    """A column; all empty where an import has it no more."""
    if column in frame.columns:
        return frame[column]
    return pd.Series(np.nan, index=frame.index, dtype=object)


def _values(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Which person has which values in a field of their contracts."""
    pairs = pd.DataFrame({"who": rows["person_id"], "value": _column(rows, column)})
    return pairs.dropna().drop_duplicates()


def _custom(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(name for name in frame.columns if name.startswith(CUSTOM))
