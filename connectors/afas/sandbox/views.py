"""The GetConnectors: which records they show, in which columns, on which day.

Columns and windows as in the T4E_HelloID_*_v2 definitions (.gcn files of
Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit) and in AFAS's own `Profit_Users` and
`Profit_UserGroups`.
"""

import calendar
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.afas.sandbox.records import (
    EVERYBODY,
    Employee,
    Kind,
    Line,
    Place,
    Records,
    User,
    Values,
)
from connectors.afas.sandbox.tables import Cells

WINDOW_MONTHS: Final = 3
NOT_SHOWN: Final = "N"
"""Kind of employee that the definitions leave out."""


def months_later(day: date, months: int) -> date:
    """The same day so many months later (or earlier), or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Window:
    """What lies within three months of a day (D12)."""

    begins_before: date
    ends_after: date

    @classmethod
    def around(cls, today: date) -> "Window":
        """The window of a day."""
        return cls(months_later(today, WINDOW_MONTHS), months_later(today, -WINDOW_MONTHS))

    def touches(self, start: date | None, end: date | None) -> bool:
        """Whether a period lies in it, at least in part."""
        return (start is None or start < self.begins_before) and (
            end is None or end > self.ends_after
        )

    def shows(self, line: Line) -> bool:
        """Whether the contract of a function line lies in it."""
        return self.touches(line.contract_start, line.contract_end)


@dataclass(frozen=True, slots=True)
class View:
    """A GetConnector.

    Attributes:
        columns: Names of its fields, in order.
        about: What its rows are about.
        rows: The rows about one of those.
        employee: Column that holds the employee number, where custom columns can be added.
    """

    columns: tuple[str, ...]
    about: Kind
    rows: Callable[[Records, Window, str], Iterator[Cells]]
    employee: str | None = None

    def subjects(self, records: Records) -> Iterable[str]:
        """Keys of all that it could have rows about."""
        match self.about:
            case "unit":
                return list(records.units)
            case "group":
                return list(records.groups)
            case _:
                users = {user.person: None for user in records.users.values()}
                return list({**dict.fromkeys(records.persons), **users})


def _moment(day: date | None) -> str | None:
    """A day as AFAS writes it: the Z is there, and it is Amsterdam time all the same (D11)."""
    return f"{day.isoformat()}T00:00:00Z" if day else None


USERS: Final = (
    *("Medewerker", "Gebruiker", "Persoonsnummer", "DisplayName"),
    *("Geblokkeerd", "UPN", "Email_werk_gebruiker", "Profit_Windows", "Connector"),
    *("Reservekopieen_via_commandline", "Commandline", "InSite", "OutSite", "Email_portal"),
    *("Voorletters", "Roepnaam", "Voornaam", "Voorvoegsel", "Geboortenaam"),
    *("Geboortenaam_partner", "Voorvoegsel_partner", "Naamgebruik_code"),
    *("Mobielnr_werk", "Telefoonnr_werk", "Email_werk"),
)
_OF_PERSON: Final = (
    *("In", "CaNm", "FiNm", "IsBi", "NmBi", "NmPa", "IsPa", "ViUs"),
    *("MbNr", "TeNr", "EmAd"),
)


def _users(records: Records, window: Window, number: str) -> Iterator[Cells]:
    person = records.persons.get(number)
    if person is None:
        return
    for employee in records.employees_of(number):
        if any(window.shows(line) for line in employee.lines):
            yield (
                employee.number,
                *_login(records.user_of(number), number, employee),
                *(person.fields.get(name) for name in _OF_PERSON),
            )
            return


def _login(user: User | None, number: str, employee: Employee) -> Cells:
    """From `Gebruiker` to `Email_portal`: null for a person without a user."""
    name = employee.name or None
    if user is None:
        return (None, number, name, *(None,) * 10)
    held: Values = user.fields
    windows, insite, outsite = (held.get(field, False) for field in ("Awin", "InSi", "Site"))
    mail = held.get("EmAd")
    return (
        *(user.code, number, name, user.blocked, held.get("Upn"), mail, windows),
        *(False, False, False, insite, outsite, mail),
    )


PLACE: Final = (
    *("Organisatorische_eenheid_code", "Organisatorische_eenheid_omschrijving"),
    *("Functie_code", "Functie_omschrijving", "Kostenplaats_code", "Kostenplaats_omschrijving"),
    *("Werkgever_code", "Werkgever_omschrijving"),
)
PERIOD: Final = ("Begindatum_functie", "Einddatum_functie")
BOSS: Final = (
    *("Persoonsnummer_leidinggevende", "Medewerkernummer_leidinggevende"),
    *("Persoonsnummer_VervangendLeidinggevende", "Medewerkernummer_VervangendLeidinggevende"),
)
EMPLOYMENTS: Final = (
    *("Medewerker", "Persoonsnummer", "Naam", "ExternalID", *PLACE),
    *("Type_contract", "Dienstverband", "Volgnummer_contract"),
    *("Begindatum_contract", "Einddatum_contract", *PERIOD),
    *("Soort_medewerker", "Soort_medewerker_code", "Dienstbetrekking"),
    *("Uren_per_week", "Parttime_percentage", "FTE", *BOSS),
)
POSITIONS: Final = (
    *("Medewerker", "Persoonsnummer", "Naam", *PLACE, *PERIOD, "Percentage", *BOSS),
    *("EmploymentExternalID", "ExternalID"),
)


def _lines(records: Records, person: str) -> Iterator[tuple[Employee, Line]]:
    for employee in records.employees_of(person):
        for line in employee.lines:
            if line.kind_code != NOT_SHOWN:
                yield employee, line


def _employments(records: Records, window: Window, person: str) -> Iterator[Cells]:
    for employee, line in _lines(records, person):
        if window.shows(line) and window.touches(line.start, line.end):
            yield (
                *(employee.number, employee.person, employee.name or None, line.guid),
                *_place(records, line),
                "Onbepaalde tijd" if line.contract_end is None else "Bepaalde tijd",
                *("1", line.contract, _moment(line.contract_start), _moment(line.contract_end)),
                *(_moment(line.start), _moment(line.end), line.kind, line.kind_code),
                "Fulltime" if line.fte == 1 else "Parttime",
                *(line.hours, line.percentage, line.fte),
                *_boss(records, line),
            )


def _positions(records: Records, window: Window, person: str) -> Iterator[Cells]:
    for employee, line in _lines(records, person):
        for position in line.positions:
            if window.touches(position.start, position.end):
                yield (
                    *(employee.number, employee.person, employee.name or None),
                    *_place(records, position),
                    *(_moment(position.start), _moment(position.end), position.percentage),
                    *_boss(records, position),
                    *(line.guid, position.guid),
                )


def _place(records: Records, place: Place) -> Cells:
    unit = records.units.get(place.unit)
    center, employer = place.cost_center or None, place.employer or None
    return (
        *(place.unit or None, (unit.name if unit else None) or None),
        *(place.title_id or None, place.title or None, center, center, employer, employer),
    )


def _boss(records: Records, place: Place) -> Cells:
    manager = records.employees.get(place.manager)
    return (manager.person if manager else None, place.manager or None, None, None)


def _units(records: Records, _: Window, code: str) -> Iterator[Cells]:
    if unit := records.units.get(code):
        yield unit.code, unit.name or None, unit.parent or None, unit.manager or None, None


def _groups(records: Records, _: Window, code: str) -> Iterator[Cells]:
    if code != EVERYBODY and code in records.groups:
        yield code, records.groups[code]


def _user_groups(records: Records, _: Window, person: str) -> Iterator[Cells]:
    user = records.user_of(person)
    if user and not user.blocked:
        yield from ((group, user.code) for group in user.groups if group != EVERYBODY)


def _profit_users(records: Records, _: Window, person: str) -> Iterator[Cells]:
    if user := records.user_of(person):
        held, employees = user.fields, records.employees_of(person)
        yield (
            *(user.code, user.description or None, held.get("Upn"), user.blocked),
            *(held.get("EmAd"), held.get("Awin", False), False),
            *(held.get("Site", False), held.get("InSi", False), user.person or None),
            employees[-1].number if employees else None,
        )


PROFIT_USER_GROUPS: Final = ("GroupId", "Decription", "UserId")  # codespell:ignore decription
"""AFAS's own spelling."""


