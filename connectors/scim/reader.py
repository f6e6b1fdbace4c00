"""Reads a provider: everybody in pages, groups with who is in them, roles that are permissions.

Nothing is filtered on the way: who is looked for is found in memory. No write leaves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import pandas as pd

from connectors.model.accounts import GROUP, PERMISSION, Accounts
from connectors.model.connector import Finding
from connectors.model.errors import Misconfigured, Refused, Transient
from connectors.model.manifest import ADDRESS
from connectors.model.values import Value
from connectors.scim.announced import Announced
from connectors.scim.check import check_provider
from connectors.scim.client import ScimClient
from connectors.scim.manifest import manifest_for
from connectors.scim.members import Identities, members_in
from connectors.scim.pages import Resource, ident_of
from connectors.scim.paths import Path, columns_of, parse_path
from connectors.scim.permissions import name_of, permission_of, values_of
from connectors.scim.protection import Protection
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import GROUP as SCIM_GROUP
from connectors.scim.urns import USER
from connectors.sdk.clock import now
from connectors.sdk.http import unreachable

_COLUMNS: Final = ("name", "grantable", "kind")
_T = TypeVar("_T")


class ScimReader:
    """Reads one provider.

    Args:
        settings: Where and what to read.
        target: Name of the target in the profile.
    """

    def __init__(self, settings: ScimSettings, target: str) -> None:
        """Prepare the client; nothing is read yet."""
        self._settings, self._target = settings, target
        self._client = ScimClient(settings, target, read_only=True)
        self._protection = Protection(settings)
        self._announced: Announced | None = None
        self._paths = paths_of(settings)

    def read(self) -> Accounts:
        """Every user, every group and who is in it; a column per attribute that was asked for.

        Raises:
            Fatal: The provider could not be read.
        """
        taken_at = now()
        users = self._users()
        groups = self._groups()
        refs = [ident_of(user, self._target, "Users") for user in users]
        index = pd.Index(refs, dtype="str", name="ref")
        who = Identities(zip(refs, users, strict=True))
        grants = [
            (who.ref(member), ident_of(group, self._target, "Groups"))
            for group in groups
            for member in members_in(group)
        ]
        held = [
            (ref, permission_of(attribute, value))
            for ref, user in zip(refs, users, strict=True)
            for attribute in self._settings.permissions
            for value in values_of(user, attribute)
        ]
        taken = dict.fromkeys(
            (value.casefold(), ref)
            for ref, values in zip(refs, addresses_of(users), strict=True)
            for value in values
        )
        return Accounts(
            target=self._target,
            accounts=self._records(users, index),
            attributes=self._attributes(users, index),
            taken_at=taken_at,
            grants=pd.DataFrame(
                list(dict.fromkeys([*(pair for pair in grants if pair[0] is not None), *held])),
                columns=["ref", "permission"],
            ),
            permissions=self._permissions(groups, [permission for _, permission in held]),
            taken=pd.DataFrame(
                {
                    "space": [ADDRESS] * len(taken),
                    "value": [value for value, _ in taken],
                    "ref": [ref for _, ref in taken],
                },
                dtype="str",
            ),
        )

    def permissions(self) -> pd.DataFrame:
        """Every group, and the roles and entitlements that can be granted.

        Raises:
            Fatal: The provider could not be read.
        """
        held: list[str] = []
        if self._settings.permissions:
            held = [
                permission_of(attribute, value)
                for user in self._users()
                for attribute in self._settings.permissions
                for value in values_of(user, attribute)
            ]
        return self._permissions(self._groups(), held)[["name", "grantable"]]

    def check(self) -> Iterable[Finding]:
        """Sign in, look at what the provider can and what it knows; nothing is written."""
        return check_provider(self._client, self._settings)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # --- Reading ----------------------------------------------------------------------------------

    @property
    def _provider(self) -> Announced:
        """What the provider can, asked once."""
        if self._announced is None:
            self._announced = self._whole(self._client.announced)
        return self._announced

    def _users(self) -> list[Resource]:
        return self._everybody(self._provider.users, self._provider.asking(USER))

    def _groups(self) -> list[Resource]:
        """The groups with who is in them; by name, where a list shows nobody in any of them."""
        groups = self._everybody(self._provider.groups, self._provider.asking(SCIM_GROUP))
        if groups and not any("members" in group for group in groups):
            return self._everybody(self._provider.groups, {"attributes": "displayName,members"})
        return groups

    def _everybody(self, path: str, params: Mapping[str, str]) -> list[Resource]:
        return self._whole(lambda: self._client.everybody(path, params=params))

    def _whole(self, read: Callable[[], _T]) -> _T:
        """Everything or nothing: what stops one change elsewhere stops a reading as a whole."""
        try:
            return read()
        except Transient as error:
            raise unreachable(error) from error
        except Refused as error:
            raise Misconfigured(
                error.message,
                system=self._target,
                operation=error.operation,
                hint=error.hint or "Check base_url in the settings.",
                code=error.code,
            ) from error

    # --- Shaping ----------------------------------------------------------------------------------

    def _records(self, users: list[Resource], index: "pd.Index[Any]") -> pd.DataFrame:
        correlation = {"person": parse_path(self._settings.correlation)}
        states = [user.get("active") for user in users]
        columns: dict[str, list[Any]] = {
            "person": [_text(value) for value in columns_of(correlation, users)["person"]],
            "enabled": [state if isinstance(state, bool) else None for state in states],
            "label": [_text(user.get("userName")) for user in users],
            "protected": [bool(self._protection.reason(user)) for user in users],
        }
        return pd.DataFrame(
            {name: pd.Series(values, index=index, dtype=object) for name, values in columns.items()}
        )

    def _attributes(self, users: list[Resource], index: "pd.Index[Any]") -> pd.DataFrame:
        columns = {
            name: pd.Series(values, index=index, dtype=object)
            for name, values in columns_of(self._paths, users).items()
        }
        correlation = self._settings.correlation
        columns[correlation] = columns[correlation].map(_text)
        return pd.DataFrame(columns, index=index)

    def _permissions(self, groups: list[Resource], held: Iterable[str]) -> pd.DataFrame:
        """Groups by id; roles and entitlements by what they are called and where they stand."""
        rows = {
            ident_of(group, self._target, "Groups"): (_text(group.get("displayName")), GROUP)
            for group in groups
        }
        listed = [
            permission_of(attribute, value)
            for attribute, values in self._settings.permissions.items()
            for value in values
        ]
        for permission in dict.fromkeys([*listed, *held]):
            rows[permission] = (name_of(permission, self._settings), PERMISSION)
        return pd.DataFrame(
            [(name, True, kind) for name, kind in rows.values()],
            index=pd.Index(list(rows), dtype="str", name="permission"),
            columns=list(_COLUMNS),
        ).astype({"name": "str", "grantable": bool})


_ADDRESSES: Final = {"userName": parse_path("userName"), "emails": parse_path("emails.value")}


def paths_of(settings: ScimSettings) -> dict[str, Path]:
    """Attribute -> where it stands, for everything that is read."""
    return {
        attribute.name: parse_path(settings.names.get(attribute.name, attribute.name))
        for attribute in manifest_for(settings).attributes
    }


def addresses_of(users: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The names that each user is addressed by: userName and mail addresses."""
    columns = columns_of(_ADDRESSES, users)
    for name, mails in zip(columns["userName"], columns["emails"], strict=True):
        several = mails if isinstance(mails, tuple) else (mails,)
        yield [value for value in (name, *several) if isinstance(value, str) and value]


def _text(value: Value | None) -> str | None:
    return None if value is None or value == "" else str(value)
