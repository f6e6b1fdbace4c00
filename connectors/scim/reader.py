"""Reads a provider: everybody in pages, groups with who is in them, roles that are permissions.

Nothing is filtered on the way: who is looked for is found in memory. No write leaves.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import pandas as pd

from connectors.model.accounts import GROUP, PERMISSION, Accounts
from connectors.model.connector import Finding
from connectors.model.errors import Misconfigured, Refused, Transient
from connectors.model.manifest import ADDRESS
from connectors.scim.announced import Announced
from connectors.scim.check import check_provider
from connectors.scim.client import ScimClient
from connectors.scim.members import Identities, members_in
from connectors.scim.pages import Resource, ident_of
from connectors.scim.permissions import name_of, permission_of
from connectors.scim.settings import ScimSettings
from connectors.scim.shaping import Shaped, Shaping, frame_of, text_of
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
        self._announced: Announced | None = None
        self._shaping = Shaping(settings, target)

    def read(self) -> Accounts:
        """Every user, every group and who is in it; a column per attribute that was asked for.

        Raises:
            Fatal: The provider could not be read.
        """
        taken_at = now()
        users = self._users()
        groups = self._groups()
        index = pd.Index(users.refs, dtype="str", name="ref")
        who = Identities(zip(users.refs, users.locations, strict=True))
        grants = [
            (who.ref(member), ident_of(group, self._target, "Groups"))
            for group in groups
            for member in members_in(group)
        ]
        taken = dict.fromkeys(users.taken)
        return Accounts(
            target=self._target,
            accounts=frame_of(users.records, index),
            attributes=frame_of(users.attributes, index),
            taken_at=taken_at,
            grants=pd.DataFrame(
                list(
                    dict.fromkeys([*(pair for pair in grants if pair[0] is not None), *users.held])
                ),
                columns=["ref", "permission"],
            ),
            permissions=self._permissions(groups, users.held),
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
        held = self._users().held if self._settings.permissions else []
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

    def _users(self) -> Shaped:
        shape, provider = self._shaping.page, self._provider
        asking = provider.asking(USER)
        return self._shaping.all(
            self._whole(lambda: self._client.pages(provider.users, shape, params=asking))
        )

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

    def _permissions(self, groups: list[Resource], held: Iterable[tuple[str, str]]) -> pd.DataFrame:
        """Groups by id; roles and entitlements by what they are called and where they stand."""
        rows = {
            ident_of(group, self._target, "Groups"): (text_of(group.get("displayName")), GROUP)
            for group in groups
        }
        listed = [
            permission_of(attribute, value)
            for attribute, values in self._settings.permissions.items()
            for value in values
        ]
        for permission in dict.fromkeys([*listed, *(permission for _, permission in held)]):
            rows[permission] = (name_of(permission, self._settings), PERMISSION)
        return pd.DataFrame(
            [(name, True, kind) for name, kind in rows.values()],
            index=pd.Index(list(rows), dtype="str", name="permission"),
            columns=list(_COLUMNS),
        ).astype({"name": "str", "grantable": bool})
