"""Reads a customer: users, groups and who is in them, licences, addresses that are taken.

One list of users and one of groups, in pages; then the members of each group that can be granted,
several groups side by side. The connection refuses writes.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import pandas as pd

from connectors.google_workspace.accounts import (
    MANAGER,
    MEMBER,
    OWNER,
    STATE,
    Protection,
    addresses_of,
    is_enabled,
    licence_id,
    permission_id,
)
from connectors.google_workspace.check import look
from connectors.google_workspace.client import DIRECTORY, LICENSING, Workspace
from connectors.google_workspace.fields import ARRAYS, Fields
from connectors.google_workspace.manifest import MANIFEST
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.model.accounts import GROUP, PERMISSION, Accounts
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Misconfigured, NotFound, Refused
from connectors.model.manifest import ADDRESS
from connectors.sdk.clock import now

MOST_GROUPS: Final = 200
MOST_LICENCES: Final = 1000
ROLES: Final = (MEMBER, MANAGER, OWNER)

User = Mapping[str, Any]
_T = TypeVar("_T")


class GoogleWorkspaceReader:
    """Reads one customer.

    Args:
        settings: What to read.
        target: Name of the target in the profile.
        workspace: The connection, read-only.
    """

    def __init__(
        self, settings: GoogleWorkspaceSettings, target: str, workspace: Workspace
    ) -> None:
        """Remember the parts; nothing is read yet."""
        self._settings, self._target, self._workspace = settings, target, workspace
        self._protection = Protection(settings)
        self._fields = Fields(
            external_id_type=settings.external_id_type, custom=settings.extra_attributes
        )
        named = settings.containers.named()
        self._units = {path.casefold(): path for path in named}

    def read(self) -> Accounts:
        """Every account below `base_unit`, every group that can be granted, every address.

        Raises:
            Fatal: The customer could not be read.
        """
        return self._whole(self._read)

    def permissions(self) -> pd.DataFrame:
        """Groups, roles in groups and licences: as in `Accounts.permissions`, without `kind`.

        Raises:
            Fatal: The groups could not be read.
        """
        return self._whole(lambda: self._permissions(self._groups()))[["name", "grantable"]]

    def check(self) -> Iterable[Finding]:
        """Look whether scopes, units, domains and groups are as a run needs them."""
        return look(self._settings, self._target, self._workspace)

    def close(self) -> None:
        """Close the connections."""
        self._workspace.close()

    # --- Reading ----------------------------------------------------------------------------------

    def _read(self) -> Accounts:
        taken_at = now()
        users = self._users(deleted=False)
        mine = [user for user in users if self._settings.reads(str(user.get("orgUnitPath", "/")))]
        groups = self._groups()
        refs = {str(user["id"]) for user in mine}
        index = pd.Index([str(user["id"]) for user in mine], dtype="str", name="ref")
        gone = self._users(deleted=True)
        return Accounts(
            target=self._target,
            accounts=pd.DataFrame([self._record(user) for user in mine], index=index),
            attributes=self._attributes(mine, index),
            taken_at=taken_at,
            grants=pd.DataFrame(
                [
                    *(row for row in self._memberships(groups) if row[0] in refs),
                    *(row for row in self._licences(users) if row[0] in refs),
                ],
                columns=["ref", "permission"],
            ),
            permissions=self._permissions(groups),
            taken=pd.DataFrame(
                [
                    (ADDRESS, address.casefold(), str(one["id"]))
                    for one in (*users, *groups, *gone)
                    for address in dict.fromkeys(addresses_of(one))
                ],
                columns=["space", "value", "ref"],
            ),
        )

    def _users(self, *, deleted: bool) -> list[User]:
        wanted = ",".join([*STATE, *ARRAYS, "customSchemas"])
        params = {
            "customer": self._settings.customer,
            "maxResults": str(self._settings.page_size),
            "fields": f"nextPageToken,users({wanted})",
        }
        if deleted:
            params |= {"showDeleted": "true", "fields": f"nextPageToken,users({','.join(STATE)})"}
        elif self._settings.custom_schemas:
            schemas = ",".join(self._settings.custom_schemas)
            params |= {"projection": "custom", "customFieldMask": schemas}
        return self._list(f"{DIRECTORY}/users", "users", params)

    def _groups(self) -> list[Mapping[str, Any]]:
        params = {
            "customer": self._settings.customer,
            "maxResults": str(min(MOST_GROUPS, self._settings.page_size)),
            "fields": "nextPageToken,groups(id,email,aliases,nonEditableAliases)",
        }
        return self._list(f"{DIRECTORY}/groups", "groups", params)

    def _memberships(self, groups: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
        """(user, permission): whoever has a role in a group is a member of it as well."""
        wanted = [str(group["id"]) for group in groups if self._settings.grants(group["email"])]
        params = {
            "maxResults": str(min(MOST_GROUPS, self._settings.page_size)),
            "fields": "nextPageToken,members(id,role,type)",
        }

        def members(group: str) -> list[tuple[str, str]]:
            try:
                found = self._list(f"{DIRECTORY}/groups/{group}/members", "members", params)
            except NotFound:  # it was deleted since the groups were listed
                return []
            people = [one for one in found if one.get("type", "USER") == "USER" and one.get("id")]
            return [
                (str(one["id"]), permission_id(group, role))
                for one in people
                for role in dict.fromkeys((MEMBER, str(one.get("role", MEMBER))))
                if role in ROLES
            ]

        with ThreadPoolExecutor(max_workers=self._settings.concurrency) as pool:
            return [row for rows in pool.map(members, wanted) for row in rows]

    def _licences(self, users: list[User]) -> list[tuple[str, str]]:
        """(user, licence); the licence names the user by address."""
        if not self._settings.licences or not users:
            return []
        by_address = {str(user["primaryEmail"]).casefold(): str(user["id"]) for user in users}
        params = {
            "customerId": str(users[0].get("customerId", self._settings.customer)),
            "maxResults": str(min(MOST_LICENCES, self._settings.page_size)),
            "fields": "nextPageToken,items(userId)",
        }
        held: list[tuple[str, str]] = []
        for sku in dict.fromkeys(self._settings.licences.values()):
            product, _, number = sku.partition("/")
            path = f"{LICENSING}/product/{product}/sku/{number}/users"
            for one in self._list(path, "items", params):
                ref = by_address.get(str(one.get("userId", "")).casefold())
                if ref is not None:
                    held.append((ref, licence_id(sku)))
        return held

    def _list(self, path: str, items: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        return list(self._workspace.pages(path, items, params))

    def _whole(self, read: Callable[[], _T]) -> _T:
        """Everything or nothing: what stops one change elsewhere stops a reading as a whole."""
        try:
            return read()
        except Refused as error:
            raise _misconfigured(error, self._target) from error

    # --- Shaping ----------------------------------------------------------------------------------

    def _record(self, user: User) -> dict[str, Any]:
        path = str(user.get("orgUnitPath", "/"))
        return {
            "person": self._fields.person(user),
            "enabled": is_enabled(user),
            "container": self._units.get(path.casefold(), path),
            "label": user.get("primaryEmail"),
            "protected": self._protection.reason(user) is not None,
        }

    def _attributes(self, users: list[User], index: "pd.Index[Any]") -> pd.DataFrame:
        """A column per attribute that was asked for, also where no account has it."""
        rows = [self._fields.attributes(user) for user in users]
        names = [one.name for one in MANIFEST.attributes]
        names += [name for name in self._settings.extra_attributes if name not in names]
        columns = {
            name: pd.Series([row.get(name) for row in rows], index=index, dtype=object)
            for name in names
        }
        return pd.DataFrame(columns, index=index)

    def _permissions(self, groups: list[Mapping[str, Any]]) -> pd.DataFrame:
        rows: list[tuple[str, str, bool, str]] = []
        for group in groups:
            grantable = self._settings.grants(group["email"])
            for role in ROLES:
                name = group["email"] if role == MEMBER else f"{group['email']} ({role})"
                rows.append((permission_id(str(group["id"]), role), name, grantable, GROUP))
        for name, sku in self._settings.licences.items():
            rows.append((licence_id(sku), name, True, PERMISSION))
        frame = pd.DataFrame(rows, columns=["permission", "name", "grantable", "kind"])
        frame = frame.drop_duplicates("permission").set_index("permission")
        frame.index = frame.index.astype("str")
        return frame.astype({"name": "str", "grantable": bool, "kind": "str"})


def _misconfigured(error: ConnectorError, system: str) -> Misconfigured:
    return Misconfigured(
        error.message,
        system=error.system or system,
        operation=error.operation,
        hint=error.hint,
        code=error.code,
    )
