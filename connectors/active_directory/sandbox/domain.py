"""The sandbox's domain controller: the operations of LDAP on a store, strict where a controller is.

What it enforces is listed in the README. Its refusals carry LDAP codes and Windows errors.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.active_directory.directory import Entry, Modification, Scope
from connectors.active_directory.names import split_dn
from connectors.active_directory.results import (
    ENTRY_EXISTS,
    NO_SUCH_OBJECT,
    NOT_LEAF,
    SIZE_LIMIT,
    UNWILLING,
)
from connectors.active_directory.sandbox.checks import (
    attributes_to_write,
    check_account,
    check_leaf,
    check_right,
    classes_to_create,
)
from connectors.active_directory.sandbox.content import furnish
from connectors.active_directory.sandbox.edits import Edits, text_of
from connectors.active_directory.sandbox.faults import Call, Faults
from connectors.active_directory.sandbox.filters import parse_filter
from connectors.active_directory.sandbox.objects import DirectoryError, Object
from connectors.active_directory.sandbox.requests import (
    INVALID_DN,
    kind_of,
    parts_of,
    refused_bind,
)
from connectors.active_directory.sandbox.schema import (
    BELOW_USERS,
    DISABLED,
    NORMAL,
    PARENTS,
    PASSWORD_NOT_REQUIRED,
    PRINCIPALS,
    RDN_KINDS,
)
from connectors.active_directory.sandbox.store import DELETED, Store
from connectors.active_directory.sandbox.views import View
from connectors.sdk.clock import now

UNPAGED_LIMIT: Final = 1000
LOCKOUT_AFTER: Final = 10
SECURITY_GLOBAL: Final = -2147483646
NAMING: Final = 64


class Domain:
    """A domain controller that exists in this process, or in a file that several processes share.

    Args:
        base_dn: Name of the domain.
        path: Where it is kept, None for memory.

    Attributes:
        faults: What goes wrong on request, and the log of calls. Of this process only.
        policy_code: LDAP code for a password against the policy: 53, or 19 as some controllers say.
        unique_principals: Whether a UPN is unique in the forest; off as by dSHeuristics.
        store: The objects.
    """

    def __init__(self, base_dn: str, path: Path | None = None) -> None:
        """Prepare the domain; `content.furnish` puts the first objects in."""
        self.store = Store(base_dn, path, self._furnish)
        self.view = View(self.store)
        self._edits = Edits(self)
        self.faults = Faults()
        self.policy_code = UNWILLING
        self.unique_principals = True

    def _furnish(self) -> None:
        furnish(self.store)

    @property
    def base_dn(self) -> str:
        """Name of the domain."""
        return self.store.base_dn

    @property
    def service_dn(self) -> str:
        """Name of the controller's own object, which says of which database it is."""
        return f"CN=NTDS Settings,CN=SANDBOX,CN=Servers,CN=Sites,CN=Configuration,{self.base_dn}"

    def least_password(self, one: Object) -> int:
        """Characters that the policy asks for: of the domain, or a finer one of the account."""
        root = self.store.resolve(self.base_dn)
        finer = self.store.resolve(one.first("msDS-ResultantPSO") or "CN=None,DC=None")
        if finer is not None:
            return finer.number("msDS-MinimumPasswordLength")
        return root.number("minPwdLength") if root else 0

    # --- Operations of LDAP -----------------------------------------------------------------------

    def bind(self, user: str, password: str) -> str:
        """The GUID of an account that proves itself.

        Raises:
            DirectoryError: 49, with AD's reason in `data`. A wrong password counts towards lockout.
        """
        with self.store.locked(), self._call(Call("bind", user)):
            found = self._login(user)
            if found is None:
                raise refused_bind("525")
            if found.number("badPwdCount") >= LOCKOUT_AFTER:
                raise refused_bind("775")
            if not found.is_password(password):
                changed = found.copy()
                changed.attributes["badPwdCount"] = [str(found.number("badPwdCount") + 1)]
                self.store.commit(quiet=[changed])
                raise refused_bind("52e")
            if found.number("userAccountControl") & DISABLED:
                raise refused_bind("533")
            if found.first("pwdLastSet") == "0":
                raise refused_bind("773")
            if found.number("badPwdCount"):
                changed = found.copy()
                del changed.attributes["badPwdCount"]
                self.store.commit(quiet=[changed])
            return found.guid

    def root(self) -> Entry:
        """The rootDSE."""
        with self.store.locked(), self._call(Call("search", "")):
            texts = {
                "defaultnamingcontext": self.base_dn,
                "rootdomainnamingcontext": self.base_dn,
                "dnshostname": "sandbox",
                "dsservicename": self.service_dn,
                "highestcommittedusn": str(self.store.usn),
                "domaincontrollerfunctionality": "7",
                "domainfunctionality": "7",
                "forestfunctionality": "7",
            }
        return Entry("", {name: (text.encode(),) for name, text in texts.items()})

    def search(
        self,
        base: str,
        filter_: str,
        attributes: Sequence[str],
        *,
        scope: Scope,
        page_size: int | None,
        show_deleted: bool = False,
        by: str | None = None,
    ) -> list[Entry]:
        """Objects that match; all pages at once, because nothing changes between them here.

        Args:
            base: Where to look.
            filter_: What for.
            attributes: What to return.
            scope: How far to look.
            page_size: None for no pages.
            show_deleted: Whether deleted objects are looked at too, if the account may see them.
            by: GUID of the account that asks; None for one that sees everything.
        """
        with self.store.locked(), self._call(Call("search", base)):
            if base.casefold() == self.service_dn.casefold():
                invocation = uuid.UUID(self.store.invocation).bytes_le
                return [Entry(self.service_dn, {"invocationid": (invocation,)})]
            start = self.find(base)
            wanted = parse_filter(filter_)
            candidates = None if show_deleted else self.store.candidates(wanted)
            pool = self._in_scope(start, scope, candidates)
            visible = show_deleted and self._sees_deleted(by)
            if visible and scope is Scope.SUBTREE:
                pool = [*pool, *self.store.deleted()]
            found = [
                one
                for one in pool
                if (show_deleted or one.first("isDeleted") is None)
                and wanted.matches(self.view.getter(one))
            ]
            if page_size is None and len(found) > UNPAGED_LIMIT:
                raise DirectoryError(SIZE_LIMIT, "2024", "more than 1000 objects without paging")
            return [
                self._shown(one, attributes, by)
                if visible or one.first("isDeleted") is None
                else Entry(self.store.dn(one), {})
                for one in found
            ]

    def _shown(self, one: Object, attributes: Sequence[str], by: str | None) -> Entry:
        """An object with what is asked of it, also what depends on who asks."""
        entry = self.view.entry(one, attributes)
        asked = {name.lower() for name in attributes}
        effective = {
            "allowedchildclasseseffective": classes_to_create,
            "allowedattributeseffective": attributes_to_write,
        }
        shown = dict(entry.attributes)
        for name in asked & effective.keys() if by is not None else ():
            names = effective[name](self.store, self._account(str(by)), one)
            if names:
                shown[name] = tuple(text.encode() for text in names)
        return Entry(entry.dn, shown)

    def _sees_deleted(self, by: str | None) -> bool:
        """By default administrators alone; others when somebody lets them."""
        container = self.store.resolve(f"{DELETED},{self.base_dn}")
        if by is None or container is None or by in container.delegates:
            return True
        who = self._account(by)
        return bool(classes_to_create(self.store, who, container))

    def add(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]], *, by: str) -> None:
        """Make an object; an account is made disabled unless it says otherwise."""
        given = {
            name.lower(): [text_of(value) for value in values]
            for name, values in attributes.items()
        }
        persons = frozenset(given.get("employeeid", ()))
        with self.store.locked(), self._call(Call("add", dn, persons, frozenset(given))):
            kind = kind_of(given.pop("objectclass", []))
            leaf, parent = self._place(dn, kind)
            if leaf[0].upper() != RDN_KINDS.get(kind, "CN"):
                raise DirectoryError(NAMING, "2099", f"{leaf[0]} does not name a {kind}")
            if [value.casefold() for value in given.pop(leaf[0].lower(), [leaf[1]])] != [
                leaf[1].casefold()
            ]:
                raise DirectoryError(NAMING, "2099", "the name and its attribute differ")
            guid = uuid.uuid5(uuid.NAMESPACE_DNS, f"{dn.casefold()}#{self.store.usn}")
            made = Object(
                guid=str(guid), parent=parent.guid, rdn=(leaf[0].upper(), leaf[1]), kind=kind
            )
            check_right(self.store, self._account(by), made, given)
            self._check_free(parent, leaf)
            check_leaf(leaf[1])
            if "unicodepwd" in given or "member" in given:
                raise DirectoryError(UNWILLING, "1F", "passwords and members come with a modify")
            for name, values in given.items():
                self._edits.replace(made, name, values)
            made.attributes["whenCreated"] = [f"{now():%Y%m%d%H%M%S}.0Z"]
            if kind in PRINCIPALS:
                made.attributes.setdefault("sAMAccountName", [f"${guid.hex[:18].upper()}"])
            if kind in {"user", "computer"}:
                flags = str(NORMAL | DISABLED | PASSWORD_NOT_REQUIRED)
                made.attributes.setdefault("userAccountControl", [flags])
                made.attributes.setdefault("pwdLastSet", ["0"])
            if kind == "group":
                made.attributes.setdefault("groupType", [str(SECURITY_GLOBAL)])
            check_account(self.store, made, unique_principals=self.unique_principals)
            self.store.commit(put=[made])

    def modify(
        self, dn: str, modifications: Sequence[Modification], *, by: str, protected: bool
    ) -> None:
        """Change an object: all of the modifications, or none."""
        with self.store.locked():
            names = frozenset(one.attribute.lower() for one in modifications)
            with self._call(Call("modify", dn, self._persons(dn, modifications), names)):
                found = self.find(dn)
                check_right(self.store, self._account(by), found, names)
                changed = found.copy()
                members: dict[str, Object] = {}
                for one in modifications:
                    if one.attribute.lower() == "unicodepwd":
                        self._edits.set_password(changed, one, protected=protected)
                    elif one.attribute.lower() == "member":
                        self._edits.change_members(found, one, members)
                    else:
                        self._edits.change(changed, one)
                check_account(self.store, changed, unique_principals=self.unique_principals)
                self.store.commit(put=[changed], quiet=members.values())

    def rename(self, dn: str, rdn: str, *, superior: str | None, by: str) -> None:
        """Change name and place of an object; what stands below it goes along."""
        with self.store.locked(), self._call(Call("rename", dn, self._persons(dn, ()))):
            found = self.find(dn)
            who = self._account(by)
            check_right(self.store, who, found, ())
            leaf = parts_of(rdn)[0]
            parent = (
                self.find(superior) if superior is not None else next(self.store.ancestors(found))
            )
            if parent.kind not in PARENTS:
                raise DirectoryError(UNWILLING, "2099", f"{superior} is no container")
            check_leaf(leaf[1])
            if parent is found or found in self.store.ancestors(parent):
                raise DirectoryError(UNWILLING, "2099", "an object cannot stand below itself")
            moved = found.copy()
            moved.parent, moved.rdn = parent.guid, (leaf[0].upper(), leaf[1])
            check_right(self.store, who, moved, ())
            taken = self.store.child(parent.guid, leaf)
            if taken is not None and taken.guid != found.guid:
                raise DirectoryError(ENTRY_EXISTS, "2071", "UpdErr: problem 6005 (ENTRY_EXISTS)")
            self.store.commit(put=[moved])

    def delete(self, dn: str, *, by: str, tree: bool = False) -> None:
        """Remove an object, and every reference to it; with `tree` what stands below it too."""
        with self.store.locked(), self._call(Call("delete", dn, self._persons(dn, ()))):
            found = self.find(dn)
            check_right(self.store, self._account(by), found, ())
            gone = self._with_children(found) if tree else [found.guid]
            if self.store.children(found.guid) and not tree:
                raise DirectoryError(NOT_LEAF, "2015", "UpdErr: problem 6003 (CANT_ON_NON_LEAF)")
            left = self._edits.without(set(gone))
            self.store.commit(quiet=[one for one in left if one.guid not in gone], remove=gone)

    def _with_children(self, one: Object) -> list[str]:
        """GUIDs of an object and everything below it, leaves first."""
        below = [
            guid for child in self.store.children(one.guid) for guid in self._with_children(child)
        ]
        return [*below, one.guid]

    # --- Finding ----------------------------------------------------------------------------------

    @contextmanager
    def _call(self, call: Call) -> Iterator[None]:
        self.faults.before(call)
        yield
        self.faults.after(call)

    def find(self, name: str) -> Object:
        """The object of a name or `<GUID=…>`.

        Raises:
            DirectoryError: 32 there is none, 34 it is no name.
        """
        found: Object | None = None
        if name.upper().startswith("<GUID=") and name.endswith(">"):
            found = self.store.get(name[len("<GUID=") : -1].lower())
        else:
            try:
                found = self.store.resolve(name)
            except ValueError as error:
                raise DirectoryError(INVALID_DN, "208F", str(error)) from error
        if found is None:
            text = "NameErr: DSID-0, problem 2001 (NO_OBJECT), data 0"
            raise DirectoryError(NO_SUCH_OBJECT, "2030", text)
        return found

    def _place(self, dn: str, kind: str) -> tuple[tuple[str, str], Object]:
        leaf = parts_of(dn)[0]
        parent = self.find(split_dn(dn)[1])
        if parent.kind not in PARENTS and not (parent.kind == "user" and kind in BELOW_USERS):
            raise DirectoryError(NAMING, "2099", "the parent is no container")
        return leaf, parent

    def _check_free(self, parent: Object, leaf: tuple[str, str]) -> None:
        if self.store.child(parent.guid, leaf) is not None:
            raise DirectoryError(ENTRY_EXISTS, "2071", "UpdErr: problem 6005 (ENTRY_EXISTS)")

    def _in_scope(
        self, start: Object, scope: Scope, candidates: set[str] | None
    ) -> Iterable[Object]:
        if scope is Scope.BASE:
            return [start]
        if scope is Scope.ONE_LEVEL:
            return self.store.children(start.guid)
        if candidates is None:
            pool: Iterable[Object] = self.store.all()
        else:
            pool = [one for guid in sorted(candidates) if (one := self.store.get(guid)) is not None]
        if start.parent is None:
            return pool
        return [one for one in pool if one is start or start in self.store.ancestors(one)]

    def _login(self, user: str) -> Object | None:
        if "=" in user:
            try:
                return self.store.resolve(user)
            except ValueError:
                return None
        _, slash, after = user.partition("\\")
        name = "userPrincipalName" if "@" in user and not slash else "sAMAccountName"
        found = self.store.holders(name, after if slash else user)
        return self.store.get(next(iter(found))) if found else None

    def _account(self, guid: str) -> Object:
        found = self.store.get(guid)
        if found is None:
            raise refused_bind("525")
        return found

    def _persons(self, dn: str, modifications: Sequence[Modification]) -> frozenset[str]:
        names = [
            dn,
            *(text_of(v) for one in modifications if one.attribute == "member" for v in one.values),
        ]
        persons: set[str] = set()
        for name in names:
            try:
                persons.update(self.find(name).attributes.get("employeeID", ()))
            except DirectoryError:
                continue
        return frozenset(persons)
