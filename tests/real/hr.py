"""The two HR systems of the main job under the same few words, and whom they make due what."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from connectors.afas.sandbox.serve import ServedAfas
from connectors.hr_file.sandbox import write_hr_files
from connectors.model.people import People
from tests.real.domain import Account

RULES: list[dict[str, Any]] = [
    {
        "id": "staff-account",
        "description": "An account from two weeks before a contract to a month after it.",
        "window": {"from_days": -14, "until_days": 30},
        "grant": {"active_directory": {"account": True}},
    },
    {
        "id": "staff-access",
        "description": "Signing in from the first day to the last.",
        "grant": {"active_directory": {"access": True, "groups": ["G-All-Staff"]}},
    },
    {
        "id": "care",
        "description": "Carers see the records a week before they begin.",
        "when": {"contract.department.id": {"in": ["CARE", "NURSING"]}},
        "window": {"from_days": -7},
        "grant": {"active_directory": {"groups": ["G-Care-Staff"]}},
    },
    {
        "id": "it",
        "description": "Administrators of the workplaces.",
        "when": {"contract.department.id": "IT"},
        "grant": {"active_directory": {"groups": ["G-IT"]}},
    },
]
GROUPS = ("G-All-Staff", "G-Care-Staff", "G-IT")
A_DAY = timedelta(days=1)

Held = tuple[str | None, ...]
"""What HR holds of what a directory produced."""


@dataclass(frozen=True)
class Due:
    """What the rules above make a person due: worked out here a second time, person by person."""

    access: bool
    groups: tuple[str, ...]


def due(people: People, today: date) -> dict[str, Due]:
    """Everybody who is due an account, and what else."""
    found: dict[str, Due] = {}
    for person, contracts in people.contracts.groupby("person_id"):
        periods = [
            (one.department_id, one.start_date.date(), _last_day(one.end_date))
            for one in contracts.itertuples()
        ]

        def works(*departments: str, before: int = 0, after: int = 0, at: Any = periods) -> bool:
            return any(
                start - timedelta(before) <= today <= end + timedelta(after)
                for department, start, end in at
                if not departments or department in departments
            )

        if works(before=14, after=30):
            groups = {
                "G-All-Staff": works(),
                "G-Care-Staff": works("CARE", "NURSING", before=7),
                "G-IT": works("IT"),
            }
            held = tuple(sorted(name for name, is_due in groups.items() if is_due))
            found[str(person)] = Due(access=works(), groups=held)
    return found


def _last_day(end: pd.Timestamp) -> date:
    return date(9000, 1, 1) if pd.isna(end) else end.date()


class Hr(Protocol):
    """An HR system, to read people from and to write back to."""

    people: People
    source: dict[str, Any]
    """`source` of a profile."""
    targets: dict[str, dict[str, Any]]
    """The targets of a profile that write back."""

    def held(self) -> dict[str, Held]:
        """What is held now, by person; only persons who can hold something."""
        ...

    def after_write_back(self, person: str, account: Account) -> Held:
        """What must be held of somebody with this account."""
        ...

    def writes(self) -> int:
        """How much was written back so far; it grows while a run goes on."""
        ...

    def move(self, person: str, department: str, title: str) -> None:
        """Somebody works somewhere else from today on."""
        ...

    def leave(self, person: str) -> None:
        """Somebody's last day was yesterday."""
        ...


class AfasHr:
    """AFAS, as its sandbox speaks HTTP."""

    VIEW = "T4E_HelloID_Users_v2"

    def __init__(self, served: ServedAfas, people: People, today: date) -> None:
        self.people, self.afas, self._today = people, served.afas, today
        settings = dict(served.settings)
        self.source = {"connector": "afas", "settings": settings}
        mail = {"from": "accounts.active_directory.mail"}
        upn = {"from": "accounts.active_directory.userPrincipalName"}
        self.targets = {
            "afas_employee": {
                "connector": "afas.employee",
                "settings": settings,
                "fields": {"EmAd": mail},
            },
            "afas_user": {
                "connector": "afas.user",
                "settings": settings,
                "fields": {"Upn": upn, "EmAd": mail},
            },
        }

    def held(self) -> dict[str, Held]:
        columns = ("Email_werk", "UPN", "Email_werk_gebruiker")
        return {
            row["Medewerker"]: tuple(row[name] for name in columns)
            for row in self.afas.rows(self.VIEW)
        }

    def after_write_back(self, person: str, account: Account) -> Held:
        if self.afas.user_of(person) is None:
            return account.mail, None, None
        return account.mail, account.upn, account.mail

    def writes(self) -> int:
        return len(self.afas.writes)

    def move(self, person: str, department: str, title: str) -> None:
        self.afas.move(person, department, title)

    def leave(self, person: str) -> None:
        self.afas.leave(person, self._today - A_DAY)


class FileHr:
    """HR that hands over files, and takes a file back."""

    def __init__(self, folder: Path, people: People, today: date) -> None:
        self.people, self._today = people, today
        self._folder, self._back = folder, folder / "back.csv"
        write_hr_files(people, folder)
        settings = {"path": str(folder), "write_back_path": str(self._back)}
        self.source = {"connector": "hr_file", "settings": settings}
        self.targets = {
            "hr": {
                "connector": "hr_file",
                "settings": settings,
                "fields": {
                    "work_email": {"from": "accounts.active_directory.mail"},
                    "user_principal_name": {"from": "accounts.active_directory.userPrincipalName"},
                },
            }
        }

    def held(self) -> dict[str, Held]:
        empty: dict[str, Held] = dict.fromkeys(self.people.persons["external_id"], (None, None))
        if not self._back.exists():
            return empty
        with self._back.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        written: dict[str, Held] = {
            row["external_id"]: (row["work_email"], row["user_principal_name"]) for row in rows
        }
        assert len(written) == len(rows), "somebody stands there twice"
        return empty | written

    def after_write_back(self, person: str, account: Account) -> Held:
        return account.mail, account.upn

    def writes(self) -> int:
        return sum(one != (None, None) for one in self.held().values())

    def move(self, person: str, department: str, title: str) -> None:
        contracts = self.people.contracts.copy()
        theirs = contracts["person_id"] == person
        new = contracts[theirs].tail(1)
        contracts.loc[theirs, "end_date"] = pd.Timestamp(self._today - A_DAY)
        new = new.assign(
            external_id=f"{person}-9",
            department_id=department,
            department_name=department,
            title=title,
            start_date=pd.Timestamp(self._today),
        )
        self._rewrite(pd.concat([contracts, new]))

    def leave(self, person: str) -> None:
        contracts = self.people.contracts.copy()
        theirs = contracts["person_id"] == person
        contracts.loc[theirs, "end_date"] = pd.Timestamp(self._today - A_DAY)
        self._rewrite(contracts)

    def _rewrite(self, contracts: pd.DataFrame) -> None:
        before = self.people
        self.people = People(
            persons=before.persons,
            contracts=contracts,
            departments=before.departments,
            taken_at=before.taken_at,
        )
        write_hr_files(self.people, self._folder)
