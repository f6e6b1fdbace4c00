"""A domain to try behaviours on: the sandbox or a real controller, under the same few words."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.active_directory import open_reader, open_writer
from connectors.active_directory.client import open_directory
from connectors.active_directory.directory import (
    Directory,
    Entry,
    Modification,
    Operation,
    Scope,
)
from connectors.active_directory.names import child_dn, guid_dn
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.accounts import Accounts
from connectors.model.change import (
    Change,
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    MoveAccount,
    RevokePermission,
    UpdateAccount,
)
from connectors.model.receipt import Outcome, Receipt

TARGET = "active_directory"
GONE = "00000000-0000-4000-8000-000000000000"
"""A GUID of nothing."""


@dataclass(frozen=True)
class Lab:
    """One domain.

    Attributes:
        settings: Of the connector, with the delegated service account.
        admin: The same domain, bound as an administrator.
        can_bind: Whether a password is right (true also when it must be replaced first).
        users: Container that the service account may not write to.
    """

    settings: ActiveDirectorySettings
    admin: Directory
    can_bind: Callable[[str, str], bool]
    users: str

    @property
    def starters(self) -> str:
        return self.settings.containers.initial

    @property
    def staff(self) -> str:
        return self.settings.containers.enabled or ""

    @property
    def teams(self) -> str:
        """Here the service account may make OUs, too."""
        return f"OU=Teams,{self.staff.partition(',')[2]}"

    @property
    def leavers(self) -> str:
        return self.settings.containers.disabled or ""

    # --- By the connector -------------------------------------------------------------------------

    def apply(self, *changes: Change, **settings: Any) -> list[Receipt]:
        writer = open_writer(self.settings.model_copy(update=settings), TARGET)
        try:
            return list(writer.apply(changes))
        finally:
            writer.close()

    def meanwhile(self, monkeypatch: Any, happens: Callable[[], None]) -> None:
        """Let something happen once, between the looking and the writing of the next writer."""
        left = [happens]

        def opened(settings: Any, system: str, *, read_only: bool) -> Directory:
            directory = open_directory(settings, system, read_only=read_only)
            modify = directory.modify

            def late(dn: str, modifications: Any) -> None:
                while left:
                    left.pop()()
                modify(dn, modifications)

            monkeypatch.setattr(directory, "modify", late)
            return directory

        monkeypatch.setattr("connectors.active_directory.open_directory", opened)

    def read(self, **settings: Any) -> Accounts:
        reader = open_reader(self.settings.model_copy(update=settings), TARGET)
        try:
            return reader.read()
        finally:
            reader.close()

    def create(self, person: str = "1000123", **values: Any) -> Receipt:
        receipt = self.apply(create(person, **{"container": self.starters, **values}))[0]
        assert receipt.outcome is Outcome.DONE, receipt.detail
        return receipt

    def passwords(self) -> dict[str, str]:
        """login -> the initial password handed over last."""
        path = Path((self.settings.initial_passwords or "").removeprefix("file:"))
        if not path.exists():
            return {}
        with path.open(newline="", encoding="utf-8") as file:
            return {row["login"]: row["password"] for row in csv.DictReader(file)}

    # --- By an administrator ----------------------------------------------------------------------

    def make_group(self, name: str, container: str | None = None) -> str:
        dn = child_dn(("CN", name), container or self.settings.groups_base or "")
        login = name.replace(",", "")
        self.admin.add(dn, {"objectClass": ["top", "group"], "sAMAccountName": [login]})
        return self.entry(dn).guid

    def make_user(self, cn: str, container: str | None = None, **attributes: str) -> str:
        dn = child_dn(("CN", cn), container or self.staff)
        content: dict[str, Iterable[str]] = {name: [value] for name, value in attributes.items()}
        classes = ["top", "person", "organizationalPerson", "user"]
        self.admin.add(
            dn, {"objectClass": classes, **content, "userAccountControl": ["514"]} | content
        )
        return self.entry(dn).guid

    def make_contact(self, cn: str, **attributes: str) -> str:
        dn = child_dn(("CN", cn), self.settings.groups_base or "")
        content = {name: [value] for name, value in attributes.items()}
        classes = ["top", "person", "organizationalPerson", "contact"]
        self.admin.add(dn, {"objectClass": classes, **content})
        return self.entry(dn).guid

    def set(self, guid: str, **attributes: str) -> None:
        changes = [
            Modification(Operation.REPLACE, name, (value,) if value else ())
            for name, value in attributes.items()
        ]
        self.admin.modify(self.entry(guid_dn(guid)).dn, changes)

    def join(self, group: str, *accounts: str) -> None:
        names = tuple(self.entry(guid_dn(account)).dn for account in accounts)
        self.admin.modify(
            self.entry(guid_dn(group)).dn, [Modification(Operation.ADD, "member", names)]
        )

    def entry(self, name: str) -> Entry:
        wanted = ["*", "objectGUID", "memberOf"]
        return self.admin.search(name, "(objectClass=*)", wanted, scope=Scope.BASE)[0]

    def held(self, guid: str | None) -> Entry:
        return self.entry(guid_dn(guid or ""))

    def groups_of(self, guid: str | None) -> list[str]:
        return sorted(
            dn.partition(",")[0].removeprefix("CN=") for dn in self.held(guid).texts("memberOf")
        )

    def find(self, filter_: str) -> list[Entry]:
        return self.admin.search(self.settings.base_dn, filter_, ["*", "objectGUID"], page_size=500)

    def usn(self) -> int:
        return self.admin.root().number("highestCommittedUSN")


def create(person: str = "1000123", **values: Any) -> CreateAccount:
    """The change that makes Janine van den Boele, or somebody who differs from her."""
    after = {
        "cn": "Janine van den Boele",
        "sAMAccountName": "jvandenboele",
        "userPrincipalName": "janine.vandenboele@example.org",
        "mail": "janine.vandenboele@example.org",
        "displayName": "Janine van den Boele",
        "givenName": "Janine",
        "sn": "van den Boele",
        "employeeID": person,
        **values,
    }
    return CreateAccount(target=TARGET, person=person, after=after)


def named(login: str, cn: str) -> dict[str, str]:
    """Values of somebody else, for `create`."""
    address = f"{login}@example.org"
    return {"sAMAccountName": login, "cn": cn, "userPrincipalName": address, "mail": address}


def update(ref: str | None, **after: Any) -> UpdateAccount:
    return UpdateAccount(target=TARGET, person="1000123", ref=ref, after=after)


def enable(ref: str | None = None) -> EnableAccount:
    return EnableAccount(target=TARGET, person="1000123", ref=ref, after={"enabled": True})


def disable(ref: str | None, person: str = "1000123") -> DisableAccount:
    return DisableAccount(target=TARGET, person=person, ref=ref, after={"enabled": False})


def move(ref: str | None, container: str) -> MoveAccount:
    return MoveAccount(target=TARGET, person="1000123", ref=ref, after={"container": container})


def delete(ref: str | None, person: str = "1000123") -> DeleteAccount:
    return DeleteAccount(target=TARGET, person=person, ref=ref)


def grant(ref: str | None, group: str) -> GrantPermission:
    after = {"permission": group, "name": "a group"}
    return GrantPermission(target=TARGET, person="1000123", ref=ref, after=after)


def revoke(ref: str | None, group: str) -> RevokePermission:
    before = {"permission": group, "name": "a group"}
    return RevokePermission(target=TARGET, person="1000123", ref=ref, before=before)


def grant_to(ref: str | None, group: str, person: str | None = None) -> GrantPermission:
    """A grant of somebody who is named by their account, unless it is made just now."""
    after = {"permission": group, "name": group}
    return GrantPermission(target=TARGET, person=person or ref or "", ref=ref, after=after)


def revoke_from(ref: str | None, group: str, person: str | None = None) -> RevokePermission:
    before = {"permission": group, "name": group}
    return RevokePermission(target=TARGET, person=person or ref or "", ref=ref, before=before)


def outcomes(receipts: Iterable[Receipt]) -> list[str]:
    return [receipt.outcome.value for receipt in receipts]
