"""People become records: the other way round than the source goes."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from connectors.afas.mapping import CONVENTIONS
from connectors.afas.sandbox.records import (
    EVERYBODY,
    Employee,
    Line,
    Person,
    Place,
    Records,
    Unit,
    User,
    Values,
)
from connectors.model.people import People
from connectors.model.texts import TEXT_DTYPE, as_texts

NAMESPACE: Final = uuid.UUID("6f0d6a2e-7c63-4c1e-9d5c-0f3a5a1b7e11")
USAGE: Final = {convention: code for code, convention in CONVENTIONS.items()}
"""Convention -> `ViUs`."""
PERSON_FIELDS: Final = {
    "given_name": "FiNm",
    "nick_name": "CaNm",
    "initials": "In",
    "family_name_prefix": "IsBi",
    "family_name": "NmBi",
    "partner_name_prefix": "IsPa",
    "partner_name": "NmPa",
    "work_email": "EmAd",
    "personal_email": "EmA2",
    "work_phone": "TeNr",
    "work_mobile": "MbNr",
}
"""Person field -> field of KnPerson."""


Cells = dict[str, Any]
"""A row of a frame; None where there is nothing."""


def records_of(people: People) -> Records:
    """The records of an environment in which these people work.

    A person without `user_id` has no user. A user starts with the UPN and the mail that the people
    have, mostly none.

    Raises:
        ValueError: A contract has no start date.
    """
    records = Records()
    for unit in _rows(people.departments):
        records.units[unit["external_id"]] = Unit(
            code=unit["external_id"],
            name=unit["name"] or "",
            parent=unit["parent_id"] or "",
            manager=unit["manager_id"] or "",
        )
    for place, row in enumerate(_rows(people.persons), start=1):
        _add_person(records, place, row)
    for row in _rows(people.contracts):
        employee = records.employees[row["person_id"]]
        employee.lines.append(_line(row, contract=len(employee.lines) + 1))
    return records


def _rows(frame: pd.DataFrame) -> Iterator[Cells]:
    """The rows of a frame: text, numbers, days, and None."""
    columns = {str(name): _cells(frame[name]) for name in frame.columns}
    for cells in zip(*columns.values(), strict=True):
        yield dict(zip(columns, cells, strict=True))


def _cells(column: "pd.Series[Any]") -> list[Any]:
    if column.dtype == TEXT_DTYPE:
        texts: list[Any] = as_texts(column).to_pylist()
        return texts
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.date
    held = column.astype(object)
    return list(held.where(column.notna(), None))


def _add_person(records: Records, place: int, row: Cells) -> None:
    employee, name = row["external_id"], row["display_name"] or ""
    number = row["person_number"] or str(2_000_000 + place)
    fields: Values = {wire: row[ours] for ours, wire in PERSON_FIELDS.items() if row[ours]}
    if usage := USAGE.get(row["convention"] or ""):
        fields["ViUs"] = usage
    records.persons[number] = Person(number=number, internal=place, fields=fields)
    records.employees[employee] = Employee(number=employee, person=number, name=name)
    if code := row["user_id"]:
        login: Values = {"InSi": True, "Site": False, "Awin": False}
        if row["user_principal_name"]:
            login["Upn"] = row["user_principal_name"]
        if row["work_email"]:
            login["EmAd"] = row["work_email"]
        records.users[code] = User(
            code=code,
            person=number,
            description=name or employee,
            fields=login,
            groups=[EVERYBODY],
        )


def _line(row: Cells, *, contract: int) -> Line:
    key, start, end = row["external_id"], row["start_date"], row["end_date"]
    if start is None:
        message = f"contract {key} has no start date"
        raise ValueError(message)
    where: dict[str, Any] = {
        "unit": row["department_id"] or "",
        "title_id": row["title_id"] or "",
        "title": row["title"] or "",
        "cost_center": row["cost_center"] or "",
        "employer": row["employer"] or "",
        "manager": row["manager_id"] or "",
        "start": start,
        "end": end,
        "percentage": row["percentage"],
    }
    return Line(
        guid=guid(f"employment {key}"),
        contract=int(row["sequence"] or contract),
        contract_start=start,
        contract_end=end,
        kind=row["type"] or "Personeelslid",
        hours=row["hours_per_week"],
        fte=row["fte"],
        positions=[Place(guid=guid(f"position {key}"), **where)],
        **where,
    )


def guid(name: str) -> str:
    """The same name gives the same GUID."""
    return str(uuid.uuid5(NAMESPACE, name)).upper()
