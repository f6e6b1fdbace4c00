"""The GetConnectors: which records they show, in which columns, on which day.

Columns and windows as in the T4E_HelloID_*_v2 definitions (.gcn files of
Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit) and in AFAS's own `Profit_Users`.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from connectors.afas.sandbox.records import EVERYBODY, Employee, Line, Place, Records, User

Row = dict[str, Any]
WINDOW_MONTHS: Final = 3
NOT_SHOWN: Final = "N"
"""Kind of employee that the definitions leave out."""


@dataclass(frozen=True, slots=True)
class View:
    """A GetConnector.

    Attributes:
        columns: Names of its fields, in order.
        rows: The rows of some records on a day.
    """

    columns: tuple[str, ...]
    rows: Callable[[Records, date], Iterator[Row]]


def months_later(day: date, months: int) -> date:
    """The same day so many months later (or earlier), or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _in_window(start: date | None, end: date | None, today: date) -> bool:
    return (start is None or start < months_later(today, WINDOW_MONTHS)) and (
        end is None or end > months_later(today, -WINDOW_MONTHS)
    )


def _contract_shown(line: Line, today: date) -> bool:
    return _in_window(line.contract_start, line.contract_end, today)


def _moment(day: date | None) -> str | None:
    """A day as AFAS writes it: the Z is there, and it is Amsterdam time all the same."""
    return f"{day.isoformat()}T00:00:00Z" if day else None


def _users(records: Records, today: date) -> Iterator[Row]:
    users = {user.person: user for user in records.users.values()}
    shown: dict[str, Employee] = {}
    for employee in records.employees.values():
        if any(_contract_shown(line, today) for line in employee.lines):
            shown.setdefault(employee.person, employee)
    for number, employee in shown.items():
        yield _user_row(records.persons[number].fields, number, employee, users.get(number))


def _user_row(fields: dict[str, str], number: str, employee: Employee, user: User | None) -> Row:
    login = user.fields if user else {}
    return {
        "Medewerker": employee.number,
        "Gebruiker": user.code if user else None,
        "Persoonsnummer": number,
        "DisplayName": employee.name or None,
        "Geblokkeerd": user.blocked if user else None,
        "UPN": login.get("Upn"),
        "Email_werk_gebruiker": login.get("EmAd"),
        "Profit_Windows": login.get("Awin", False) if user else None,
        "Connector": False if user else None,
        "Reservekopieen_via_commandline": False if user else None,
        "Commandline": False if user else None,
        "InSite": login.get("InSi", False) if user else None,
        "OutSite": login.get("Site", False) if user else None,
        "Email_portal": login.get("EmAd"),
        "Voorletters": fields.get("In"),
        "Roepnaam": fields.get("CaNm"),
        "Voornaam": fields.get("FiNm"),
        "Voorvoegsel": fields.get("IsBi"),
        "Geboortenaam": fields.get("NmBi"),
        "Geboortenaam_partner": fields.get("NmPa"),
        "Voorvoegsel_partner": fields.get("IsPa"),
        "Naamgebruik_code": fields.get("ViUs"),
        "Mobielnr_werk": fields.get("MbNr"),
        "Telefoonnr_werk": fields.get("TeNr"),
        "Email_werk": fields.get("EmAd"),
    }


def _lines(records: Records) -> Iterator[tuple[Employee, Line]]:
    for employee in records.employees.values():
        for line in employee.lines:
            if line.kind_code != NOT_SHOWN:
                yield employee, line


def _employments(records: Records, today: date) -> Iterator[Row]:
    for employee, line in _lines(records):
        if not (_contract_shown(line, today) and _in_window(line.start, line.end, today)):
            continue
        yield {
            **_place(records, employee, line),
            "ExternalID": line.guid,
            "Type_contract": "Onbepaalde tijd" if line.contract_end is None else "Bepaalde tijd",
            "Dienstverband": "1",
            "Volgnummer_contract": line.contract,
            "Begindatum_contract": _moment(line.contract_start),
            "Einddatum_contract": _moment(line.contract_end),
            "Soort_medewerker": line.kind,
            "Soort_medewerker_code": line.kind_code,
            "Dienstbetrekking": "Fulltime" if line.fte == 1 else "Parttime",
            "Uren_per_week": line.hours,
            "Parttime_percentage": line.percentage,
            "FTE": line.fte,
        }


