"""What the tests of this folder share: a workspace, changes, and a plain client for the sandbox."""

import csv
from contextlib import closing
from typing import Any

import httpx

from connectors.google_workspace import open_reader, open_writer
from connectors.google_workspace.sandbox.content import ADMIN
from connectors.google_workspace.sandbox.routes import AUTH
from connectors.google_workspace.sandbox.serve import ServedWorkspace
from connectors.google_workspace.settings import GoogleWorkspaceSettings
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
from connectors.model.receipt import Receipt

TARGET = "google_workspace"
PERSON = "1000123"
SCOPES = frozenset(
    f"{AUTH}{scope}"
    for scope in (
        "admin.directory.user",
        "admin.directory.group",
        "admin.directory.orgunit",
        "admin.directory.domain",
        "admin.directory.rolemanagement",
        "apps.licensing",
    )
)
JANINE = {
    "primaryEmail": "janine@example.org",
    "name": {"givenName": "Janine", "familyName": "van den Boele"},
    "password": "Correct#Horse9",
}


def settings_of(served: ServedWorkspace, **more: Any) -> GoogleWorkspaceSettings:
    return GoogleWorkspaceSettings(**{"allow_delete": True, **served.settings, **more})


def apply(served: ServedWorkspace, *changes: Change, **more: Any) -> list[Receipt]:
    with closing(open_writer(settings_of(served, **more), TARGET)) as writer:
        return list(writer.apply(iter(changes)))


def read(served: ServedWorkspace, **more: Any) -> Accounts:
    with closing(open_reader(settings_of(served, **more), TARGET)) as reader:
        return reader.read()


def passwords(served: ServedWorkspace) -> dict[str, str]:
    """login -> the initial password handed over last."""
    if not served.passwords.exists():
        return {}
    with served.passwords.open(newline="", encoding="utf-8") as file:
        return {row["login"]: row["password"] for row in csv.DictReader(file)}


def create(person: str = PERSON, **values: Any) -> CreateAccount:
    """The change that makes Janine van den Boele, or somebody who differs from her."""
    after = {
        "primaryEmail": "janine@example.org",
        "externalId": person,
        "givenName": "Janine",
        "familyName": "van den Boele",
        "title": "Nurse",
        "container": "/Staff/Starters",
        **values,
    }
    after = {name: value for name, value in after.items() if value is not None}
    return CreateAccount(target=TARGET, person=person, after=after)


def update(ref: str | None, person: str = PERSON, **after: Any) -> UpdateAccount:
    return UpdateAccount(target=TARGET, person=person, ref=ref, after=after)


def enable(ref: str | None = None) -> EnableAccount:
    return EnableAccount(target=TARGET, person=PERSON, ref=ref, after={"enabled": True})


def disable(ref: str | None) -> DisableAccount:
    return DisableAccount(target=TARGET, person=PERSON, ref=ref, after={"enabled": False})


def move(ref: str | None, container: str) -> MoveAccount:
    return MoveAccount(target=TARGET, person=PERSON, ref=ref, after={"container": container})


def delete(ref: str | None) -> DeleteAccount:
    return DeleteAccount(target=TARGET, person=PERSON, ref=ref)


def grant(ref: str | None, permission: str) -> GrantPermission:
    after = {"permission": permission, "name": "a group"}
    return GrantPermission(target=TARGET, person=PERSON, ref=ref, after=after)


def revoke(ref: str | None, permission: str) -> RevokePermission:
    before = {"permission": permission, "name": "a group"}
    return RevokePermission(target=TARGET, person=PERSON, ref=ref, before=before)


def outcomes(receipts: list[Receipt]) -> list[str]:
    return [receipt.outcome.value for receipt in receipts]


class Direct:
    """A plain client of the sandbox, with a token for everything."""

    def __init__(self, served: ServedWorkspace) -> None:
        subject = served.workspace.holder(ADMIN) or ""
        token = served.tokens.issue(SCOPES, subject=subject)
        self.client = httpx.Client(
            base_url=f"{served.url}/admin/directory/v1",
            headers={"Authorization": f"Bearer {token}"},
        )

    def __call__(self, line: str, body: Any = None, **params: Any) -> tuple[int, Any]:
        """Status and body, or status and reason of an error."""
        method, path = line.split()
        reply = self.client.request(method, path, json=body, params=params)
        content = reply.json() if reply.content else None
        if reply.is_error:
            return reply.status_code, content["error"]["errors"][0]["reason"]
        return reply.status_code, content

    def close(self) -> None:
        self.client.close()
