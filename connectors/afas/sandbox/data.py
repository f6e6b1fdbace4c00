"""The data file of `retour sandbox afas --data FILE`: an environment written down as JSON.

Lists `departments`, `persons` and `contracts` have the columns of `People`; further keys make the
environment one that a customer has: custom fields, columns, groups, switches.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, get_type_hints

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.fields import FORMS, Level, Spec
from connectors.afas.sandbox.records import EVERYBODY
from connectors.afas.sandbox.refusals import Refusal
from connectors.afas.sandbox.switches import Switches
from connectors.model.errors import ConfigError
from connectors.model.people import (
    CONTRACT_DATES,
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    DEPARTMENT_TEXT,
    PERSON_TEXT,
    People,
)
from connectors.sdk.clock import now

SET_APART: Final = {"neighbours"}
"""Switches that hold records, and no value of a file."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class _Row(BaseModel):
    """A row of `People`: the columns that are checked are named, the others are `model_extra`."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    columns: ClassVar[tuple[str, ...]] = ()

    external_id: str = Field(min_length=1)

    def cells(self) -> list[Any]:
        """The cells of the columns."""
        held = {**self.__dict__, **(self.model_extra or {})}
        return [held.get(column) for column in self.columns]


class _Department(_Row):
    columns = DEPARTMENT_TEXT


class _Person(_Row):
    columns = PERSON_TEXT

    convention: Literal["B", "P", "BP", "PB"] | None = None
    user_id: str | None = None
    user_blocked: bool = False
    groups: list[str] = []
    values: dict[str, str | bool] = {}


class _Contract(_Row):
    columns = (*CONTRACT_TEXT, *CONTRACT_DATES, *CONTRACT_NUMBERS)

    person_id: str
    start_date: date
    end_date: date | None = None
    fte: float | None = None
    hours_per_week: float | None = None
    percentage: float | None = None
    sequence: float | None = None


class _CustomField(_Record):
    level: Level
    field: str
    label: str
    length: int = Field(255, ge=1)


class _Column(_Record):
    connector: str
    name: str
    shows: str


class _File(_Record):
    customer: str = "12345"
    today: date | None = None
    departments: list[_Department] = []
    persons: list[_Person] = []
    contracts: list[_Contract] = []
    groups: dict[str, str] = {}
    custom_fields: list[_CustomField] = []
    columns: list[_Column] = []
    switches: dict[str, Any] = {}


def environment_in(file: Path, *, today: date) -> Afas:
    """The environment that a data file describes.

    Args:
        file: JSON, as in the README of this connector.
        today: The day there, unless the file says another.

    Raises:
        ConfigError: The file is not of that form; names file, record and key.
    """
    try:
        given = _File.model_validate_json(file.read_bytes())
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise ConfigError(message, file=str(file)) from error
    except ValidationError as error:
        raise _wrong(file, error) from None
    for message, key in _contradictions(given):
        raise ConfigError(message, file=str(file), key=key)
    people = People(
        persons=_frame(_Person.columns, given.persons),
        contracts=_frame(_Contract.columns, given.contracts),
        departments=_frame(_Department.columns, given.departments),
        taken_at=now(),
    )
    afas = Afas.from_people(
        people,
        customer=given.customer,
        today=given.today or today,
        switches=Switches(**given.switches),
    )
    _furnish(afas, given, file)
    return afas


def _frame(columns: tuple[str, ...], rows: Sequence[_Row]) -> pd.DataFrame:
    return pd.DataFrame([row.cells() for row in rows], columns=list(columns))


def _contradictions(given: _File) -> Iterator[tuple[str, str]]:
    """What is wrong although every value has its type: message and key."""
    yield from _in_rows("departments", given.departments)
    yield from _in_rows("persons", given.persons)
    yield from _in_rows("contracts", given.contracts)
    persons = {person.external_id for person in given.persons}
    for place, contract in enumerate(given.contracts):
        if contract.person_id not in persons:
            message = f"there is no person {contract.person_id}"
            yield message, f"contracts[{place}].person_id"
        if contract.end_date and contract.end_date < contract.start_date:
            yield "it ends before it starts", f"contracts[{place}].end_date"
    users: dict[str, tuple[int, str]] = {}
    for place, person in enumerate(given.persons):
        if person.user_id:
            number = str((person.model_extra or {}).get("person_number") or person.external_id)
            first, owner = users.setdefault(person.user_id, (place, number))
            if owner != number:
                yield (
                    f"{person.user_id} is the user of persons[{first}]",
                    f"persons[{place}].user_id",
                )
        if (person.groups or person.user_blocked) and not person.user_id:
            yield "without a user_id there is no user", f"persons[{place}]"
    yield from _in_switches(given.switches)


def _in_rows(name: str, rows: Sequence[_Row]) -> Iterator[tuple[str, str]]:
    """Unknown columns, and keys that stand twice."""
    seen: set[str] = set()
    for place, row in enumerate(rows):
        known = {*row.columns, *type(row).model_fields}
        for column, value in (row.model_extra or {}).items():
            key = f"{name}[{place}].{column}"
            if column not in known:
                yield f"there is no such key{_hint(column, known)}", key
            elif not isinstance(value, str | int | None):
                yield "it must be text", key
        if row.external_id in seen:
            yield f"{row.external_id} stands twice", f"{name}[{place}].external_id"
        seen.add(row.external_id)


def _in_switches(switches: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Unknown switches, and values that one does not take."""
    kinds = {name: kind for name, kind in get_type_hints(Switches).items() if name not in SET_APART}
    for name, value in switches.items():
        if name not in kinds:
            yield f"there is no such switch{_hint(name, set(kinds))}", f"switches.{name}"
            continue
        try:
            TypeAdapter(kinds[name]).validate_python(value, strict=True)
        except ValidationError as error:
            yield error.errors()[0]["msg"], f"switches.{name}"