def _positions(records: Records, today: date) -> Iterator[Row]:
    for employee, line in _lines(records):
        for position in line.positions:
            if _in_window(position.start, position.end, today):
                yield {
                    **_place(records, employee, position),
                    "Percentage": position.percentage,
                    "EmploymentExternalID": line.guid,
                    "ExternalID": position.guid,
                }


def _place(records: Records, employee: Employee, place: Place) -> Row:
    unit, manager = records.units.get(place.unit), records.employees.get(place.manager)
    return {
        "Medewerker": employee.number,
        "Persoonsnummer": employee.person,
        "Naam": employee.name or None,
        "Organisatorische_eenheid_code": place.unit or None,
        "Organisatorische_eenheid_omschrijving": unit.name if unit else None,
        "Functie_code": place.title_id or None,
        "Functie_omschrijving": place.title or None,
        "Kostenplaats_code": place.cost_center or None,
        "Kostenplaats_omschrijving": place.cost_center or None,
        "Werkgever_code": place.employer or None,
        "Werkgever_omschrijving": place.employer or None,
        "Begindatum_functie": _moment(place.start),
        "Einddatum_functie": _moment(place.end),
        "Persoonsnummer_leidinggevende": manager.person if manager else None,
        "Medewerkernummer_leidinggevende": place.manager or None,
        "Persoonsnummer_VervangendLeidinggevende": None,
        "Medewerkernummer_VervangendLeidinggevende": None,
    }


NOWHERE: Final = Place(guid="", unit="", title_id="", title="", start=date.min)
"""Only there to list the columns."""


def _units(records: Records, _today: date) -> Iterator[Row]:
    for unit in records.units.values():
        yield {
            "ExternalId": unit.code,
            "DisplayName": unit.name or None,
            "ParentExternalId": unit.parent or None,
            "ManagerExternalId": unit.manager or None,
            "Huidige_vervanger": None,
        }


def _groups(records: Records, _today: date) -> Iterator[Row]:
    for code, description in records.groups.items():
        if code != EVERYBODY:
            yield {"GroupId": code, "Description": description}


def _user_groups(records: Records, _today: date) -> Iterator[Row]:
    for user in records.users.values():
        for group in user.groups:
            if group != EVERYBODY and not user.blocked:
                yield {"GroupId": group, "UserId": user.code}


def _profit_users(records: Records, _today: date) -> Iterator[Row]:
    employees = {employee.person: employee.number for employee in records.employees.values()}
    for user in records.users.values():
        yield {
            "UserId": user.code,
            "Description": user.description or None,
            "UPN": user.fields.get("Upn"),
            "Blocked": user.blocked,
            "Email": user.fields.get("EmAd"),
            "Windows": user.fields.get("Awin", False),
            "Connector": False,
            "OutSite": user.fields.get("Site", False),
            "InSite": user.fields.get("InSi", False),
            "PersonId": user.person or None,
            "EmployeeId": employees.get(user.person),
        }


_PLACE: Final = tuple(_place(Records(), Employee(number="", person="", name=""), NOWHERE))[3:]
VIEWS: Final = {
    "T4E_HelloID_Users_v2": View(
        tuple(_user_row({}, "", Employee(number="", person="", name=""), None)), _users
    ),
    "T4E_HelloID_Employments_v2": View(
        (
            *("Medewerker", "Persoonsnummer", "Naam", "ExternalID", *_PLACE),
            *("Type_contract", "Dienstverband", "Volgnummer_contract", "Begindatum_contract"),
            *(
                "Einddatum_contract",
                "Soort_medewerker",
                "Soort_medewerker_code",
                "Dienstbetrekking",
            ),
            *("Uren_per_week", "Parttime_percentage", "FTE"),
        ),
        _employments,
    ),
    "T4E_HelloID_Positions_v2": View(
        (
            *("Medewerker", "Persoonsnummer", "Naam", *_PLACE, "Percentage"),
            *("EmploymentExternalID", "ExternalID"),
        ),
        _positions,
    ),
    "T4E_HelloID_OrganizationalUnits_v2": View(
        ("ExternalId", "DisplayName", "ParentExternalId", "ManagerExternalId", "Huidige_vervanger"),
        _units,
    ),
    "T4E_HelloID_Groups_v2": View(("GroupId", "Description"), _groups),
    "T4E_HelloID_UserGroups_v2": View(("GroupId", "UserId"), _user_groups),
    "Profit_Users": View(
        (
            *("UserId", "Description", "UPN", "Blocked", "Email", "Windows", "Connector"),
            *("OutSite", "InSite", "PersonId", "EmployeeId"),
        ),
        _profit_users,
    ),
}