def _profit_user_groups(records: Records, _: Window, person: str) -> Iterator[Cells]:
    if user := records.user_of(person):
        yield from ((group, records.groups.get(group), user.code) for group in user.groups)


VIEWS: Final = {
    "T4E_HelloID_Users_v2": View(USERS, "person", _users, "Medewerker"),
    "T4E_HelloID_Employments_v2": View(EMPLOYMENTS, "person", _employments, "Medewerker"),
    "T4E_HelloID_Positions_v2": View(POSITIONS, "person", _positions, "Medewerker"),
    "T4E_HelloID_OrganizationalUnits_v2": View(
        ("ExternalId", "DisplayName", "ParentExternalId", "ManagerExternalId", "Huidige_vervanger"),
        "unit",
        _units,
    ),
    "T4E_HelloID_Groups_v2": View(("GroupId", "Description"), "group", _groups),
    "T4E_HelloID_UserGroups_v2": View(("GroupId", "UserId"), "person", _user_groups),
    "Profit_Users": View(
        (
            *("UserId", "Description", "UPN", "Blocked", "Email", "Windows", "Connector"),
            *("OutSite", "InSite", "PersonId", "EmployeeId"),
        ),
        "person",
        _profit_users,
        "EmployeeId",
    ),
    "Profit_UserGroups": View(PROFIT_USER_GROUPS, "person", _profit_user_groups),
}
"""Name of a definition -> its view."""
BOOLEANS: Final = frozenset(
    {
        *("Geblokkeerd", "Profit_Windows", "Connector", "Reservekopieen_via_commandline"),
        *("Commandline", "InSite", "OutSite", "Blocked", "Windows"),
    }
)
NUMBERS: Final = frozenset({"Uren_per_week", "Parttime_percentage", "FTE", "Percentage"})
WHOLE: Final = frozenset({"Volgnummer_contract"})
