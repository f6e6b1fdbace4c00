"""Cassettes of this folder: recorded from our own sandbox, never from AFAS.

They pin the bytes on the wire: a request that changes, or a reply read differently, shows up
in review. `python -m tests.connectors.afas.recorded` records them anew.
"""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from unittest.mock import patch

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.mapping import RIGHTS
from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.application import VERSION
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.sandbox.variety import add_variety
from connectors.afas.settings import EmployeeSettings, SourceSettings, UserSettings
from connectors.afas.source import AfasSource
from connectors.afas.user_writer import UserWriter
from connectors.model.accounts import Accounts
from connectors.model.change import (
    Change,
    CorrelateAccount,
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    UpdateAccount,
)
from connectors.model.connector import Finding
from connectors.model.people import People
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR
from connectors.sdk.invent import invent
from connectors.sdk.once import Once
from tests.connectors.afas.lab import TODAY
from tests.connectors.afas.tape import COLUMNS, FOLDER, TAPE, label

USERS = "T4E_HelloID_Users_v2"
DOCUMENTS = "Documenten"
PEOPLE, SEED, PAGE = 25, 1, 10
NOON = datetime.combine(TODAY, time(12), UTC)
TAKEN_MAIL = "staff.1000005@example.org"
"""Work mail and user name of 1000005 from the beginning."""
PRIVATE_SENT = {
    "EmA2": "moved@home.example.org",
    "TeN2": "030 5551234",
    "DaBi": "1979-12-31",
    "SoSe": "987654321",
}
"""What an update of 1000002 sends."""
MADE_FROM = {
    "system": "Retour's own sandbox of AFAS Profit; not AFAS",
    "version": f"says ProfitVersion {VERSION}",
    "people": f"invented: {PEOPLE}, seed {SEED}",
    "day there": TODAY.isoformat(),
    "with": "tests/connectors/afas/recorded.py",
}


def environment() -> Afas:
    """Invented people in every state that a write-back meets, with private columns shown."""
    afas = Afas.from_people(invent(PEOPLE, SEED, TODAY), today=TODAY)
    add_variety(afas)
    for name, shows in {**COLUMNS, DOCUMENTS: "KnEmployee.EmAd"}.items():
        afas.add_column(USERS, name, shows)
    for place, employee in enumerate(afas.records.employees):
        private = dict(zip(("EmA2", "TeN2", "DaBi", "SoSe"), _private(place), strict=True))
        afas.person_of(employee).fields |= private
    users = afas.records.users
    users["12345.1000009"].blocked = True
    mail = {"EmAd": "leaver@example.org"}
    afas.person_of("1000007").fields |= {**mail, "TeNr": "030 5550007"}
    users["12345.1000007"].fields |= {**mail, "Upn": "leaver@example.org"}
    del afas.person_of("1000003").fields["EmA2"]
    afas.move("1000006", "IT", "Developer", on=date(2026, 11, 1))
    afas.fail_next("conflict", verb="PUT", connector="KnPerson")
    afas.records.touch()
    return afas


def private_values() -> list[str]:
    """Every value that no cassette may show."""
    return [*PRIVATE_SENT.values(), *(value for n in range(PEOPLE) for value in _private(n))]


def _private(place: int) -> tuple[str, str, str, str]:
    """Private mail, private phone, birth date and citizen number of an invented person."""
    return (
        f"nr{place:02}@home.example.org",
        f"020 55577{place:02}",
        f"{1961 + place}-02-1{place % 10}",
        f"1230004{place:02}",
    )


# --- the import -----------------------------------------------------------------------------------


def import_people(settings: dict[str, Any]) -> tuple[list[Finding], People]:
    """A check and an import: six GetConnectors in pages, groups, windows of the profile."""
    given = SourceSettings(
        **settings,
        max_rows=PAGE,
        read_groups=True,
        starts_within_days=60,
        ended_within_days=30,
    )
    with (
        closing(AfasSource(given)) as source,
        patch("connectors.afas.source.now", lambda: NOON),  # the window's today is in the query
    ):
        return list(source.check()), source.read(as_of=TODAY)


# --- the write-back -------------------------------------------------------------------------------


@dataclass(frozen=True)
class WriteBack:
    """What a write-back came to.

    Attributes:
        findings: Of the check before it.
        employees: Accounts before and after.
        users: The same.
        receipts: One per change.
    """

    findings: list[Finding]
    employees: tuple[Accounts, Accounts]
    users: tuple[Accounts, Accounts]
    receipts: list[Receipt]


