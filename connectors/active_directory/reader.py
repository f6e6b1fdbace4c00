"""Reads the domain: accounts below the base, groups and who is in them, names that are taken.

Two searches in pages, whatever the number of accounts. The connection refuses writes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

import pandas as pd

from connectors.active_directory.accounts import Protection, addresses_of, is_account, is_enabled
from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.manifest import MANIFEST
from connectors.active_directory.names import dn_key, guid_dn, is_below, split_dn
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Misconfigured, Refused, Transient, Unreachable
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN
from connectors.model.values import Value
from connectors.sdk.clock import now

NAMED: Final = (
    "(|(sAMAccountName=*)(objectCategory=person)(mail=*)(proxyAddresses=*)(userPrincipalName=*))"
)
"""Everything that holds a name an account could want: users, contacts, groups, computers."""
GROUPS: Final = "(objectCategory=group)"
BUILT_IN_GROUP: Final = 0x1
_GROUP_ATTRIBUTES: Final = (
    "objectGUID",
    "cn",
    "sAMAccountName",
    "groupType",
    "adminCount",
    "isCriticalSystemObject",
    "member",
)
_RANGE: Final = "member;range="

_T = TypeVar("_T")


class ActiveDirectoryReader:
    """Reads one domain.

    Args:
        settings: Where and what to read.
        target: Name of the target in the profile.
        directory: Bound as the account that reads, read-only.
    """

    def __init__(
        self, settings: ActiveDirectorySettings, target: str, directory: Directory
    ) -> None:
        """Remember the parts; nothing is read yet."""
        self._settings, self._target, self._directory = settings, target, directory
        self._protection = Protection(settings)
        self._shapes = attribute_shapes(settings)
        self._containers = {dn_key(dn): dn for dn in settings.containers.named()}
        self._spelled: dict[str, str | None] = {}

    def read(self) -> Accounts:
        """Every account below `base_dn`, every group below `groups_base`, every name in the domain.

        The attributes of accounts have a column for each attribute that was asked for, also where
        no account has it: a column that is missing was not read.

        Raises:
            Fatal: The directory could not be read.
        """
        return self._whole(self._read)

    def permissions(self) -> pd.DataFrame:
        """Every group below `groups_base`, without its members: as in `Accounts.permissions`.

        Raises:
            Fatal: The directory could not be read.
        """
        base = self._settings.groups_base or self._settings.base_dn
        wanted = [name for name in _GROUP_ATTRIBUTES if name != "member"]
        return _permissions(self._whole(lambda: self._search(base, GROUPS, wanted)))

    def _read(self) -> Accounts:
        taken_at = now()
        domain, base = self._domain(), self._canonical(self._settings.base_dn)
        wanted = [
            *Protection.ATTRIBUTES,
            "objectClass",
            "cn",
            "mail",
            "proxyAddresses",
            *self._shapes,
        ]
        wanted.append("userAccountControl")
        entries = self._search(domain, NAMED, list(dict.fromkeys(wanted)))
        accounts = [entry for entry in entries if is_account(entry) and _ends_in(entry.dn, base)]
        refs = {entry.dn.casefold(): entry.guid for entry in accounts}
        groups = self._search(
            self._settings.groups_base or self._settings.base_dn, GROUPS, list(_GROUP_ATTRIBUTES)
        )
        index = pd.Index([entry.guid for entry in accounts], dtype="str", name="ref")
        return Accounts(
            target=self._target,
            accounts=pd.DataFrame([self._record(entry) for entry in accounts], index=index),
            attributes=self._attributes(accounts, index),
            taken_at=taken_at,
            grants=pd.DataFrame(
                [
                    (refs[member.casefold()], group.guid)
                    for group in groups
                    for member in self._members(group)
                    if member.casefold() in refs
                ],
                columns=["ref", "permission"],
            ),
            permissions=_permissions(groups),
            taken=pd.DataFrame(
                [row for entry in entries for row in self._names(entry)],
                columns=["space", "value", "ref"],
            ),
        )

    def check(self) -> Iterable[Finding]:
        """Sign in, look at base, containers and groups; nothing is written."""
        try:
            root = self._whole(self._directory.root)
        except ConnectorError as error:
            yield Finding(
                ok=False,
                subject=f"sign in to {self._settings.server}",
                detail=str(error),
                reached=False,
            )
            return
        host = root.text("dnsHostName") or self._settings.server
        domain = root.text("defaultNamingContext") or "an unknown domain"
        level = root.text("domainFunctionality") or "unknown"
        yield Finding(
            ok=True,
            subject=f"sign in to {self._settings.server}",
            detail=f"{host} answers for {domain}, functional level {level}",
        )
        yield self._look("base_dn", self._settings.base_dn)
        for dn in self._settings.containers.named():
            yield self._look("container", dn)
        yield self._look_at_groups()
        yield self._look_at_accounts()

    def close(self) -> None:
        """Close the connections."""
        self._directory.close()

    # --- Looking, for check -----------------------------------------------------------------------

    def _look(self, subject: str, dn: str) -> Finding:
        try:
            self._canonical(dn)
        except ConnectorError as error:
            return Finding(ok=False, subject=f"{subject} {dn}", detail=str(error))
        return Finding(ok=True, subject=f"{subject} {dn}", detail="exists")

    def _look_at_groups(self) -> Finding:
        base = self._settings.groups_base or self._settings.base_dn
        subject = f"groups below {base}"
        try:
            groups = self._whole(
                lambda: self._search(
                    base, GROUPS, ["groupType", "adminCount", "isCriticalSystemObject"]
                )
            )
        except ConnectorError as error:
            return Finding(ok=False, subject=subject, detail=str(error))
        grantable = sum(_grantable(group) for group in groups)
        others = len(groups) - grantable
        detail = f"{grantable} that can be granted, {others} built-in or administrative ones"
        if not grantable:
            detail += ": set groups_base to the OU of the groups that rules name"
        return Finding(ok=grantable > 0, subject=subject, detail=detail)

    def _look_at_accounts(self) -> Finding:
        correlation = self._settings.correlation
        subject = f"accounts below {self._settings.base_dn}"
        filter_ = f"(&(objectCategory=person)(objectClass=user)({correlation}=*))"
        try:
            found = self._whole(
                lambda: self._search(self._settings.base_dn, filter_, ["objectGUID"])
            )
        except ConnectorError as error:
            return Finding(ok=False, subject=subject, detail=str(error))
        return Finding(
            ok=True, subject=subject, detail=f"{len(found)} have the attribute {correlation}"
        )

    # --- Reading ----------------------------------------------------------------------------------

    def _search(self, base: str, filter_: str, attributes: list[str]) -> list[Entry]:
        return self._directory.search(base, filter_, attributes, page_size=self._settings.page_size)

    def _whole(self, read: Callable[[], _T]) -> _T:
        """Everything or nothing: what stops one change elsewhere stops a reading as a whole."""
        try:
            return read()
        except Transient as error:
            message = f"{error.message} (2 attempts)"
            raise Unreachable(message, system=self._target, operation=error.operation) from error
        except Refused as error:
            raise Misconfigured(
                error.message,
                system=self._target,
                operation=error.operation,
                hint=error.hint,
                code=error.code,
            ) from error

    def _domain(self) -> str:
        """The domain itself, in which names are unique; `base_dn` may be only a part of it."""
        context = self._directory.root().text("defaultNamingContext")
        if context is None or not is_below(self._settings.base_dn, context):
            message = (
                f"base_dn {self._settings.base_dn} is not in {context}, the controller's domain"
            )
            raise Misconfigured(message, system=self._target)
        return context

    def _canonical(self, dn: str) -> str:
        """A name as the directory itself writes it.

        Raises:
            Misconfigured: There is no such object.
        """
        try:
            found = self._directory.search(dn, "(objectClass=*)", ["objectGUID"], scope=Scope.BASE)
        except Refused as error:
            message = f"{dn} does not exist, or the account that reads may not see it"
            raise Misconfigured(message, system=self._target, code=error.code) from error
        if not found:
            message = f"{dn} cannot be seen by the account that reads"
            raise Misconfigured(message, system=self._target)
        return found[0].dn

    def _members(self, group: Entry) -> Iterator[str]:
        """Distinguished names of the members; a large group gives them in ranges."""
        yield from group.texts("member")
        key = _range_key(group)
        while key is not None:
            yield from group.texts(key)
            end = key.rpartition("-")[2]
            if end == "*":
                return
            asked = [f"{_RANGE}{int(end) + 1}-*"]
            found = self._directory.search(
                guid_dn(group.guid), GROUPS, ["objectGUID", *asked], scope=Scope.BASE
            )
            if not found:
                message = "a group disappeared while its members were read"
                raise Misconfigured(message, system=self._target, operation=f"read {group.dn}")
            group = found[0]
            key = _range_key(group)

    # --- Shaping ----------------------------------------------------------------------------------

    def _record(self, entry: Entry) -> dict[str, Any]:
        parent = split_dn(entry.dn)[1]
        return {
            "person": entry.text(self._settings.correlation),
            "enabled": is_enabled(entry),
            "container": self._named_container(parent) or parent,
            "label": entry.text("sAMAccountName"),
            "protected": self._protection.reason(entry) is not None,
        }

    def _attributes(self, accounts: list[Entry], index: "pd.Index[Any]") -> pd.DataFrame:
        columns = {
            name: pd.Series(
                [self._value(entry, name, multi=multi) for entry in accounts],
                index=index,
                dtype=object,
            )
            for name, multi in self._shapes.items()
        }
        return pd.DataFrame(columns, index=index)

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

    def _names(self, entry: Entry) -> Iterator[tuple[str, str, str]]:
        guid = entry.guid
        login = entry.text("sAMAccountName")
        if login:
            yield LOGIN, login.casefold(), guid
        for address in dict.fromkeys(addresses_of(entry)):
            yield ADDRESS, address, guid
        cn = entry.text("cn")
        if cn and self._named_container(split_dn(entry.dn)[1]):
            yield COMMON_NAME, cn.casefold(), guid

    def _named_container(self, dn: str) -> str | None:
        """A container as the settings spell it, None when they do not name it."""
        if dn not in self._spelled:
            self._spelled[dn] = self._containers.get(dn_key(dn))
        return self._spelled[dn]


def attribute_shapes(settings: ActiveDirectorySettings) -> dict[str, bool]:
    """The attributes that are read of an account, and whether each has several values."""
    shapes = {attribute.name: attribute.multi for attribute in MANIFEST.attributes}
    known = {name.lower() for name in shapes}
    for name in (settings.correlation, *settings.extra_attributes):
        if name.lower() not in known:
            shapes[name] = False
            known.add(name.lower())
    return shapes


def _permissions(groups: list[Entry]) -> pd.DataFrame:
    """Groups as in `Accounts.permissions`."""
    return pd.DataFrame(
        [
            {
                "name": group.text("sAMAccountName") or group.text("cn"),
                "grantable": _grantable(group),
            }
            for group in groups
        ],
        index=pd.Index([group.guid for group in groups], dtype="str", name="permission"),
        columns=["name", "grantable"],
    ).astype({"name": "str", "grantable": bool})


def _grantable(group: Entry) -> bool:
    """Whether a group may be granted: not built in, not administrative."""
    built_in = (
        group.number("groupType") & BUILT_IN_GROUP or group.text("isCriticalSystemObject") == "TRUE"
    )
    return not built_in and group.number("adminCount") == 0


def _ends_in(dn: str, base: str) -> bool:
    """Whether an object stands below a base; both as the directory writes them."""
    return dn.casefold().endswith(f",{base.casefold()}")


def _range_key(group: Entry) -> str | None:
    return next((name for name in group.attributes if name.startswith(_RANGE)), None)
