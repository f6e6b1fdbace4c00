"""People as decisions read them: one primary contract each, and every fact under one path.

A path names a column of `person_facts`: `person.nick_name`, `contract.fte`,
`contract.custom.shift`. Contract paths mean the primary contract here; in a rule they mean the
contract that the rule looks at.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Final, Literal

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
    TEXT_DTYPE,
    People,
    listed,
)

PERSON: Final = "person."
CONTRACT: Final = "contract."

FactKind = Literal["text", "number", "date", "flag"]

ALIASES: Final = {
    "person.id": "person.external_id",
    "contract.id": "contract.external_id",
    "contract.department.id": "contract.department_id",
    "contract.department.name": "contract.department_name",
    "contract.department.parent_id": "contract.department_parent_id",
    "contract.department.path": "contract.department_path",
    "contract.department.manager_id": "contract.department_manager_id",
    "contract.title.id": "contract.title_id",
    "contract.title.name": "contract.title",
    "contract.manager.id": "contract.manager_id",
}
"""Second spelling of a path -> the column it means."""

FACTS: Final[dict[str, FactKind]] = {
    **dict.fromkeys((PERSON + name for name in PERSON_TEXT), "text"),
    **dict.fromkeys((PERSON + name for name in PERSON_FLAGS), "flag"),
    **dict.fromkeys((CONTRACT + name for name in CONTRACT_TEXT if name != "person_id"), "text"),
    **dict.fromkeys((CONTRACT + name for name in CONTRACT_DATES), "date"),
    **dict.fromkeys((CONTRACT + name for name in CONTRACT_NUMBERS), "number"),
    "contract.department_parent_id": "text",
    "contract.department_manager_id": "text",
    "contract.department_path": "text",
    "person.manages": "text",
}
"""Every column that `person_facts` always has, and what it holds. `custom.*` come on top."""


def column_of(path: str) -> str:
    """The column that a path means, aliases resolved; any other path is its own column."""
    return ALIASES.get(path, path)


def kind_of(path: str) -> FactKind:
    """What a path holds; custom columns hold text."""
    return FACTS.get(column_of(path), "text")


def known_path(path: str, custom: Collection[str] | None = None) -> bool:
    """Whether a path can be read.

    Args:
        path: Such as `contract.department.id` or `person.custom.badge`.
        custom: The custom columns there are, as paths; None while nobody knows, then any
            `person.custom.…` and `contract.custom.…` will do.
    """
    if column_of(path) in FACTS:
        return True
    if custom is not None:
        return path in custom
    prefixes = (PERSON + CUSTOM, CONTRACT + CUSTOM)
    return any(path.startswith(prefix) and path != prefix for prefix in prefixes)


def custom_paths(people: People) -> frozenset[str]:
    """Paths of the custom columns of an import."""
    return frozenset(
        prefix + name
        for prefix, frame in ((PERSON, people.persons), (CONTRACT, people.contracts))
        for name in frame.columns
        if name.startswith(CUSTOM)
    )


def primary_contracts(people: People, as_of: date) -> pd.DataFrame:
    """The contract that speaks for each person.

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

    Returns:
        Index `person_id`, sorted, unique; persons without a contract are not in it. The other
        columns are those of `People.contracts`.

    Source: HelloID's Get-PrimaryContract, which rounds the numbers and leaves ties to chance.
    """
    contracts = people.contracts
    today = np.datetime64(as_of, "s")
    start, end = contracts["start_date"].to_numpy(), contracts["end_date"].to_numpy()
    lasting = np.isnat(end) | (
        end >= start
    )  # False without a start, as is every comparison with NaT
    begun = start <= today
    active = lasting & begun & (np.isnat(end) | (end >= today))
    coming = lasting & (start > today)
    numbers = [_descending(contracts[name]) for name in CONTRACT_NUMBERS]
    order = np.lexsort(
        [  # the last key sorts first; ties stay in the order of People.contracts, which is by id
            np.where(np.isnat(start), np.iinfo(np.int64).max, start.astype(np.int64)),
            -np.where(np.isnat(end), np.iinfo(np.int64).max, end.astype(np.int64)),
            *reversed(numbers),
            np.select([active, coming], [0, 1], default=2),
        ]
    )
    ordered = contracts.iloc[order].drop_duplicates("person_id")
    return ordered.set_index("person_id").sort_index()


def _descending(column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """A sort key that puts great numbers first and missing ones last."""
    return np.asarray(-column.fillna(-np.inf), dtype=np.float64)


def add_departments(contracts: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """Contracts with what the department list knows about their department.

    Returns:
        The contracts with `department_parent_id`, `department_manager_id` and `department_path`
        (str) on top, and with `department_name` filled in where the contract itself does not say
        it. The path lists the department and all above it, `|BOARD|CARE|NURSING|`.
    """
    known = departments.set_index("external_id")
    ids = contracts["department_id"]

    def of_department(column: str) -> "pd.Series[str]":
        # An empty list gives objects, whatever the type of the column.
        return ids.map(known[column]).astype(TEXT_DTYPE)

    return contracts.assign(
        department_name=contracts["department_name"].fillna(of_department("name")),
        department_parent_id=of_department("parent_id"),
        department_manager_id=of_department("manager_id"),
        department_path=ids.map(department_paths(ids, departments)).astype(TEXT_DTYPE),
    )


def department_paths(ids: "pd.Series[str]", departments: pd.DataFrame) -> dict[str, str]:
    """Every department with all above it, from the top down: NURSING -> `|BOARD|CARE|NURSING|`.

    The walk ends at a parent that is no department itself, and before one that was passed already.

    Args:
        ids: Departments to look at.
        departments: As in `People`.
    """
    known = departments.dropna(subset=["parent_id"])
    parents = dict(zip(known["external_id"].tolist(), known["parent_id"].tolist(), strict=True))
    paths: dict[str, str] = {}
    for department in ids.dropna().unique().tolist():
        path = [department]
        while (parent := parents.get(path[-1])) is not None and parent not in path:
            path.append(parent)
        paths[department] = listed(reversed(path))
    return paths


def add_managed(persons: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """Persons with the departments they manage.

    Returns:
        The persons with `manages` (str) on top: `|CARE|NURSING|`, missing for none.
    """
    led = departments.dropna(subset=["manager_id"])
    managed = led.groupby("manager_id")["external_id"].agg(listed)
    return persons.assign(manages=persons["external_id"].map(managed).astype(TEXT_DTYPE))


def person_facts(people: People, as_of: date) -> pd.DataFrame:
    """Every person with their primary contract: the frame that paths and templates read.

    Returns:
        Index `person` (`external_id`, str, sorted, unique). Columns `person.*` and `contract.*`:
        those of `FACTS` and the custom ones, dtypes as in `People`. Contract columns are missing
        for persons without a contract.
    """
    persons = add_managed(people.persons, people.departments)
    persons = persons.set_index(persons["external_id"].rename("person"))
    contracts = add_departments(primary_contracts(people, as_of), people.departments)
    return pd.concat(
        [persons.add_prefix(PERSON), contracts.reindex(persons.index).add_prefix(CONTRACT)],
        axis="columns",
    )
