"""What `retour check` looks at: whether a run could work, and rights that are too few or too many.

Rights are those that the controller itself counts as effective for the account that asks, so each
account has to ask for itself: one that only writes is looked at by its groups.

Source: MS-ADTS 3.1.1.4.5 (allowedChildClassesEffective, allowedAttributesEffective, tokenGroups),
MS-DTYP 2.4.2 (security identifiers).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from connectors.active_directory.accounts import Protection
from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.domain import ANY, DomainOf
from connectors.active_directory.manifest import MANAGER_ID
from connectors.active_directory.mapping import FIELDS
from connectors.active_directory.names import escape_filter
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.shaping import is_grantable
from connectors.active_directory.whole import GROUPS
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Refused

Entire = Callable[[Callable[[], Any]], Any]

CLASSES: Final = "allowedChildClassesEffective"
ATTRIBUTES: Final = "allowedAttributesEffective"
_STATE: Final = frozenset({"userAccountControl", "pwdLastSet"})
"""Written beside what is mapped."""
_MADE_OF_OTHERS: Final = {MANAGER_ID: "manager"}
_NOT_WRITTEN: Final = frozenset({"distinguishedName", "container", "cn"})
_ADMINISTRATIVE: Final = {
    512: "Domain Admins",
    518: "Schema Admins",
    519: "Enterprise Admins",
    544: "Administrators",
    548: "Account Operators",
    549: "Server Operators",
    550: "Print Operators",
    551: "Backup Operators",
}
"""Last part of the security identifier -> group; from 544 on below S-1-5-32."""
_BUILT_IN: Final = 32
_SHOWN: Final = 5


def sees_deleted(directory: Directory, domain: str) -> bool:
    """Whether the account that asks can see what was deleted: administrators only, by default."""
    try:
        found = directory.search(
            f"CN=Deleted Objects,{domain}",
            ANY,
            ["objectGUID"],
            scope=Scope.BASE,
            show_deleted=True,
        )
    except Refused:
        return False
    return bool(found) and "objectguid" in found[0].attributes


def examine(
    settings: ActiveDirectorySettings, domain: DomainOf, directory: Directory, entire: Entire
) -> Iterator[Finding]:
    """Sign in, then look at base, containers, groups, accounts and rights; nothing is written.

    Args:
        settings: Of the target.
        domain: What they name.
        directory: Bound as the account that reads.
        entire: Turns what stops one change into what stops a reading.
    """
    try:
        root = entire(directory.root)
        controller = entire(domain.controller)
    except ConnectorError as error:
        subject = f"sign in to {settings.server}"
        yield Finding(ok=False, subject=subject, detail=str(error), reached=False)
        return
    host = root.text("dnsHostName") or settings.server
    level = root.text("domainFunctionality") or "unknown"
    yield Finding(
        ok=True,
        subject=f"sign in to {settings.server}",
        detail=f"{host} answers for {controller.domain}, functional level {level}",
    )
    found = _Looks(settings, domain, directory, entire, controller.domain)
    yield found.exists("base_dn", settings.base_dn)
    for dn in settings.containers.named():
        yield found.exists("container", dn)
    yield found.groups()
    yield found.accounts()
    try:
        yield from found.rights()
    except ConnectorError as error:
        yield Finding(ok=False, subject="rights", detail=str(error))


class _Looks:
    def __init__(
        self,
        settings: ActiveDirectorySettings,
        domain: DomainOf,
        directory: Directory,
        entire: Entire,
        name: str,
    ) -> None:
        self._settings, self._domain, self._directory = settings, domain, directory
        self._entire, self._name = entire, name
        self._groups: list[Entry] = []
        self._sample: Entry | None = None

    def exists(self, subject: str, dn: str) -> Finding:
        try:
            self._domain.canonical(dn)
        except ConnectorError as error:
            return Finding(ok=False, subject=f"{subject} {dn}", detail=str(error))
        return Finding(ok=True, subject=f"{subject} {dn}", detail="exists")

    def groups(self) -> Finding:
        base = self._domain.groups_base
        subject = f"groups below {base}"
        asked = ["sAMAccountName", "groupType", "adminCount", "isCriticalSystemObject", ATTRIBUTES]
        try:
            groups = self._entire(lambda: self._domain.search(base, GROUPS, asked))
        except ConnectorError as error:
            return Finding(ok=False, subject=subject, detail=str(error))
        self._groups = [group for group in groups if is_grantable(group)]
        grantable, others = len(self._groups), len(groups) - len(self._groups)
        detail = f"{grantable} that can be granted, {others} built-in or administrative ones"
        if not grantable:
            detail += ": set groups_base to the OU of the groups that rules name"
        return Finding(ok=grantable > 0, subject=subject, detail=detail)

    def accounts(self) -> Finding:
        settings, correlation = self._settings, self._settings.correlation
        subject = f"accounts below {settings.base_dn}"
        filter_ = f"(&(objectCategory=person)(objectClass=user)({correlation}=*))"
        try:
            found = self._entire(
                lambda: self._domain.search(settings.base_dn, filter_, Protection.ATTRIBUTES)
            )
        except ConnectorError as error:
            return Finding(ok=False, subject=subject, detail=str(error))
        protection = Protection(settings)
        ends = [f",{dn}".casefold() for dn in settings.containers.named()]
        self._sample = next(
            (
                entry
                for entry in found
                if protection.reason(entry) is None
                and any(entry.dn.casefold().endswith(end) for end in ends)
            ),
            None,
        )
        return Finding(
            ok=True, subject=subject, detail=f"{len(found)} have the attribute {correlation}"
        )

    # --- Rights -----------------------------------------------------------------------------------

    def rights(self) -> Iterator[Finding]:
        settings = self._settings
        apart = settings.write_bind_user is not None
        yield self._reads_deleted()
        yield self._administrative(settings.bind_user, "read" if apart else "read and write")
        if apart:
            yield self._administrative(settings.write_bind_user or "", "write")
            yield from self._writes_nothing()
            return
        for dn in settings.containers.named():
            yield from self._containers(dn)
        yield from self._fields()
        yield from self._members()
        yield from self._elsewhere()

    def _reads_deleted(self) -> Finding:
        subject = "right to read: deleted objects"
        if sees_deleted(self._directory, self._name):
            return Finding(ok=True, subject=subject, detail="what was deleted can be read")
        detail = (
            "too few: what was deleted cannot be seen, so every reading lists all objects once; "
            "grant list and read on CN=Deleted Objects to make it quick"
        )
        return Finding(ok=True, warns=True, subject=subject, detail=detail)

    def _administrative(self, user: str, what: str) -> Finding:
        subject = f"rights to {what}: groups of {user}"
        account = self._account(user)
        found = (
            None
            if account is None
            else self._at(account.dn, ["tokenGroups"]).attributes.get("tokengroups")
        )
        if found is None:
            detail = "cannot be seen: nobody knows whether it may do too much"
            return Finding(ok=True, warns=True, subject=subject, detail=detail)
        named = sorted(filter(None, map(_administrative_group, found)))
        if named:
            detail = f"too many: it is a member of {', '.join(named)}; delegate rights instead"
            return Finding(ok=True, warns=True, subject=subject, detail=detail)
        return Finding(ok=True, subject=subject, detail="no administrative group")

    def _writes_nothing(self) -> Iterator[Finding]:
        """The account that reads is not the one that writes."""
        user = self._settings.bind_user
        held = [
            f"create {_some(classes)} in {dn}"
            for dn in (*self._settings.containers.named(), self._name)
            if (classes := self._at(dn, [CLASSES]).texts(CLASSES))
        ]
        if self._sample is not None and self._effective(self._sample):
            held.append("change accounts")
        if any("member" in group.texts(ATTRIBUTES) for group in self._groups):
            held.append("change members of groups")
        subject = f"rights to read: what {user} may write"
        if held:
            detail = f"too many: it only reads, and may {', '.join(held)}"
            yield Finding(ok=True, warns=True, subject=subject, detail=detail)
        else:
            yield Finding(ok=True, subject=subject, detail="nothing")
        detail = (
            "not looked at: only an account itself is told what it may do; name it as bind_user "
            "for one check"
        )
        yield Finding(
            ok=True,
            subject=f"rights to write: {self._settings.write_bind_user}",
            detail=detail,
        )

    def _containers(self, dn: str) -> Iterator[Finding]:
        found = set(self._at(dn, [CLASSES]).texts(CLASSES))
        needed = {"user"}
        if self._settings.create_containers and any(
            one.fixed == dn and not one.is_fixed for one in self._settings.containers.templates()
        ):
            needed.add("organizationalUnit")
        yield from _compare(f"right to write: create in {dn}", needed, found)

    def _fields(self) -> Iterator[Finding]:
        subject = "right to write: attributes of accounts"
        if self._sample is None:
            yield Finding(ok=True, subject=subject, detail="no account to look at yet")
            return
        mapped = {*FIELDS, *self._settings.extra_attributes, self._settings.correlation, *_STATE}
        needed = {_MADE_OF_OTHERS.get(name, name) for name in mapped} - _NOT_WRITTEN
        found = {name.casefold() for name in self._effective(self._sample)}
        lacking = sorted(name for name in needed if name.casefold() not in found)
        if lacking:
            detail = f"too few: {_some(lacking)} of {self._sample.dn}"
            yield Finding(ok=False, subject=subject, detail=detail)
        else:
            yield Finding(ok=True, subject=subject, detail="all that are mapped")

    def _members(self) -> Iterator[Finding]:
        subject = f"right to write: members of groups below {self._domain.groups_base}"
        held = {
            group.text("sAMAccountName") or group.dn: set(group.texts(ATTRIBUTES))
            for group in self._groups
        }
        lacking = sorted(name for name, found in held.items() if "member" not in found)
        beyond = sorted(name for name, found in held.items() if found - {"member"})
        if lacking:
            none = len(lacking) == len(held)
            detail = f"too few: the members of {_some(lacking)} cannot be changed"
            yield Finding(ok=not none, warns=not none, subject=subject, detail=detail)
        if beyond:
            detail = f"too many: more than the members of {_some(beyond)} can be changed"
            yield Finding(ok=True, warns=True, subject=subject, detail=detail)
        if held and not lacking and not beyond:
            yield Finding(ok=True, subject=subject, detail="members, and nothing else")

    def _elsewhere(self) -> Iterator[Finding]:
        """What nobody needs: rights on the domain itself, or where its built-in accounts are."""
        held = []
        for dn in (self._name, f"CN=Users,{self._name}"):
            try:
                classes = self._at(dn, [CLASSES]).texts(CLASSES)
            except ConnectorError:
                continue
            if classes:
                held.append(f"create {_some(classes)} in {dn}")
        subject = "right to write: outside the containers"
        if held:
            detail = f"too many: {'; '.join(held)}"
            yield Finding(ok=True, warns=True, subject=subject, detail=detail)
        else:
            yield Finding(ok=True, subject=subject, detail="nothing")

    def _effective(self, entry: Entry) -> tuple[str, ...]:
        return self._at(entry.dn, [ATTRIBUTES]).texts(ATTRIBUTES)

    def _account(self, user: str) -> Entry | None:
        if "=" in user and "," in user:
            return self._at(user, ["objectGUID"])
        login = escape_filter(user.rpartition("\\")[2])
        terms = f"(sAMAccountName={login})(userPrincipalName={login})"
        if "@" in user:
            terms += f"(sAMAccountName={login.partition('@')[0]})"
        found = self._entire(
            lambda: self._domain.search(
                self._name, f"(|{terms})", ["userPrincipalName", "sAMAccountName"]
            )
        )
        exact = [one for one in found if (one.text("userPrincipalName") or "") == user]
        return next(iter(exact or found), None)

    def _at(self, dn: str, attributes: Sequence[str]) -> Entry:
        found = self._entire(lambda: self._directory.search(dn, ANY, attributes, scope=Scope.BASE))
        return found[0] if found else Entry(dn, {})


def _compare(subject: str, needed: set[str], found: Iterable[str]) -> Iterator[Finding]:
    held = set(found)
    if lacking := sorted(needed - held):
        detail = f"too few: {_some(lacking)} cannot be made there"
        yield Finding(ok=False, subject=subject, detail=detail)
    if beyond := sorted(held - needed - _MADE_WITH_USERS):
        detail = f"too many: {_some(beyond)} can be made there too"
        yield Finding(ok=True, warns=True, subject=subject, detail=detail)
    if not lacking and not beyond:
        yield Finding(ok=True, subject=subject, detail=_some(sorted(needed)))


_MADE_WITH_USERS: Final = frozenset({"inetOrgPerson"})
"""Classes that come with the right to make users, in the eyes of some controllers."""


def _administrative_group(sid: bytes) -> str | None:
    parts = [int.from_bytes(sid[at : at + 4], "little") for at in range(8, len(sid), 4)]
    if not parts:
        return None
    built_in = parts[0] == _BUILT_IN
    return _ADMINISTRATIVE.get(parts[-1]) if built_in is (parts[-1] >= 544) else None


def _some(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(list(names)[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
