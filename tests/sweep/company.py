"""A small company on every connector, with a day on which every verb is due.

People come from HR files. Accounts are kept in Active Directory, Entra ID, Google Workspace, a SCIM
application and a store in memory, and written back to AFAS (employee and user) and to a file.
"""

import copy
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
import yaml

from connectors.active_directory.sandbox.content import LEAVERS, STAFF
from connectors.active_directory.sandbox.served import SandboxDomain
from connectors.active_directory.sandbox.served import serve as serve_directory
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.entra_id.sandbox import content as entra
from connectors.entra_id.sandbox.served import serve as serve_entra
from connectors.google_workspace.sandbox.content import add_user as add_google_user
from connectors.google_workspace.sandbox.serve import serve as serve_google
from connectors.hr_file.sandbox import write_hr_files
from connectors.memory.saving import save_store
from connectors.memory.store import STORES, Store
from connectors.model.connector import SandboxOptions
from connectors.model.people import People
from connectors.scim.sandbox.served import ServedScim
from connectors.sdk.invent import invent
from tests.sweep.ledgers import without_power_cuts

START: Final = date(2026, 3, 2)
"""The day on which the company begins with Retour."""
SHUT_OUT: Final = START + timedelta(days=10)
"""The day on which somebody's contract is over."""
BUSY: Final = START + timedelta(days=24)
"""The day on which every verb is due."""
UNLIMITED: Final = dict.fromkeys(
    (
        "correlate",
        "create",
        "update",
        "enable",
        "disable",
        "move",
        "grant",
        "revoke",
        "delete",
        "losses",
    ),
    "unlimited",
)
UNGUARDED: Final = dict.fromkeys(
    ("removed", "added", "blocked", "changed", "attribute", "emptied"), "unlimited"
)
STAYS, MOVES, MARRIES, LEAVES, IS_GONE, BEGINS, JOINS, IS_KNOWN, RETURNS = (
    str(1_000_001 + place) for place in range(9)
)
"""What happens to each of the nine on the busy day."""
ON_BUSY_DAY: Final = (JOINS, IS_KNOWN)
"""Whom HR does not know before."""
CARE, OFFICE = "CARE", "IT"
GROUP_OF: Final = {
    "active_directory": {CARE: "G-Care-Staff", OFFICE: "G-IT"},
    "entra_id": {CARE: "G-Care-Staff", OFFICE: "G-IT"},
    "google_workspace": {CARE: "care-staff@example.org", OFFICE: "it@example.org"},
    "scim": {CARE: "Care", OFFICE: "IT"},
    "memory": {CARE: "G-CARE", OFFICE: "G-IT"},
}
"""Directory -> department -> the group of it."""
DIRECTORIES: Final = tuple(GROUP_OF)
PASSWORDS: Final = ("active_directory", "entra_id", "google_workspace")
"""Directories whose accounts get an initial password."""


@dataclass(frozen=True)
class Kept:
    """The parts of an object in which a sandbox keeps what it holds, to put back later."""

    owner: Any
    names: tuple[str, ...]
    content: dict[str, Any]

    @classmethod
    def of(cls, owner: Any, *names: str) -> "Kept":
        """Remember these parts as they are."""
        content = {name: getattr(owner, name) for name in names}
        return cls(owner, names, copy.deepcopy(content))

    def put_back(self) -> None:
        """Make them what they were."""
        for name, value in copy.deepcopy(self.content).items():
            setattr(self.owner, name, value)


