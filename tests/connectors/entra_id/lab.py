"""A tenant to try behaviours on, in a few words."""

import csv
from contextlib import closing
from pathlib import Path
from typing import Any

from connectors.entra_id import CONNECTORS, open_writer
from connectors.entra_id.reader import EntraIdReader
from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.served import ServedGraph
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.accounts import Accounts
from connectors.model.change import (
    Change,
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    RevokePermission,
    UpdateAccount,
)
from connectors.model.connector import Finding
from connectors.model.receipt import Outcome, Receipt

TARGET = "entra_id"
NOBODY = "00000000-0000-4000-8000-000000000000"


class Lab:
    """One tenant, written and read by the connector."""

    def __init__(self, served: ServedGraph) -> None:
        self.served, self.tenant, self.graph = served, served.tenant, served.graph
        self.faults = served.graph.faults

    # --- The connector ----------------------------------------------------------------------------

    def settings(self, **others: Any) -> EntraIdSettings:
        return EntraIdSettings(**{**self.served.settings, **others})

    def read(self, **others: Any) -> Accounts:
        with closing(EntraIdReader(self.settings(**others), TARGET)) as reader:
            return reader.read()

    def read_since(self, kept: bytes | None, **others: Any) -> tuple[Accounts, bytes | None]:
        with closing(EntraIdReader(self.settings(**others), TARGET)) as reader:
            return reader.read_since(kept)

    def check(self, **others: Any) -> dict[str, Finding]:
        with closing(EntraIdReader(self.settings(**others), TARGET)) as reader:
            return {finding.subject: finding for finding in reader.check()}

    def apply(self, *changes: Change, **others: Any) -> list[Receipt]:
        with closing(open_writer(self.settings(**others), TARGET)) as writer:
            return list(writer.apply(iter(changes)))

    def one(self, change: Change, **others: Any) -> Receipt:
        [receipt] = self.apply(change, **others)
        return receipt

    def create(self, person: str = "1000123", **values: Any) -> str:
        """Make an account by the connector; its id."""
        receipt = self.one(create(person, **values))
        assert receipt.outcome is Outcome.DONE, receipt.detail
        assert receipt.ref is not None
        return receipt.ref

    # --- The tenant itself ------------------------------------------------------------------------

    def user(self, ref: str | None) -> Thing:
        return self.tenant.things[ref or ""]

    def held(self, ref: str | None) -> dict[str, Any]:
        return self.user(ref).properties

    def group(self, name: str) -> Thing:
        [found] = [g for g in self.tenant.of("group") if g.properties["displayName"] == name]
        return found

    def sku(self, name: str) -> str:
        [found] = [key for key, sku in self.tenant.skus.items() if sku["name"] == name]
        return found

    def users_of(self, person: str) -> list[Thing]:
        return [u for u in self.tenant.of("user") if u.properties.get("employeeId") == person]

    def passwords(self) -> dict[str, str]:
        """login -> the initial password handed over last."""
        path = Path(str(self.served.settings["initial_passwords"]).removeprefix("file:"))
        if not path.exists():
            return {}
        with path.open(newline="", encoding="utf-8") as file:
            return {row["login"]: row["password"] for row in csv.DictReader(file)}

    def count(self, only: str) -> int:
        """Requests so far that fit, parts of batches included."""
        return self.faults.count(only)


def create(person: str = "1000123", **values: Any) -> CreateAccount:
    name = f"p{person}"
    after = {
        "userPrincipalName": f"{name}@example.org",
        "mail": f"{name}@example.org",
        "mailNickname": name,
        "employeeId": person,
        "displayName": "Janine van den Boele",
        "givenName": "Janine",
        "surname": "van den Boele",
        **values,
    }
    after = {name: value for name, value in after.items() if value is not None}
    return CreateAccount(target=TARGET, person=person, after=after)


def update(ref: str | None, person: str = "1000123", **after: Any) -> UpdateAccount:
    return UpdateAccount(target=TARGET, person=person, ref=ref, after=after)


def enable(ref: str | None, person: str = "1000123") -> EnableAccount:
    return EnableAccount(target=TARGET, person=person, ref=ref, after={"enabled": True})


def disable(ref: str | None, person: str = "1000123") -> DisableAccount:
    return DisableAccount(target=TARGET, person=person, ref=ref, after={"enabled": False})


def delete(ref: str | None, person: str = "1000123") -> DeleteAccount:
    return DeleteAccount(target=TARGET, person=person, ref=ref)


def grant(ref: str | None, permission: str, person: str = "1000123") -> GrantPermission:
    after = {"permission": permission, "name": permission}
    return GrantPermission(target=TARGET, person=person, ref=ref, after=after)


def revoke(ref: str | None, permission: str, person: str = "1000123") -> RevokePermission:
    before = {"permission": permission, "name": permission}
    return RevokePermission(target=TARGET, person=person, ref=ref, before=before)


CONNECTOR = CONNECTORS[0]
