"""From cells to people: headings become fields, text becomes dates and numbers."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import pandas as pd

from connectors.hr_file.problems import Problem, raise_for
from connectors.hr_file.settings import Noun
from connectors.hr_file.tables import Table
from connectors.model.errors import ConfigError
from connectors.model.people import (
    CONTRACT_DATES,
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    CUSTOM,
    DEPARTMENT_TEXT,
    INVALID,
    NO_CONTRACT,
    PERSON_FLAGS,
    PERSON_TEXT,
    People,
)
from connectors.model.texts import is_among

FIELDS: Final[Mapping[Noun, tuple[str, ...]]] = {
    "persons": (*PERSON_TEXT, *PERSON_FLAGS),
    "contracts": (*CONTRACT_TEXT, *CONTRACT_DATES, *CONTRACT_NUMBERS),
    "departments": DEPARTMENT_TEXT,
}
REQUIRED: Final[Mapping[Noun, tuple[str, ...]]] = {
    "persons": ("external_id", "family_name"),
    "contracts": ("external_id", "person_id", "start_date"),
    "departments": ("external_id",),
}
KEYS: Final[Mapping[Noun, tuple[str, ...]]] = {
    "persons": ("external_id",),
    "contracts": ("external_id", "person_id"),
    "departments": ("external_id",),
}
CALLED: Final = ("nick_name", "given_name")
"""A person needs one of these."""
UNEMPLOYED: Final = "no contract"
CONVENTIONS: Final = frozenset({"", "B", "P", "BP", "PB"})
YES: Final = frozenset({"true", "yes", "ja", "1", "y", "j"})
NO: Final = frozenset({"false", "no", "nee", "0", "n", ""})
DAY: Final = r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?"
NUMBER: Final = r"[+-]?\d+(?:[.,]\d+)?"

_log = logging.getLogger(__name__)


def to_people(
    tables: Mapping[Noun, Table], *, columns: Mapping[Noun, Mapping[str, str]], taken_at: datetime
) -> People:
    """Turn tables of text into a snapshot.

    Args:
        tables: `persons` and `contracts`, perhaps `departments`.
        columns: Per table, field -> heading, where a heading is not the name of the field.
        taken_at: When reading began, UTC.

    Returns:
        The people. Persons without a name, without a contract or with a contract that does not say
        when it starts are in `blocked`, with the reason.

    Raises:
        ConfigError: Lists everything that is wrong: file, row, column and value.
    """
    problems: list[Problem] = []
    mapped = {
        noun: rename(noun, table, columns.get(noun, {}), problems) for noun, table in tables.items()
    }
    raise_for(problems)
    for noun, table in mapped.items():
        _check_keys(noun, table, problems)
    persons, contracts = mapped["persons"], mapped["contracts"]
    flags = {
        name: _flags(persons, name, problems) for name in PERSON_FLAGS if name in persons.cells
    }
    dates = {
        name: _dates(contracts, name, problems)
        for name in CONTRACT_DATES
        if name in contracts.cells
    }
    numbers = {
        name: _numbers(contracts, name, problems)
        for name in CONTRACT_NUMBERS
        if name in contracts.cells
    }
    _check_periods(contracts, dates, problems)
    _check_owners(contracts, persons, problems)
    raise_for(problems)
    for problem in odd_conventions(persons):
        _log.warning("%s", problem)
    blocked = _blocked(persons.cells, contracts.cells)
    staying = ~is_among(persons.cells["external_id"], blocked["external_id"])
    theirs = ~is_among(contracts.cells["person_id"], blocked["external_id"])
    return People(
        persons=persons.cells.assign(**flags)[staying],
        contracts=contracts.cells.assign(**dates, **numbers)[theirs],
        departments=mapped["departments"].cells if "departments" in mapped else None,
        blocked=blocked,
        taken_at=taken_at,
    )


def to_persons(
    table: Table, *, columns: Mapping[Noun, Mapping[str, str]], taken_at: datetime
) -> People:
    """Turn a table of persons into a snapshot without contracts: what there is to fill in.

    Raises:
        ConfigError: Lists everything that is wrong: file, row, column and value.
    """
    problems: list[Problem] = []
    persons = rename("persons", table, columns.get("persons", {}), problems, named=False)
    raise_for(problems)
    _check_keys("persons", persons, problems)
    flags = {
        name: _flags(persons, name, problems) for name in PERSON_FLAGS if name in persons.cells
    }
    raise_for(problems)
    return People(
        persons=persons.cells.assign(**flags), contracts=pd.DataFrame(), taken_at=taken_at
    )


def rename(
    noun: Noun,
    table: Table,
    columns: Mapping[str, str],
    problems: list[Problem],
    *,
    named: bool = True,
) -> Table:
    """The table under field names; headings that mean nothing to us become `custom.<heading>`.

    Args:
        noun: What the table holds.
        table: As it was read.
        columns: Field -> heading, where a heading is not the name of the field.
        problems: Gets what is wrong.
        named: Whether persons must have names.

    Raises:
        ConfigError: `columns` names a field that does not exist.
    """
    there = {heading.casefold(): heading for heading in map(str, table.cells.columns)}
    names: dict[str, str] = {}
    for field, heading in columns.items():
        if field not in FIELDS[noun] and not field.startswith(CUSTOM):
            message = (
                f"there is no field {field!r}; there are {', '.join(FIELDS[noun])} and {CUSTOM}NAME"
            )
            raise ConfigError(message, key=f"columns.{noun}")
        if heading.casefold() in there:
            names[there[heading.casefold()]] = field
        else:
            problems.append(table.problem(1, heading, f"the column for {field} is missing"))
    for heading in map(str, table.cells.columns):
        field = heading.casefold()
        if heading in names or not heading:
            continue
        known = field in FIELDS[noun] and field not in columns
        names[heading] = field if known else f"{CUSTOM}{heading.removeprefix(CUSTOM)}"
    fields = set(names.values())
    asked = [field for field in (REQUIRED if named else KEYS)[noun] if field not in columns]
    if named and noun == "persons" and not fields & set(CALLED):
        asked.append(CALLED[0])
    if len(table.cells.columns):
        problems.extend(
            table.problem(1, field, "the column is missing")
            for field in asked
            if field not in fields
        )
    cells = table.cells.loc[:, [bool(heading) for heading in table.cells.columns]].rename(
        columns=names
    )
    absent = sorted(fields_of(noun) - fields)
    cells[absent] = pd.DataFrame("", index=cells.index, columns=absent, dtype="str")
    return replace(table, cells=cells)


def fields_of(noun: Noun) -> set[str]:
    """Fields that `to_people` looks at even when the file leaves them out."""
    return {*REQUIRED[noun], *(CALLED if noun == "persons" else ())}


def odd_conventions(persons: Table) -> list[Problem]:
    """Name conventions that nobody knows: kept as they are, and worth a warning."""
    if "convention" not in persons.cells:
        return []
    cells = persons.cells["convention"]
    return [
        persons.problem(row, "convention", "is none of B, P, BP, PB", value)
        for row, value in persons.at("convention", ~cells.isin(CONVENTIONS))
    ]


def _check_keys(noun: Noun, table: Table, problems: list[Problem]) -> None:
    for name in KEYS[noun]:
        cells = table.cells[name]
        problems.extend(
            table.problem(row, name, "is empty") for row, _ in table.at(name, cells == "")
        )
    keys = table.cells["external_id"]
    first: dict[str, int] = {}
    for row, value in table.at("external_id", (keys != "") & keys.duplicated(keep=False)):
        if value in first:
            message = f"stands in {table.place} {first[value]} already"
            problems.append(table.problem(row, "external_id", message, value))
        first.setdefault(value, row)


def _flags(table: Table, name: str, problems: list[Problem]) -> "pd.Series[bool]":
    cells = table.cells[name].str.casefold()
    odd = ~cells.isin(YES | NO)
    for row, value in table.at(name, odd):
        problems.append(table.problem(row, name, "is neither true nor false", value))
    return cells.isin(YES)


def _dates(table: Table, name: str, problems: list[Problem]) -> "pd.Series[pd.Timestamp]":
    cells = table.cells[name]
    days = cells.str.extract(f"^{DAY}$", expand=False)
    parsed = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    for row, value in table.at(name, (cells != "") & parsed.isna()):
        problems.append(table.problem(row, name, "is not a date; write 2026-12-31", value))
    return parsed


def _numbers(table: Table, name: str, problems: list[Problem]) -> "pd.Series[float]":
    cells = table.cells[name]
    right = cells.str.fullmatch(NUMBER)
    for row, value in table.at(name, (cells != "") & ~right):
        problems.append(table.problem(row, name, "is not a number", value))
    return pd.to_numeric(cells.where(right).str.replace(",", ".", regex=False))


def _check_periods(
    table: Table, dates: Mapping[str, "pd.Series[pd.Timestamp]"], problems: list[Problem]
) -> None:
    if "end_date" not in dates or "start_date" not in dates:
        return
    early = dates["end_date"] < dates["start_date"]
    starts = dict(table.at("start_date", early))
    for row, value in table.at("end_date", early):
        message = f"lies before start_date {starts[row]}"
        problems.append(table.problem(row, "end_date", message, value))


def _check_owners(contracts: Table, persons: Table, problems: list[Problem]) -> None:
    owners = contracts.cells["person_id"]
    stray = (owners != "") & ~is_among(owners, persons.cells["external_id"])
    for row, value in contracts.at("person_id", stray):
        problems.append(contracts.problem(row, "person_id", f"is not in {persons.file}", value))


def _blocked(persons: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    ids = persons["external_id"]
    undated = contracts[contracts["start_date"] == ""]
    reasons = {
        "no family name": ids[persons["family_name"] == ""],
        "no given name and no nickname": ids[(persons[list(CALLED)] == "").all(axis="columns")],
        UNEMPLOYED: ids[~is_among(ids, contracts["person_id"])],
        "a contract without start_date": undated["person_id"].drop_duplicates(),
    }
    listed = pd.DataFrame(
        [(who, reason) for reason, whom in reasons.items() for who in whom],
        columns=["external_id", "reason"],
    )
    joined = listed.groupby("external_id")["reason"].agg(", ".join).reset_index()
    joined["code"] = joined["reason"].map(
        lambda reason: NO_CONTRACT if reason == UNEMPLOYED else INVALID
    )
    return joined