class Company:
    """The sandboxes, HR, and the profile.

    Attributes:
        folder: Holds all files: HR, profile, ledger, passwords, the domain, the store.
        profile: Content of the profile; `write` it after a change.
        rules: Content of the rules.
        people: What HR holds; `write` puts it into files.
        settings: Of every target, as it stands in the profile.
        concurrency: How many persons are written side by side; None for what is usual. With one,
            what a run writes comes in the same order every time.
    """

    def __init__(self, folder: Path, stack: ExitStack, targets: tuple[str, ...]) -> None:
        """Serve the sandboxes, and let nine people work there."""
        self.folder, self._only = folder, targets
        self.everybody = _nine_people()
        self.people = _without(self.everybody, *ON_BUSY_DAY)
        self.afas = Afas.from_people(self.everybody, today=START)
        afas = stack.enter_context(ServedAfas(self.afas))
        self.domain: SandboxDomain = stack.enter_context(
            serve_directory(SandboxOptions(state=folder / "domain"))
        ).directory
        self.entra = stack.enter_context(serve_entra(SandboxOptions()))
        self.google = stack.enter_context(serve_google(SandboxOptions()))
        self.scim = stack.enter_context(ServedScim())
        for name in ("Care", "IT"):
            self.scim.add_group(name)
        self._furnish_memory()
        self.settings: dict[str, dict[str, Any]] = {
            "active_directory": {
                "server": f"sandbox:{folder / 'domain'}",
                **_but(_directory_settings(folder), "server"),
            },
            "entra_id": dict(self.entra.settings),
            "google_workspace": dict(self.google.settings),
            "scim": dict(self.scim.settings),
            "memory": {"name": self.store_name, "path": str(folder / "memory.json")},
            "afas_employee": dict(afas.settings),
            "afas_user": {**afas.settings, "create_user": True, "customer": "12345"},
            "hr": {"path": str(folder / "hr"), "write_back_path": str(folder / "hr" / "back.csv")},
        }
        for name in PASSWORDS:
            self.settings[name]["initial_passwords"] = f"file:{self.password_file(name)}"
        self.concurrency: int | None = 1
        self.rules = _rules(targets)
        self.write()

    # --- The files --------------------------------------------------------------------------------

    @property
    def store_name(self) -> str:
        """Of the store in memory: one of this company."""
        return f"sweep of {self.folder}"

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return f"sqlite:///{self.folder / 'ledger.db'}"

    @property
    def path(self) -> Path:
        """Of the profile."""
        return self.folder / "site.yaml"

    def password_file(self, target: str) -> Path:
        """Where initial passwords of a directory go."""
        return self.folder / f"{target}.passwords.csv"

    def write(self) -> None:
        """Put HR, profile and rules where a run finds them."""
        write_hr_files(self.people, self.folder / "hr")
        self.path.write_text(yaml.safe_dump(self.profile()), encoding="utf-8")
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(self.rules), encoding="utf-8")

    def profile(self) -> dict[str, Any]:
        """Content of the profile."""
        leavers = {"disable_after_days": 0, "delete_after_days": 10}
        targets = {
            name: {
                "connector": spec["connector"],
                "settings": {**self.settings[name], **self._one_by_one(name)},
                "limits": UNLIMITED,
                "leavers": leavers if name in DIRECTORIES else {"delete_after_days": 10},
                **{key: value for key, value in spec.items() if key != "connector"},
            }
            for name, spec in _targets().items()
            if name in self._only
        }
        targets.get("hr", {}).pop("leavers", None)
        return {
            "timezone": "Europe/Amsterdam",
            "source": {
                "connector": "hr_file",
                "settings": {"path": str(self.folder / "hr")},
                "limits": UNGUARDED,
            },
            "targets": targets,
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }

    def _one_by_one(self, target: str) -> dict[str, int]:
        if self.concurrency is None or target == "hr":
            return {}
        return {"concurrency": self.concurrency}

    def _furnish_memory(self) -> None:
        groups = {f"id-{name}": {"name": name} for name in ("G-ALL", "G-CARE", "G-IT")}
        save_store(Store({"groups": groups}), self.folder / "memory.json")

    # --- What happens -----------------------------------------------------------------------------

    def go_to(self, day: date) -> None:
        """Let it be that day in HR, with all that was done until then."""
        self.day = self.afas.today = day
        if day == BUSY:
            self._do_everything()
        self.write()

    def _do_everything(self) -> None:
        """Changes that take every verb. What has happened already in AFAS is left alone."""
        people = self.everybody
        persons, contracts = people.persons.copy(), people.contracts.copy()
        persons.loc[persons["external_id"] == MARRIES, ["family_name", "display_name"]] = [
            "Nieuwenhuis",
            "Anna Nieuwenhuis",
        ]
        moved = contracts["person_id"] == MOVES
        contracts.loc[moved, ["department_id", "department_name"]] = [OFFICE, "IT"]
        left = contracts["person_id"] == LEAVES
        contracts.loc[left, "end_date"] = pd.Timestamp(BUSY - timedelta(days=1))
        back = contracts["person_id"] == RETURNS
        contracts.loc[back, "end_date"] = pd.NaT
        self.people = People(
            persons=persons,
            contracts=contracts,
            departments=people.departments,
            taken_at=people.taken_at,
        )
        self._make_by_hand(IS_KNOWN)

    def _make_by_hand(self, person: str) -> None:
        """Accounts that an administrator made for somebody long ago, with their number."""
        name = f"known.{person}"
        mail = f"{name}@example.org"
        self.domain.add_account(
            name, STAFF, enabled=True, employeeID=person, sAMAccountName=f"k{person}",
            userPrincipalName=mail, mail=mail,
        )  # fmt: skip
        entra.add_user(self.entra.tenant, mail, employeeId=person, mail=mail)
        add_google_user(
            self.google.workspace, mail, "Known", person,
            externalIds=[{"type": "organization", "value": person}],
        )  # fmt: skip
        self.scim.add_user(mail, externalId=person, active=True)
        STORES.pop(self.store_name, None)
        store = Store(self.memory)
        ref = store.create(person, {"userName": name, "mail": mail}, container=None)
        store.switch(person, ref, enabled=True)
        save_store(store, self.folder / "memory.json")

    @property
    def memory(self) -> dict[str, Any]:
        """What the store in memory holds."""
        import json

        content: dict[str, Any] = json.loads((self.folder / "memory.json").read_text())
        return content

    # --- Back to an earlier moment ----------------------------------------------------------------

    def remember(self) -> Callable[[], None]:
        """Note how everything is; what is returned makes it so again."""
        tenant, workspace = self.entra.tenant, self.google.workspace
        store = self.scim.store
        kept = [
            Kept.of(self.afas.records, "persons", "employees", "users", "units", "groups"),
            Kept.of(tenant, "things", "log", "domains", "skus", "roles", "_names", "_made"),
            Kept.of(
                workspace, "users", "deleted", "passwords", "groups", "units", "roles",
                "assignments", "skus", "addresses", "_made", "_fresh",
            ),
            Kept.of(store, "_made", "_stored", "_unique", "_groups_of"),
        ]  # fmt: skip
        away = self.folder.with_name(f"{self.folder.name}.kept")
        shutil.rmtree(away, ignore_errors=True)
        self._settle_ledger()
        shutil.copytree(self.folder, away)
        people = self.people

        def go_back() -> None:
            self.people = people
            for one in kept:
                one.put_back()
            self.afas.records.touch()
            STORES.pop(self.store_name, None)
            for file in self.folder.rglob("*"):
                if file.is_file():
                    file.unlink()
            shutil.copytree(away, self.folder, dirs_exist_ok=True)

        return go_back

    def _settle_ledger(self) -> None:
        """Bring the write-ahead log home, so that the file alone is the ledger."""
        if (self.folder / "ledger.db").exists():
            with sqlite3.connect(self.folder / "ledger.db") as ledger:
                ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def a_company(folder: Path, *, targets: tuple[str, ...] = ()) -> Iterator[Company]:
    """A company before its first run.

    Args:
        folder: An empty one.
        targets: The only ones, with those they need; empty for all.
    """
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch, without_power_cuts():
        patch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
        for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
            patch.delenv(name, raising=False)
        yield Company(folder, stack, targets or tuple(_targets()))
        STORES.pop(f"sweep of {folder}", None)


