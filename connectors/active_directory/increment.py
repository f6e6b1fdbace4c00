"""A reading that builds on an earlier one: a search for what changed since, and nothing else.

The outcome is what a full reading would give. Where that is in doubt there is no outcome: another
database, a container that changed, an old object that was not there before. Objects do not notice
when something that they refer to is renamed or deleted, so their references are brought up to date
here.

Source: MS-ADTS 3.1.1.1.9 (uSNChanged, highestCommittedUSN, invocationId), 3.1.1.5.5 (deletion).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from connectors.active_directory.accounts import is_account
from connectors.active_directory.directory import Directory, Entry
from connectors.active_directory.domain import Controller, DomainOf
from connectors.active_directory.manifest import MANIFEST
from connectors.active_directory.names import split_dn
from connectors.active_directory.rights import sees_deleted
from connectors.active_directory.shaping import (
    GROUP_ATTRIBUTES,
    NAMED,
    Shape,
    ends_in,
    is_group,
    is_named,
    permissions_of,
)
from connectors.active_directory.snapshot import Position, Snapshot
from connectors.active_directory.whole import grants_of, objects_of, parents_frame
from connectors.sdk.clock import now

OLDEST: Final = timedelta(days=30)
"""An earlier reading may be this old: deleted objects are found for 60 days at least."""
_REFERRING: Final = frozenset(
    {"manager", "assistant", "secretary", "managedBy", "seeAlso", "owner"}
)
"""Attributes that are known to hold names of other objects."""

_OF_THE_MANIFEST: Final = frozenset(attribute.name for attribute in MANIFEST.attributes)
"""Of these it is known whether they hold any; of others, what they hold tells."""


class Doubt(Exception):
    """Only a full reading can tell."""


class Increment:
    """Brings an earlier reading up to date.

    Args:
        earlier: The reading.
        shape: How objects become rows.
        domain: Where.
        directory: The connection.
    """

    def __init__(
        self, earlier: Snapshot, shape: Shape, domain: DomainOf, directory: Directory
    ) -> None:
        """Nothing is read yet."""
        self._earlier, self._shape = earlier, shape
        self._domain, self._directory = domain, directory

    def read(self) -> Snapshot | None:
        """The reading as it would be now; None when only a full one can tell."""
        taken_at = now()
        before = self._earlier.position
        if (
            before.digest != self._shape.digest
            or not taken_at - OLDEST < before.taken_at <= taken_at
        ):
            return None
        controller = self._domain.controller()
        if controller.invocation != before.controller or controller.usn < before.usn:
            return None
        position = Position(
            controller=before.controller,
            usn=controller.usn,
            taken_at=taken_at,
            digest=before.digest,
        )
        try:
            return self._advance(controller, position)
        except Doubt:
            return None

    def _advance(self, controller: Controller, position: Position) -> Snapshot:
        earlier, since = self._earlier, self._earlier.position.usn
        visible = sees_deleted(self._directory, controller.domain)
        changed = self._domain.search(
            controller.domain,
            f"(uSNChanged>={since})",  # those of that number too: they may have come a moment later
            [
                *self._shape.wanted,
                *GROUP_ATTRIBUTES,
                "member",
                "isDeleted",
                "uSNCreated",
                "uSNChanged",
            ],
            show_deleted=visible,
        )
        alive: list[Entry] = []
        gone: set[str] = set()
        for entry in changed:
            if "objectguid" not in entry.attributes:
                raise Doubt
            if entry.guid in earlier.parents.index and entry.number("uSNChanged") > since:
                raise Doubt  # names below it may have changed, or what can be seen of it
            if entry.text("isDeleted") == "TRUE" or not is_named(entry):
                gone.add(entry.guid)
            elif entry.guid not in earlier.objects.index and entry.number("uSNCreated") < since:
                raise Doubt  # restored, or it can be seen only now
            else:
                alive.append(entry)
        gone &= set(earlier.objects.index)
        if not visible:
            gone |= self._no_longer_there(controller, {entry.guid for entry in alive})
        if not alive and not gone:
            return replace(earlier, position=position)
        return self._patched(controller, alive, gone, position)

    def _no_longer_there(self, controller: Controller, alive: set[str]) -> set[str]:
        """What was deleted, for an account that cannot see that: whatever is not there any more."""
        found = self._domain.search(controller.domain, NAMED, ["objectGUID"])
        there = {entry.guid for entry in found} | alive
        known = set(self._earlier.objects.index)
        if not there <= known | alive:
            raise Doubt
        return known - there

    def _patched(
        self, controller: Controller, alive: Sequence[Entry], gone: set[str], position: Position
    ) -> Snapshot:
        earlier, since = self._earlier, self._earlier.position.usn
        base = self._domain.base()
        groups_base = self._domain.canonical(self._domain.groups_base)
        accounts = [one for one in alive if is_account(one) and ends_in(one.dn, base)]
        groups = [one for one in alive if is_group(one) and ends_in(one.dn, groups_base)]
        for known, some in ((earlier.accounts, accounts), (earlier.permissions, groups)):
            if any(
                one.guid not in known.index and one.number("uSNCreated") < since for one in some
            ):
                raise Doubt  # it came from somewhere else, and its groups did not notice
        touched = {entry.guid for entry in alive}
        # An account that only changed keeps its memberships: it is the group that holds them.
        kept_grants = earlier.grants[
            earlier.grants["ref"].isin([one.guid for one in accounts])
            & ~earlier.grants["permission"].isin([*touched, *gone])
        ]
        patched = earlier.without(touched | gone)
        names = self._new_names(alive, gone)
        if names:
            patched = patched.renamed(self._referring(controller), names)
        patched = patched.with_rows(
            accounts=self._shape.accounts(accounts),
            values=self._shape.values(accounts),
            taken=self._shape.taken(alive),
            objects=objects_of(alive),
            permissions=permissions_of(groups),
            parents=parents_frame(self._new_parents(controller, alive)),
        )
        refs = {}
        if groups:
            dns = patched.values["distinguishedName"]
            refs = {str(dn).casefold(): str(ref) for ref, dn in dns.items()}
        patched = patched.with_rows(grants=kept_grants).with_rows(
            grants=grants_of(self._domain, groups, refs)
        )
        return replace(patched, position=position).ordered()

    def _new_names(self, alive: Sequence[Entry], gone: set[str]) -> dict[str, str | None]:
        """Names that mean nothing any more, folded -> what they are now; None for deleted ones."""
        was = self._earlier.objects["dn"]
        names: dict[str, str | None] = {was[ref].casefold(): None for ref in gone}
        for entry in alive:
            old = was.get(entry.guid)
            if old is not None and old != entry.dn:
                names[old.casefold()] = entry.dn
        return names

    def _referring(self, controller: Controller) -> list[str]:
        """Attributes that hold names of objects.

        Raises:
            Doubt: One may hold some, and nobody knows.
        """
        values = self._earlier.values
        referring = [name for name in values.columns if name in _REFERRING]
        end = f",{controller.domain}".casefold()
        for name in set(values.columns) - {*referring, *_OF_THE_MANIFEST}:
            some = values[name].dropna()
            if any(_ends(value, end) for value in some):
                raise Doubt
        return referring

    def _new_parents(self, controller: Controller, alive: Sequence[Entry]) -> dict[str, str]:
        """Containers that nothing stood in before: GUID -> name.

        Raises:
            Doubt: One cannot be seen.
        """
        known = set(self._earlier.parents["dn"])
        new: dict[str, str] = {}
        for entry in alive:
            parent = split_dn(entry.dn)[1].casefold()
            while parent not in known:
                guid = self._domain.guid_of(parent)
                if guid is None or not parent.endswith(controller.domain.casefold()):
                    raise Doubt
                new[guid] = parent
                known.add(parent)
                parent = split_dn(parent)[1]
        return new


def _ends(value: object, end: str) -> bool:
    several = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, str) and one.casefold().endswith(end) for one in several)