def write_back(settings: dict[str, Any]) -> WriteBack:
    """Read both targets, write every verb to both, read them again."""
    shared = {**settings, "max_rows": PAGE, "concurrency": 1}
    employee = {
        "payslips_to_private_mail": True,
        "private_mail_column": "Email_prive",
        "documents_column": DOCUMENTS,
        "columns": {field.partition(".")[2]: name for name, field in COLUMNS.items()},
    }
    user = {"create_user": True, "update_user_id": True, "customer": "12345"}
    employees = EmployeeSettings(**shared, **employee)
    users = UserSettings(**shared, **user)
    with ExitStack() as stack:

        def opened(part: Any) -> Any:
            return stack.enter_context(closing(part))

        def writes(
            kind: Any, given: EmployeeSettings | UserSettings, changes: Iterable[Change]
        ) -> list[Receipt]:
            return list(opened(kind(given, "hr", sleep=lambda _: None)).apply(changes))

        def read(*, check: bool = False) -> tuple[list[Finding], Accounts, Accounts]:
            once = Once()
            readers = (
                opened(EmployeeReader(employees, "hr", once)),
                opened(UserReader(users, "hr", once)),
            )
            found = [finding for one in readers if check for finding in one.check()]
            return found, readers[0].read(), readers[1].read()

        findings, before, users_before = read(check=True)
        plan = _Planned(before, users_before)
        through_person = employees.model_copy(update={"update_through": "KnPerson"})
        leaving = users.model_copy(update={"on_disable": "block_and_leave_groups"})
        described = users.model_copy(update={"send_description": True})
        receipts = [
            *writes(EmployeeWriter, employees, plan.employees()),
            *writes(EmployeeWriter, through_person, plan.through_person()),
            *writes(UserWriter, users, plan.users()),
            *writes(UserWriter, leaving, plan.leaving_groups()),
            *writes(UserWriter, described, plan.described()),
        ]
        _, after, users_after = read()
    return WriteBack(findings, (before, after), (users_before, users_after), receipts)


class _Planned:
    """Changes as a planner makes them of one reading."""

    def __init__(self, employees: Accounts, users: Accounts) -> None:
        self._employees, self._users = employees, users

    def employees(self) -> list[Change]:
        return [
            self._employee(CorrelateAccount, "1000001"),
            self._employee(UpdateAccount, "1000001", EmAd="janine@example.org", TeNr="030 0000001"),
            self._employee(UpdateAccount, "1000002", **PRIVATE_SENT),
            self._employee(UpdateAccount, "1000005", EmAd=TAKEN_MAIL, TeNr="030 0000005"),
            self._employee(UpdateAccount, "1000006", EmAd=TAKEN_MAIL),
            self._employee(DeleteAccount, "1000007", DocumentsTo="P", EmAd=CLEAR, TeNr=CLEAR),
            self._employee(DeleteAccount, "9999999"),
        ]

    def through_person(self) -> list[Change]:
        return [self._employee(UpdateAccount, "1000008", MbNr="06 00000008", EmAd="o@example.org")]

    def users(self) -> list[Change]:
        login = {"Upn": "janine@example.org", "EmAd": "janine@example.org"}
        without = self._users.without_account
        assert without is not None
        [number] = without.query("person == '1000021'")["BcCo"]
        new = {"Medewerker": "1000021", "Gebruiker": "12345.1000021", "Nm": "Ольга Ivanova"}
        rights = {**dict.fromkeys(RIGHTS, False), "InSi": True}
        create = CreateAccount(
            target="hr",
            person="1000021",
            after={**new, **rights, "Upn": "olga@example.org"},
            context={"BcCo": number},
        )
        return [
            self._user(CorrelateAccount, "1000001"),
            self._user(UpdateAccount, "1000001", **login),
            create,
            self._user(EnableAccount, "1000009", enabled=True, Upn="n@example.org"),
            self._user(DisableAccount, "1000011", enabled=False),
            self._user(UpdateAccount, "1000012", Gebruiker="12345.JVDB", Upn="j@example.org"),
            self._user(UpdateAccount, "1000013", Upn=TAKEN_MAIL),
            self._user(DeleteAccount, "1000007", enabled=False, Upn=CLEAR, EmAd=CLEAR, InSi=False),
            self._user(UpdateAccount, "1000001", **login),
        ]

    def leaving_groups(self) -> list[Change]:
        return [self._user(DisableAccount, "1000014", enabled=False)]

    def described(self) -> list[Change]:
        return [self._user(UpdateAccount, "1000015", Upn="p@example.org")]

    def _employee(self, kind: type[Change], person: str, **after: Any) -> Change:
        held = self._employees.attributes
        row: Any = held.loc[person] if person in held.index else {}
        names = ("BcCo",) if person in held.index else ()
        context = {name: str(row[name]) for name in names}
        return kind(target="hr", person=person, ref=person, after=after, context=context)

    def _user(self, kind: type[Change], person: str, **after: Any) -> Change:
        ref = f"12345.{person}"
        context = {"BcCo": str(self._users.attributes.loc[ref, "BcCo"])}
        return kind(target="hr", person=person, ref=ref, after=after, context=context)


EXCHANGES = {"import": import_people, "write_back": write_back}


def record() -> None:
    """Record every cassette from a fresh sandbox."""
    for name, exchange in EXCHANGES.items():
        (FOLDER / f"{name}.yaml").unlink(missing_ok=True)
        with ServedAfas(environment()) as served, TAPE.cassette(name, mode="all"):
            exchange(dict(served.settings))
        label(name, MADE_FROM)


if __name__ == "__main__":
    record()