def _targets() -> dict[str, dict[str, Any]]:
    """Connector and wiring of every target."""
    from tests.profiles import names_of_accounts

    return {
        "active_directory": {"connector": "active_directory"},
        "entra_id": {
            "connector": "entra_id",
            "depends_on": ["active_directory"],
            "fields": {
                "userPrincipalName": {
                    "from": "accounts.active_directory.userPrincipalName",
                    "on": ["create", "update"],
                }
            },
        },
        "google_workspace": {"connector": "google_workspace"},
        "scim": {"connector": "scim"},
        "memory": {
            "connector": "memory",
            "fields": {**names_of_accounts(), "displayName": {"from": "names.display_name"}},
        },
        "afas_employee": {
            "connector": "afas.employee",
            "depends_on": ["active_directory"],
            "fields": {"EmAd": {"from": "accounts.active_directory.mail"}},
        },
        "afas_user": {
            "connector": "afas.user",
            "depends_on": ["active_directory"],
            "fields": {
                "Upn": {"from": "accounts.active_directory.userPrincipalName"},
                "EmAd": {"from": "accounts.active_directory.mail"},
            },
        },
        "hr": {
            "connector": "hr_file",
            "depends_on": ["memory"],
            "fields": {"work_email": {"from": "accounts.memory.mail"}},
        },
    }


