"""From objects of the directory to rows: what accounts, groups and names are for the planner."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pandas as pd

from connectors.active_directory.accounts import Protection, addresses_of, is_account, is_enabled
from connectors.active_directory.directory import Entry
from connectors.active_directory.manifest import MANAGER_ID, MANIFEST
from connectors.active_directory.names import canonical_dn, dn_key, split_dn
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.errors import Misconfigured
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN
from connectors.model.values import Value

NAMED: Final = (
    "(|(sAMAccountName=*)(objectCategory=person)(mail=*)(proxyAddresses=*)(userPrincipalName=*))"
)
"""Everything that holds a name an account could want: users, contacts, groups, computers."""
_NAMING: Final = ("sAMAccountName", "mail", "proxyAddresses", "userPrincipalName")
BUILT_IN_GROUP: Final = 0x1
GROUP_ATTRIBUTES: Final = (
    "objectGUID",
    "cn",
    "sAMAccountName",
    "groupType",
    "adminCount",
    "isCriticalSystemObject",
)
NOT_OF_THE_DIRECTORY: Final = frozenset({MANAGER_ID})
"""Attributes that this connector makes out of others."""


class Shape:
    """How objects become rows, under given settings.

    Args:
        settings: Correlation, attributes, containers, protected accounts.
        target: Name of the target, for messages.

    Attributes:
        attributes: What is read of an account, and whether each has several values.
        wanted: What has to be asked of the directory for any object with a name.
    """

    def __init__(self, settings: ActiveDirectorySettings, target: str) -> None:
        """Remember the parts."""
        self._settings, self._target = settings, target
        self._protection = Protection(settings)
        self._containers = settings.containers.templates()
        self._places: dict[str, tuple[str, bool]] = {}
        self.attributes = attribute_shapes(settings)
        read = [name for name in self.attributes if name not in NOT_OF_THE_DIRECTORY]
        wanted = [*Protection.ATTRIBUTES, "objectClass", "objectCategory", *_NAMING, "cn", *read]
        self.wanted = tuple(dict.fromkeys([*wanted, "userAccountControl"]))

    @property
    def digest(self) -> str:
        """Changes with everything that the rows depend on, besides the directory."""
        settings = self._settings
        content = settings.model_dump(
            mode="json",
            include={
                "base_dn", "groups_base", "containers", "correlation", "protected", "bind_user",
                "write_bind_user",
            },
        )  # fmt: skip
        text = json.dumps([content, self.attributes], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    # --- Accounts ---------------------------------------------------------------------------------

    def accounts(self, entries: Sequence[Entry]) -> pd.DataFrame:
        """As `Accounts.accounts`, but for the order."""
        columns = ["person", "enabled", "container", "label", "protected"]
        return pd.DataFrame(
            [self._record(entry) for entry in entries], index=refs_of(entries), columns=columns
        )

    def values(self, entries: Sequence[Entry]) -> pd.DataFrame:
        """As `Accounts.attributes`, but for the order and for `managerId`."""
        index = refs_of(entries)
        columns = {
            name: pd.Series(
                [self._value(entry, name, multi=multi) for entry in entries],
                index=index,
                dtype=object,
            )
            for name, multi in self.attributes.items()
            if name not in NOT_OF_THE_DIRECTORY
        }
        return pd.DataFrame(columns, index=index)

    def _record(self, entry: Entry) -> dict[str, Any]:
        return {
            "person": entry.text(self._settings.correlation),
            "enabled": is_enabled(entry),
            "container": self._place(split_dn(entry.dn)[1])[0],
            "label": entry.text("sAMAccountName"),
            "protected": self._protection.reason(entry) is not None,
        }

    def _value(self, entry: Entry, name: str, *, multi: bool) -> Value | None:
        if name == "distinguishedName":
            return entry.dn
        try:
            values = entry.texts(name)
        except UnicodeDecodeError:
            message = f"{name} does not hold text: take it out of extra_attributes"
            raise Misconfigured(message, system=self._target) from None
        if not values:
            return None
        return tuple(sorted(values)) if multi or len(values) > 1 else values[0]

    # --- Names ------------------------------------------------------------------------------------

    def taken(self, entries: Iterable[Entry]) -> pd.DataFrame:
        """As `Accounts.taken`, but for the order."""
        rows = [row for entry in entries for row in self._names(entry)]
        return pd.DataFrame(rows, columns=["space", "value", "ref"], dtype="str")

    def _names(self, entry: Entry) -> Iterator[tuple[str, str, str]]:
        guid = entry.guid
        login = entry.text("sAMAccountName")
        if login:
            yield LOGIN, login.casefold(), guid
        for address in dict.fromkeys(addresses_of(entry)):
            yield ADDRESS, address, guid
        cn = entry.text("cn")
        if cn and self._place(split_dn(entry.dn)[1])[1]:
            yield COMMON_NAME, cn.casefold(), guid

    def _place(self, dn: str) -> tuple[str, bool]:
        """A container as the settings spell it, else in the one way we do; whether they mean it."""
        if dn not in self._places:
            key = dn_key(dn)
            meant = [one for one in self._containers if one.covers(key)]
            fixed = next((one.text for one in meant if one.is_fixed), None)
            self._places[dn] = (fixed or canonical_dn(dn), bool(meant))
        return self._places[dn]


def attribute_shapes(settings: ActiveDirectorySettings) -> dict[str, bool]:
    """The attributes that are read of an account, and whether each has several values."""
    shapes = {attribute.name: attribute.multi for attribute in MANIFEST.attributes}
    known = {name.lower() for name in shapes}
    for name in (settings.correlation, *settings.extra_attributes):
        if name.lower() not in known:
            shapes[name] = False
            known.add(name.lower())
    return shapes


def refs_of(entries: Sequence[Entry]) -> "pd.Index[Any]":
    """GUIDs of objects, as an index."""
    return pd.Index([entry.guid for entry in entries], dtype="str", name="ref")


def is_named(entry: Entry) -> bool:
    """Whether `NAMED` finds the object."""
    category = (entry.text("objectCategory") or "").casefold()
    person = category == "person" or category.startswith("cn=person,")
    return person or any(entry.text(name) for name in _NAMING)


def is_group(entry: Entry) -> bool:
    """Whether the object is a group; needs `objectClass`."""
    return "group" in {name.casefold() for name in entry.texts("objectClass")}


def ours(entry: Entry, base: str) -> bool:
    """Whether the object is an account below a base, spelt as the directory does it."""
    return is_account(entry) and ends_in(entry.dn, base)


def ends_in(dn: str, base: str) -> bool:
    """Whether an object stands below a base; both as the directory writes them."""
    return dn.casefold().endswith(f",{base.casefold()}")


def permissions_of(groups: Sequence[Entry]) -> pd.DataFrame:
    """Groups as in `Accounts.permissions`, but for the order."""
    return pd.DataFrame(
        [
            {
                "name": group.text("sAMAccountName") or group.text("cn"),
                "grantable": is_grantable(group),
            }
            for group in groups
        ],
        index=pd.Index([group.guid for group in groups], dtype="str", name="permission"),
        columns=["name", "grantable"],
    ).astype({"name": "str", "grantable": bool})


def is_grantable(group: Entry) -> bool:
    """Whether a group may be granted: not built in, not administrative."""
    built_in = (
        group.number("groupType") & BUILT_IN_GROUP or group.text("isCriticalSystemObject") == "TRUE"
    )
    return not built_in and group.number("adminCount") == 0
