"""The primary contract: which of a person's contracts speaks for them, and why not the others."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.people import CONTRACT_NUMBERS, People
from connectors.model.texts import places_in

Standing = Literal["active", "to_start", "past", "never"]
"""What a contract is on a day. `never`: it has no start, or ends before it starts."""
STANDINGS: Final[tuple[Standing, ...]] = ("active", "to_start", "past", "never")

Positions = npt.NDArray[np.intp]
Codes = npt.NDArray[np.int8]

_WORDS: Final = {"active": "active", "to_start": "to start", "past": "past", "never": "never runs"}
_BEFORE: Final = frozenset[Standing]({"active", "to_start"})
"""Standings that come before the others, one after the other; among the rest there is no rank."""
_NUMBERS: Final = {"hours_per_week": "hours per week"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One contract of a person, in its place.

    Attributes:
        contract: Its `external_id`.
        standing: What it is on the day.
        primary: Whether it is the one that speaks for the person.
        because: Why it is, or the first thing that counts against it beside the primary one.
    """

    contract: str
    standing: Standing
    primary: bool
    because: str


def standings(contracts: pd.DataFrame, as_of: date) -> Codes:
    """What each contract is on a day, as its place in `STANDINGS`; both ends are inclusive."""
    today = np.datetime64(as_of, "s")
    start, end = contracts["start_date"].to_numpy(), contracts["end_date"].to_numpy()
    open_end = np.isnat(end)
    lasting = open_end | (end >= start)  # False without a start, as with every NaT
    running = lasting & (start <= today) & (open_end | (end >= today))
    found = np.select(
        [running, lasting & (start > today), ~lasting | np.isnat(start)], [0, 1, 3], 2
    )
    return found.astype(np.int8)


def owners(people: People) -> Positions:
    """Per contract the position of its person in `People.persons`; rising, as both are sorted."""
    return places_in(people.contracts["person_id"], people.persons["external_id"])


def primary_rows(people: People, as_of: date, owner: Positions | None = None) -> Positions:
    """The row of each person's primary contract in `People.contracts`, -1 for who has none.

    Sorted by fte, hours per week, percentage and sequence (each descending, missing last), end
    date (descending, open first), start date (ascending, missing last), then the contract's id:
    the first *active* one; without any, the first that is *still to start*; without any, the first
    of the rest. "First" means first in that order, not nearest in time: a person who starts two
    jobs gets the bigger one, not the earlier one. Numbers are compared as they are (0.6 is less
    than 1.0).

    Args:
        people: The import.
        as_of: The day to decide for. Active means start ≤ day ≤ end, both included. A contract
            without a start date, or that ends before it starts, is neither active nor still to
            start.
        owner: From `owners`, where it is known already.

    Source: HelloID's Get-PrimaryContract, which rounds the numbers and leaves ties to chance.
    """
    owner = owners(people) if owner is None else owner
    rows = np.full(len(people.persons), -1, dtype=np.intp)
    alone = np.bincount(owner, minlength=len(rows))[owner] == 1
    rows[owner[alone]] = np.flatnonzero(alone)
    rest = np.flatnonzero(~alone)  # most people have one contract: only these need an order
    if len(rest):
        ordered = rest[_order(people.contracts.take(rest), as_of, owner[rest])]
        theirs = owner[ordered]
        first = np.concatenate([[True], theirs[1:] != theirs[:-1]])
        rows[theirs[first]] = ordered[first]
    return rows


def why_primary(people: People, person: str, as_of: date) -> tuple[Ranked, ...]:
    """The contracts of one person, the primary one first, each with what decided.

    Args:
        people: The import.
        person: `external_id`; nothing is told of somebody who has no contract.
        as_of: The day to decide for.
    """
    theirs = people.contracts.loc[people.contracts["person_id"] == person]
    order = _order(theirs, as_of, np.zeros(len(theirs), dtype=np.intp))
    ranked = theirs.take(order)
    standing = [STANDINGS[code] for code in standings(ranked, as_of)]
    rows: list[dict[str, Any]] = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in ranked.to_dict("records")
    ]
    return tuple(
        Ranked(
            contract=row["external_id"],
            standing=here,
            primary=row is rows[0],
            because=_for_it(standing)
            if row is rows[0]
            else _against(row, here, rows[0], standing[0]),
        )
        for row, here in zip(rows, standing, strict=True)
    )


def _order(contracts: pd.DataFrame, as_of: date, owner: Positions) -> Positions:
    """Places of contracts, sorted by owner and within one by the order of `primary_rows`."""
    start, end = contracts["start_date"].to_numpy(), contracts["end_date"].to_numpy()
    far = np.iinfo(np.int64).max
    return np.lexsort(
        [  # the last key sorts first; ties stay in the order of People.contracts, which is by id
            np.where(np.isnat(start), far, start.astype(np.int64)),
            -np.where(np.isnat(end), far, end.astype(np.int64)),
            *(_descending(contracts[name]) for name in reversed(CONTRACT_NUMBERS)),
            np.minimum(standings(contracts, as_of), STANDINGS.index("past")),
            owner,
        ]
    )


def _descending(column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """A sort key that puts great numbers first and missing ones last."""
    return np.asarray(-column.fillna(-np.inf), dtype=np.float64)


def _for_it(standing: list[Standing]) -> str:
    if len(standing) == 1:
        return "the only contract"
    alone = standing[0] in _BEFORE and standing.count(standing[0]) == 1
    return f"the only one that is {_WORDS[standing[0]]}" if alone else "first in the order"


def _against(row: dict[str, Any], here: Standing, first: dict[str, Any], there: Standing) -> str:
    """The first thing in the order in which a contract comes after the primary one."""
    if here != there and there in _BEFORE:
        return f"{_WORDS[here]}, where {first['external_id']} is {_WORDS[there]}"
    for name in CONTRACT_NUMBERS:
        if row[name] != first[name]:
            what = _NUMBERS.get(name, name)
            if row[name] is None:
                return f"no {what}, where {first['external_id']} has {first[name]:g}"
            return f"{what} {row[name]:g} is less than {first[name]:g}"
    if row["end_date"] != first["end_date"]:
        later = "never" if first["end_date"] is None else f"on {first['end_date']:%Y-%m-%d}"
        return f"ends on {row['end_date']:%Y-%m-%d}, where {first['external_id']} ends {later}"
    if row["start_date"] != first["start_date"]:
        begins = "no start" if row["start_date"] is None else f"starts {row['start_date']:%Y-%m-%d}"
        return f"{begins}, where {first['external_id']} starts {first['start_date']:%Y-%m-%d}"
    return f"all else equal, its id comes after {first['external_id']}"
