"""One employee in AFAS, one directory, one write-back target: the situations of the tables."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.records import Person
from connectors.afas.sandbox.serve import ServedAfas
from connectors.memory.store import STORES, Store
from tests.plainly import Done, run_plainly

TODAY: Final = date(2026, 11, 23)
USERS: Final = "T4E_HelloID_Users_v2"
MAIL: Final = "janine@example.org"
UNLIMITED: Final = dict.fromkeys(("create", "update", "enable", "disable", "delete"), "unlimited")
REFERENCE: Final = re.compile(r"\b[0-9A-F]{32}\b")


class Situation:
    """What stands in HR, in the directory and in AFAS, and a profile over them.

    Attributes:
        afas: The environment.
        employee: The employee's number.
    """

    def __init__(self, served: ServedAfas, folder: Path, target: str) -> None:
        self.afas: Afas = served.afas
        self._folder = folder
        self._directory = f"{folder}-directory"
        self.afas.records.persons["1000551"] = Person(number="1000551", internal=1)
        self.employee = self.afas.hire(
            nick_name="Janine",
            prefix="van den",
            family_name="Boele",
            department="CARE",
            title="Nurse",
            start=date(2020, 1, 1),
        )
        self.user = f"12345.{self.employee}"
        self.number = self.afas.person_of(self.employee).number
        fields: dict[str, Any] = {"EmAd": {"from": "accounts.directory.mail"}}
        if target == "afas.user":
            fields["Upn"] = {"from": "accounts.directory.userName"}
        self.part: dict[str, Any] = {
            "connector": target,
            "depends_on": ["directory"],
            "settings": dict(served.settings),
            "fields": fields,
            "limits": UNLIMITED,
        }
        self.person: dict[str, Any] = {
            "external_id": self.employee,
            "nick_name": "Janine",
            "family_name_prefix": "van den",
            "family_name": "Boele",
            "convention": "B",
        }
        self.contract: dict[str, Any] = {
            "external_id": "c1",
            "person_id": self.employee,
            "start_date": "2020-01-01",
            "department_id": "CARE",
            "title_id": "N",
            "title": "Nurse",
        }
        self.account: dict[str, Any] | None = {"userName": MAIL, "mail": MAIL}
        self.rules = [
            {
                "id": "staff",
                "description": "Everybody.",
                "grant": {"directory": {"account": True, "access": True}},
            }
        ]

    def arrange(self, given: Mapping[str, Any]) -> None:
        """Bring about what a row says; every key is one of the methods below."""
        for key, value in self._filled(given).items():
            getattr(self, f"_{key}")(value)

    def run(self, *, live: bool) -> Done:
        """Run on what stands there now."""
        self._write()
        return run_plainly(self._folder / "site.yaml", live=live, as_of=TODAY)

    @contextmanager
    def calls(self) -> Iterator[list[str]]:
        """The calls that AFAS received meanwhile, one line each."""
        before, lines = len(self.afas.calls), list[str]()
        yield lines
        lines += [_line(call) for call in self.afas.calls[before:]]

    def said(self, text: str) -> str:
        """A text of a run, with names in place of what differs from run to run."""
        text = REFERENCE.sub("$reference", text)
        for value, name in (
            (self.user, "$user"),
            (self.employee, "$employee"),
            (self.number, "$number"),
        ):
            text = text.replace(value, name)
        return text

    # --- what a row can say ----------------------------------------------------------------------

    def _person_holds(self, fields: Mapping[str, Any]) -> None:
        _set(self.afas.person_of(self.employee).fields, fields)
        self.afas.records.touch()

    def _user_holds(self, fields: Mapping[str, Any] | None) -> None:
        user = self.afas.user_of(self.employee)
        assert user is not None
        if fields is None:
            del self.afas.records.users[user.code]
        else:
            user.blocked = fields.get("blocked", user.blocked)
            user.description = fields.get("description", user.description)
            _set(
                user.fields,
                {k: v for k, v in fields.items() if k not in {"blocked", "description"}},
            )
        self.afas.records.touch()

    def _user_code(self, code: str) -> None:
        """The user has another code than is usual."""
        users = self.afas.records.users
        user = users.pop(self.user)
        user.code = code
        users[code] = user
        self.afas.records.touch()

    def _another_has(self, fields: Mapping[str, Any]) -> None:
        """A colleague holds values that AFAS wants to be unique."""
        self.afas.switches.unique_work_mail = True
        other = self.afas.hire(
            nick_name="Omar", family_name="Haddad", department="CARE", title="Nurse"
        )
        user = self.afas.user_of(other)
        assert user is not None
        _set(user.fields, {name: value for name, value in fields.items() if name == "Upn"})
        _set(self.afas.person_of(other).fields, {k: v for k, v in fields.items() if k == "EmAd"})
        self.afas.records.touch()

    def _row(self, how: str) -> None:
        """`missing`: employed long before the window; `twice`: shown two times."""
        if how == "missing":
            self.afas.leave(self.employee, TODAY - timedelta(days=200))
        else:
            [row] = [r for r in self.afas.rows(USERS) if r["Medewerker"] == self.employee]
            self.afas.catalogue.further.setdefault(USERS, []).append(dict(row))

    def _left(self, days: int) -> None:
        """The last day was so many days ago, in HR as in AFAS."""
        last = TODAY - timedelta(days=days)
        self.contract["end_date"] = last.isoformat()
        self.afas.leave(self.employee, last)

    def _starts_in(self, days: int) -> None:
        """Access is due that many days from now; the account is due already."""
        self.rules = [
            {
                "id": "account",
                "description": "Early.",
                "window": {"from_days": -60},
                "grant": {"directory": {"account": True}},
            },
            {"id": "access", "description": "In time.", "grant": {"directory": {"access": True}}},
        ]
        self.contract["start_date"] = (TODAY + timedelta(days=days)).isoformat()

    def _directory_holds(self, account: Mapping[str, Any] | None) -> None:
        self.account = None if account is None else dict(account)

    def _settings(self, settings: Mapping[str, Any]) -> None:
        self.part["settings"].update(settings)

    def _target(self, options: Mapping[str, Any]) -> None:
        self.part.update(options)

    def _columns(self, columns: Mapping[str, str]) -> None:
        """Column of the users GetConnector -> the field it shows."""
        for name, field in columns.items():
            self.afas.add_column(USERS, name, field)

    def _fault(self, fault: Mapping[str, Any]) -> None:
        self.afas.fail_next(**{"verb": "PUT", **fault})

    # --- the profile -----------------------------------------------------------------------------

    def _write(self) -> None:
        accounts = {}
        if self.account is not None:
            accounts["d1"] = {
                "attributes": {"personId": self.employee, "commonName": "Janine", **self.account},
                "enabled": "end_date" not in self.contract and len(self.rules) == 1,
                "container": "staff",
            }
        STORES[self._directory] = Store(
            {
                "accounts": accounts,
                "people": {"persons": [self.person], "contracts": [self.contract]},
            }
        )
        memory = {"connector": "memory", "settings": {"name": self._directory}}
        profile = {
            "timezone": "Europe/Amsterdam",
            "source": memory,
            "targets": {
                "directory": {
                    **memory,
                    "fields": {"displayName": {"value": "x", "on": ["create"]}},
                    "limits": UNLIMITED,
                },
                "afas": self.part,
            },
            "rules": ["rules.yaml"],
            "names": {"domain": "example.org"},
        }
        (self._folder / "rules.yaml").write_text(yaml.safe_dump(self.rules))
        (self._folder / "site.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))

    def _filled(self, given: Any) -> Any:
        if isinstance(given, dict):
            return {key: self._filled(value) for key, value in given.items()}
        if isinstance(given, str):
            return given.replace("$employee", self.employee).replace("$number", self.number)
        return given


def _set(held: dict[str, Any], fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if value is None:
            held.pop(name, None)
        else:
            held[name] = value


def _line(call: Any) -> str:
    """A call as a row writes it: the verb, the connector, and what a body sets."""
    if call.verb == "GET":
        return f"GET {call.connector}{' by key' if 'filterfieldids' in call.query else ''}"
    element = next(iter(call.body.values()))["Element"]
    fields = dict(element.get("Fields") or {})
    for nested in element.get("Objects") or []:
        fields |= nested["KnPerson"]["Element"]["Fields"]
    fields.pop("MatchPer", None)
    names = sorted(fields, key=lambda name: (name != "MtCd", name))
    said = " ".join(f"{name}={_text(fields[name])}" for name in names)
    return f"{call.verb} {call.connector} {said}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'
