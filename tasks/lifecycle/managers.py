"""The manager of a person, up the tree where HR names none.

In this order: the manager of the primary contract, the manager of its department, the manager of
the nearest department above. Passed over is the person themself, and whoever HR names but does not
employ: somebody who is not in the import, or has no contract that runs or is still to start. A
person whom the import left out because a field is missing or wrong still counts, or a typing error
would give a whole department another manager for a day.
"""

from collections.abc import Callable, Iterable
from datetime import date

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from connectors.model.people import INVALID, People
from connectors.model.texts import TEXT_DTYPE, places_in
from tasks.lifecycle.departments import chains_up, managers_by_department
from tasks.lifecycle.primary import STANDINGS, Positions, standings

NOBODY = -1


def managers(
    people: People, as_of: date, *, owner: Positions, primary: Positions
) -> ExtensionArray:
    """`external_id` of everybody's manager, in the order of `People.persons`; missing for none.

    Two persons can be each other's manager, if that is what HR says of them.

    Args:
        people: The import.
        as_of: The day to decide for.
        owner: From `owners`.
        primary: From `primary_rows`.
    """
    blocked, persons = people.blocked, people.persons["external_id"]
    unsure = blocked.loc[blocked["code"] == INVALID, "external_id"]
    ids = pd.concat([persons, unsure], ignore_index=True)
    here = np.zeros(len(ids), dtype=np.bool_)
    here[len(persons) :] = True
    runs = standings(people.contracts, as_of) <= STANDINGS.index("to_start")
    here[owner[runs]] = True

    def employed(named: "pd.Series[str]") -> Positions:
        # Looked up the other way round: of those named there are few, of persons many.
        codes, distinct = pd.factorize(named)
        found = places_in(ids, pd.Series(distinct, dtype=TEXT_DTYPE))
        places = np.full(len(distinct) + 1, NOBODY, dtype=np.intp)
        hits = np.flatnonzero((found >= 0) & here)[::-1]
        places[found[hits]] = hits
        return places[codes]

    employees = np.flatnonzero(primary >= 0)
    contracts = people.contracts[["manager_id", "department_id"]].take(primary[employees])
    codes, departments = pd.factorize(contracts["department_id"])
    nearest, next_up = _of_departments(departments, people.departments, employed)
    found = np.full(len(persons), NOBODY, dtype=np.intp)
    found[employees] = _first_other(
        employees,
        [employed(contracts["manager_id"]), nearest[codes], next_up[codes]],
    )
    whom: ExtensionArray = ids.array.take(found, allow_fill=True)
    return whom


def _first_other(persons: Positions, candidates: list[Positions]) -> Positions:
    """Per person the first candidate there is who is not the person."""
    found = np.full(len(persons), NOBODY, dtype=np.intp)
    for candidate in reversed(candidates):
        found = np.where((candidate != NOBODY) & (candidate != persons), candidate, found)
    return found


def _of_departments(
    ids: Iterable[str],
    departments: pd.DataFrame,
    employed: Callable[["pd.Series[str]"], Positions],
) -> tuple[Positions, Positions]:
    """Per department the nearest two people who lead it or one above; -1 where there are none.

    Two will do: whoever is passed over for being the person themself is one of them at most. Behind
    the last department stands nobody, where the code -1 of "no department" points.
    """
    led = managers_by_department(departments)
    leaders = employed(pd.Series(list(led.values()), dtype=TEXT_DTYPE))
    leader = dict(zip(led, leaders.tolist(), strict=True))
    pairs: list[tuple[int, int]] = []
    for chain in chains_up(ids, departments):
        upwards = dict.fromkeys(leader.get(department, NOBODY) for department in chain)
        upwards.pop(NOBODY, None)
        nearest, next_up = [*upwards, NOBODY, NOBODY][:2]
        pairs.append((nearest, next_up))
    columns = np.array([*pairs, (NOBODY, NOBODY)], dtype=np.intp)
    return columns[:, 0], columns[:, 1]
