"""How the sandbox shows an object: stored, linked and computed attributes, long ones in ranges."""

import re
import uuid
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from connectors.active_directory.directory import Entry
from connectors.active_directory.sandbox.filters import Values
from connectors.active_directory.sandbox.objects import Object
from connectors.active_directory.sandbox.schema import (
    CATEGORIES,
    CLASSES,
    COMPUTED,
    DOMAIN_SID,
    LINKS,
    PRINCIPALS,
    RULES,
    WELL_KNOWN,
)
from connectors.active_directory.sandbox.store import Store

CONSTRUCTED: Final = frozenset({"tokenGroups", "msDS-ResultantPSO"})
"""Shown when they are asked for by name, and only then."""
RANGE: Final = 1500
"""Values of one attribute that an answer holds at most (MaxValRange)."""

_RANGED: Final = re.compile(r"(.+);range=(\d+)-(\d+|\*)", re.IGNORECASE)
SPELLING: Final = {name: rule.name for name, rule in RULES.items()} | COMPUTED | {
    name.lower(): name for name in ("objectClass", "cn", "ou", "dc", "member")
}  # fmt: skip
"""Every attribute as the schema spells it, by its name in lower case."""


class View:
    """Looks at the objects of a store."""

    def __init__(self, store: Store) -> None:
        """Remember the store, and what is asked for by a name of its own."""
        self._store = store
        self._computed: dict[str, Callable[[Object], Iterable[bytes]]] = {
            "objectguid": lambda one: [uuid.UUID(one.guid).bytes_le],
            "objectclass": lambda one: [name.encode() for name in CLASSES[one.kind]],
            "objectcategory": lambda one: [CATEGORIES.get(one.kind, one.kind).encode()],
            "distinguishedname": lambda one: [store.dn(one).encode()],
            "name": lambda one: [one.rdn[1].encode()],
            "member": lambda one: [store.dn(member).encode() for member in store.members(one.guid)],
            "memberof": self._member_of,
            "objectsid": lambda one: [sid_of(one)] if one.kind in PRINCIPALS else [],
            "tokengroups": self._token_groups,
            "usncreated": lambda one: [str(one.usn_created).encode()],
            "usnchanged": lambda one: [str(one.usn_changed).encode()],
        }

    def values(self, one: Object, name: str) -> Iterable[bytes]:
        """All values of an attribute, by its name in lower case."""
        computed = self._computed.get(name)
        if computed is not None:
            return computed(one)
        if name == one.rdn[0].lower():
            return [one.rdn[1].encode()]
        spelled = SPELLING.get(name, name)
        if spelled in LINKS:
            to = self._store.get(one.links.get(spelled, ""))
            return [self._store.dn(to).encode()] if to else []
        return [value.encode() for value in one.attributes.get(spelled, ())]

    def getter(self, one: Object) -> Values:
        """The values of one object, for a filter."""
        return lambda name: self.values(one, name)

    def entry(self, one: Object, attributes: Sequence[str]) -> Entry:
        """An object as a search returns it; what it does not have, or nobody knows, is left out."""
        names = list(attributes)
        if "*" in names:
            names = [name for name in SPELLING.values() if name not in CONSTRUCTED]
        shown: dict[str, tuple[bytes, ...]] = {}
        for name in names:
            label, values = self._ranged(one, name.lower())
            if values:
                shown[label] = values
        return Entry(self._store.dn(one), shown)

    def _ranged(self, one: Object, name: str) -> tuple[str, tuple[bytes, ...]]:
        asked = _RANGED.fullmatch(name)
        values = tuple(self.values(one, asked.group(1) if asked else name))
        if asked is None and len(values) <= RANGE:
            return name, values
        plain, start = (asked.group(1), int(asked.group(2))) if asked else (name, 0)
        part = values[start : start + RANGE]
        end = "*" if start + RANGE >= len(values) else str(start + RANGE - 1)
        return f"{plain};range={start}-{end}", part

    def _member_of(self, one: Object) -> Iterable[bytes]:
        groups = (self._store.get(guid) for guid in one.groups)
        return [self._store.dn(group).encode() for group in groups if group is not None]

    def _token_groups(self, one: Object) -> Iterable[bytes]:
        """Identifiers of every group an account is in, by way of other groups too."""
        found: dict[str, Object] = {}
        open_ones = list(one.groups)
        while open_ones:
            guid = open_ones.pop()
            group = self._store.get(guid)
            if group is not None and guid not in found:
                found[guid] = group
                open_ones += group.groups
        return [sid_of(group) for group in found.values()] or [_sid(513)]


def sid_of(one: Object) -> bytes:
    """The security identifier of an account or a group."""
    known = WELL_KNOWN.get(one.first("sAMAccountName") or "")
    return _sid(known or 1000 + zlib.crc32(one.guid.encode()))


def _sid(number: int) -> bytes:
    parts = (*DOMAIN_SID, number)
    head = bytes((1, len(parts))) + (5).to_bytes(6, "big")
    return head + b"".join(part.to_bytes(4, "little") for part in parts)
