"""People as decisions read them: one primary contract each, and every fact under one path.

A path names a column of `person_facts`: `person.nick_name`, `contract.fte`,
`contract.custom.shift`. Contract paths mean the primary contract here; in a rule they mean the
contract that the rule looks at.
"""

from collections.abc import Collection
from datetime import date
from typing import Final, Literal

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
from tasks.lifecycle.departments import DEPARTMENT, add_departments, add_managed
from tasks.lifecycle.managers import managers
from tasks.lifecycle.primary import owners, primary_rows

PERSON: Final = "person."
CONTRACT: Final = "contract."
MANAGER: Final = "person.manager_id"
"""Whom a person answers to, up the tree: see `managers`. `contract.manager_id` is what HR says."""

FactKind = Literal["text", "number", "date", "flag"]

ALIASES: Final = {
    "person.id": "person.external_id",
    "contract.id": "contract.external_id",
    "contract.department.id": "contract.department_id",
    "contract.department.name": "contract.department_name",
    "contract.department.parent_id": "contract.department_parent_id",
    "contract.department.path": "contract.department_path",
    "contract.department.manager_id": "contract.department_manager_id",
    "contract.department.manager.id": "contract.department_manager_id",
    "contract.department.managers": "contract.department_managers",
    "contract.title.id": "contract.title_id",
    "contract.title.name": "contract.title",
    "contract.manager.id": "contract.manager_id",
    "person.manager.id": MANAGER,
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
    "contract.department_managers": "text",
    "person.manages": "text",
    MANAGER: "text",
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
            `person.custom.…`, `contract.custom.…` and `contract.department.custom.…` will do.
    """
    if column_of(path) in FACTS:
        return True
    if custom is not None:
        return path in custom
    prefixes = (PERSON + CUSTOM, CONTRACT + CUSTOM, CONTRACT + DEPARTMENT + CUSTOM)
    return any(path.startswith(prefix) and path != prefix for prefix in prefixes)


def custom_paths(people: People) -> frozenset[str]:
    """Paths of the custom columns of an import."""
    return frozenset(
        prefix + name
        for prefix, frame in (
            (PERSON, people.persons),
            (CONTRACT, people.contracts),
            (CONTRACT + DEPARTMENT, people.departments),
        )
        for name in frame.columns
        if name.startswith(CUSTOM)
    )


def person_facts(people: People, as_of: date) -> pd.DataFrame:
    """Every person with their primary contract: the frame that paths and templates read.

    Returns:
        Index `person` (`external_id`, str, sorted, unique). Columns `person.*` and `contract.*`:
        those of `FACTS` and the custom ones, dtypes as in `People`. Contract columns are missing
        for persons without a contract.
    """
    owner = owners(people)
    rows = primary_rows(people, as_of, owner)
    persons = add_managed(people.persons, people.departments)
    ids = persons["external_id"]
    # A column at a time, and each taken once: rows of a frame would be taken block by block.
    primary = pd.DataFrame(
        {
            name: people.contracts[name].array.take(rows, allow_fill=True)
            for name in people.contracts.columns
            if name != "person_id"
        },
        copy=False,
    )
    contracts = add_departments(primary, people.departments)
    return pd.DataFrame(
        {
            **{PERSON + name: persons[name].array for name in persons.columns},
            MANAGER: managers(people, as_of, owner=owner, primary=rows),
            **{CONTRACT + name: contracts[name].array for name in contracts.columns},
        },
        index=pd.Index(ids, name="person"),
        copy=False,
    )