def _furnish(afas: Afas, given: _File, file: Path) -> None:
    """What a customer adds to the definitions, and what persons hold in it."""
    key = ""
    try:
        for place, custom in enumerate(given.custom_fields):
            key = f"custom_fields[{place}]"
            spec = Spec(custom.length, label=custom.label)
            afas.catalogue.add_custom_field(custom.level, custom.field, spec)
        for place, column in enumerate(given.columns):
            key = f"columns[{place}]"
            afas.add_column(column.connector, column.name, column.shows)
        afas.records.groups |= given.groups
        for place, person in enumerate(given.persons):
            key = f"persons[{place}]"
            if person.user_id:
                user = afas.records.users[person.user_id]
                user.blocked, user.groups = person.user_blocked, [EVERYBODY, *person.groups]
                afas.records.groups |= {
                    group: group for group in person.groups if group not in afas.records.groups
                }
            for name, value in person.values.items():
                key = f"persons[{place}].values.{name}"
                _hold(afas, person.external_id, name, value=value)
    except (ValueError, Refusal) as error:
        raise ConfigError(str(error), file=str(file), key=key) from None
    afas.records.touch()


def _hold(afas: Afas, employee: str, name: str, *, value: str | bool) -> None:
    """Let a record hold a value, as `KnPerson.EmailPortal` names it."""
    level, _, field = name.partition(".")
    records: Mapping[str, Any] = {
        "KnPerson": afas.person_of(employee),
        "KnUser": afas.user_of(employee),
        "KnEmployee": afas.records.employees[employee],
    }
    record = records.get(level)
    at: Level | None = next((each for each in FORMS if each == level), None)
    spec = (FORMS[at].fields.get(field) or afas.catalogue.custom[at].get(field)) if at else None
    if spec is None or record is None:
        message = "there is no such field: it is a level and a field, such as KnPerson.EmailPortal"
        raise ValueError(message)
    record.fields[field] = spec.read(field, value)


def _wrong(file: Path, error: ValidationError) -> ConfigError:
    """The first thing that is wrong, with the record and key it stands in."""
    first = error.errors()[0]
    key = ""
    for part in first["loc"]:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    message = first["msg"]
    if first["type"] == "extra_forbidden":
        message = f"there is no such key{_hint(str(first['loc'][-1]), set(_File.model_fields))}"
    return ConfigError(message, file=str(file), key=key or None)


def _hint(word: str, known: set[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
