"""Departments: what is above a contract, and who leads there.

The tree is HR's and may be broken: a walk up ends at a parent that is no department itself, and
before one that was passed already.
"""

from collections.abc import Iterable
from typing import Final

import pandas as pd
from pandas.api.extensions import ExtensionArray

from connectors.model.people import CUSTOM, listed
from connectors.model.texts import TEXT_DTYPE, places_in

DEPARTMENT: Final = "department."
"""Prefix of the custom columns of a department where they stand on a contract."""


def add_departments(contracts: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """Contracts with what the department list knows about their department.

    Returns:
        The contracts with `department_parent_id`, `department_manager_id`, `department_path`,
        `department_managers` and any `department.custom.*` (str) on top, and with
        `department_name` filled in where the contract itself does not say it. The path lists the
        department and all above it, `|BOARD|CARE|NURSING|`; the managers are those of the
        departments on the path, each once, from the top down as well.
    """
    # Everything is worked out once per department and then spread over the contracts.
    codes, ids = pd.factorize(contracts["department_id"])
    rows = places_in(pd.Series(ids, dtype=TEXT_DTYPE), departments["external_id"])

    def of_contracts(texts: ExtensionArray) -> ExtensionArray:
        return texts.take(codes, allow_fill=True)

    def of_department(column: str) -> ExtensionArray:
        return of_contracts(departments[column].array.take(rows, allow_fill=True))

    chains = chains_up(ids, departments)
    led = managers_by_department(departments)
    added = {
        "department_parent_id": of_department("parent_id"),
        "department_manager_id": of_department("manager_id"),
        "department_path": of_contracts(_texts(reversed(chain) for chain in chains)),
        "department_managers": of_contracts(
            _texts(
                dict.fromkeys(led[key] for key in reversed(chain) if key in led) for chain in chains
            )
        ),
        **{
            DEPARTMENT + name: of_department(name)
            for name in departments.columns
            if name.startswith(CUSTOM)
        },
    }
    name = contracts["department_name"]
    if name.hasnans:
        added["department_name"] = name.fillna(
            pd.Series(of_department("name"), index=name.index)
        ).array
    return contracts.assign(**added)


def chains_up(ids: Iterable[str], departments: pd.DataFrame) -> list[list[str]]:
    """Each department with all above it, from the bottom up: NURSING -> NURSING, CARE, BOARD.

    Args:
        ids: Departments to look at, known or not.
        departments: As in `People`.
    """
    known = departments.dropna(subset=["parent_id"])
    parents = dict(zip(known["external_id"].tolist(), known["parent_id"].tolist(), strict=True))
    chains: list[list[str]] = []
    for department in ids:
        chain = {department: None}  # keeps the order, and knows at once who was passed
        last = department
        while (parent := parents.get(last)) is not None and parent not in chain:
            chain[parent] = None
            last = parent
        chains.append(list(chain))
    return chains


def managers_by_department(departments: pd.DataFrame) -> dict[str, str]:
    """Who leads each department that has somebody, as HR says."""
    led = departments.dropna(subset=["manager_id"])
    return dict(zip(led["external_id"].tolist(), led["manager_id"].tolist(), strict=True))


def _texts(lists: Iterable[Iterable[str]]) -> ExtensionArray:
    texts: ExtensionArray = pd.array(
        [listed(entries) or None for entries in lists], dtype=TEXT_DTYPE
    )
    return texts


def add_managed(persons: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """Persons with the departments they manage.

    Returns:
        The persons with `manages` (str) on top: `|CARE|NURSING|`, missing for none.
    """
    led: dict[str, list[str]] = {}
    for department, leader in managers_by_department(departments).items():
        led.setdefault(leader, []).append(department)
    codes = places_in(persons["external_id"], pd.Series(list(led), dtype=TEXT_DTYPE))
    return persons.assign(manages=_texts(led.values()).take(codes, allow_fill=True))