def _rules(targets: tuple[str, ...]) -> list[dict[str, Any]]:
    directories = [name for name in DIRECTORIES if name in targets]
    return [
        {
            "id": "staff",
            "description": "Who works here has an account two weeks before, and signs in then.",
            "window": {"account": {"from_days": -14}},
            "grant": {name: {"account": True, "access": True} for name in directories},
        },
        *(
            {
                "id": f"in-{department.lower()}",
                "description": "Everybody is in the group of their department.",
                "when": {"contract.department.id": department},
                "grant": {name: {"groups": [GROUP_OF[name][department]]} for name in directories},
            }
            for department in (CARE, OFFICE)
        ),
    ]


def _nine_people() -> People:
    made = invent(9, 7, START)
    persons = made.persons.copy()
    persons.loc[persons["external_id"] == JOINS, "user_id"] = None
    plain = {"work_email": None, "user_principal_name": None}
    for name, value in plain.items():
        persons[name] = pd.Series([value] * len(persons), dtype=persons[name].dtype)
    first = made.contracts.drop_duplicates("person_id").sort_values("person_id")
    contracts = first.reset_index(drop=True).copy()
    contracts["start_date"] = pd.Timestamp(2020, 1, 1)
    contracts["end_date"] = pd.NaT
    contracts["department_id"], contracts["department_name"] = CARE, "Care"
    of = contracts["person_id"]
    contracts.loc[of.isin([IS_GONE, RETURNS]), "end_date"] = pd.Timestamp(
        SHUT_OUT - timedelta(days=1)
    )
    contracts.loc[of == BEGINS, "start_date"] = pd.Timestamp(BUSY)
    contracts["start_date"] = contracts["start_date"].astype(made.contracts["start_date"].dtype)
    contracts["end_date"] = contracts["end_date"].astype(made.contracts["end_date"].dtype)
    return People(
        persons=persons,
        contracts=contracts,
        departments=made.departments,
        taken_at=made.taken_at,
    )


def _without(people: People, *gone: str) -> People:
    persons, contracts = people.persons, people.contracts
    return People(
        persons=persons[~persons["external_id"].isin(gone)].reset_index(drop=True),
        contracts=contracts[~contracts["person_id"].isin(gone)].reset_index(drop=True),
        departments=people.departments,
        taken_at=people.taken_at,
    )


def _directory_settings(folder: Path) -> dict[str, Any]:
    from connectors.active_directory.sandbox.served import settings_for

    return settings_for(f"sandbox:{folder / 'domain'}", folder / "active_directory.passwords.csv")


def _but(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


__all__ = ["BUSY", "LEAVERS", "SHUT_OUT", "START", "Company", "a_company"]
