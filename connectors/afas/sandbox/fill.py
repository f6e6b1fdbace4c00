"""People become records: the other way round than the source goes."""

import uuid
from datetime import date
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
)
from connectors.model.people import People

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


def records_of(people: People) -> Records:
    """The records of an environment in which these people work.

    A person without `user_id` has no user. A user starts with the UPN and the mail that the people
    have, mostly none.
    """
    records = Records()
    for unit in _cells(people.departments):
        records.units[unit["external_id"]] = Unit(
            code=unit["external_id"],
            name=text(unit["name"]),
            parent=text(unit["parent_id"]),
            manager=text(unit["manager_id"]),
        )
    for place, row in enumerate(_cells(people.persons), start=1):
        _add_person(records, place, row)
    for row in _cells(people.contracts):
        employee = records.employees[row["person_id"]]
        employee.lines.append(_line(row, contract=len(employee.lines) + 1))
    return records


def _cells(frame: pd.DataFrame) -> list[Cells]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _add_person(records: Records, place: int, row: Cells) -> None:
    employee = str(row["external_id"])
    number = text(row["person_number"]) or str(2_000_000 + place)
    fields = {wire: text(row[ours]) for ours, wire in PERSON_FIELDS.items()}
    fields["ViUs"] = USAGE.get(text(row["convention"]), "")
    known = {name: value for name, value in fields.items() if value}
    records.persons[number] = Person(number=number, internal=place, fields=known)
    records.employees[employee] = Employee(
        number=employee, person=number, name=text(row["display_name"])
    )
    if code := text(row["user_id"]):
        login: dict[str, str | bool] = {"InSi": True, "Site": False, "Awin": False}
        login |= {
            name: value
            for name, value in (
                ("Upn", text(row["user_principal_name"])),
                ("EmAd", text(row["work_email"])),
            )
            if value
        }
        records.users[code] = User(
            code=code,
            person=number,
            description=text(row["display_name"]) or employee,
            fields=login,
            groups=[EVERYBODY],
        )


def _line(row: Cells, *, contract: int) -> Line:
    start, end = day(row["start_date"]), day(row["end_date"])
    if start is None:
        message = f"contract {row['external_id']} has no start date"
        raise ValueError(message)
    key = str(row["external_id"])
    where: dict[str, Any] = {
        "unit": text(row["department_id"]),
        "title_id": text(row["title_id"]),
        "title": text(row["title"]),
        "cost_center": text(row["cost_center"]),
        "employer": text(row["employer"]),
        "manager": text(row["manager_id"]),
        "start": start,
        "end": end,
        "percentage": number(row["percentage"]),
    }
    return Line(
        guid=guid(f"employment {key}"),
        contract=int(number(row["sequence"]) or contract),
        contract_start=start,
        contract_end=end,
        kind=text(row["type"]) or "Personeelslid",
        hours=number(row["hours_per_week"]),
        fte=number(row["fte"]),
        positions=[Place(guid=guid(f"position {key}"), **where)],
        **where,
    )


def guid(name: str) -> str:
    """The same name gives the same GUID."""
    return str(uuid.uuid5(NAMESPACE, name)).upper()


def text(cell: Any) -> str:
    """A cell as text, "" for none."""
    return "" if pd.isna(cell) else str(cell)


def number(cell: Any) -> float | None:
    """A cell as a number."""
    return None if pd.isna(cell) else float(cell)


def day(cell: Any) -> date | None:
    """A cell as a day."""
    return None if pd.isna(cell) else pd.Timestamp(cell).date()
