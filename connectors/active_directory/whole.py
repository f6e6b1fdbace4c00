"""A full reading: every account, every group, every name that is taken."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd

from connectors.active_directory.directory import Entry
from connectors.active_directory.domain import DomainOf
from connectors.active_directory.names import split_dn
from connectors.active_directory.shaping import (
    GROUP_ATTRIBUTES,
    NAMED,
    Shape,
    ours,
    permissions_of,
    refs_of,
)
from connectors.active_directory.snapshot import Position, Snapshot
from connectors.sdk.clock import now

GROUPS: Final = "(objectCategory=group)"
CONTAINERS: Final = (
    "(|(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)"
    "(objectClass=domainDNS)(objectClass=lostAndFound))"
)


class WholeReading:
    """Reads everything.

    Args:
        shape: How objects become rows.
        domain: Where.

    Attributes:
        can_be_kept: Whether a later reading can build on this one: nobody knows what is above
            objects whose containers cannot be seen.
    """

    def __init__(self, shape: Shape, domain: DomainOf) -> None:
        """Nothing is read yet."""
        self._shape, self._domain = shape, domain
        self.can_be_kept = False

    def read(self, *, to_keep: bool = False) -> Snapshot:
        """Everything, in a few searches.

        Args:
            to_keep: Whether a later reading is to build on it; that is one search more.
        """
        taken_at = now()
        controller, base = self._domain.controller(), self._domain.base()
        entries = self._domain.search(controller.domain, NAMED, self._shape.wanted)
        groups = self._domain.search(
            self._domain.groups_base, GROUPS, [*GROUP_ATTRIBUTES, "member"]
        )
        accounts = [entry for entry in entries if ours(entry, base)]
        objects = objects_of(entries)
        parents: dict[str, str] | None = {}
        if to_keep:
            parents = self._parents(controller.domain, objects)
            self.can_be_kept = parents is not None and controller.invocation is not None
        return Snapshot(
            position=Position(
                controller=controller.invocation or "",
                usn=controller.usn,
                taken_at=taken_at,
                digest=self._shape.digest,
            ),
            accounts=self._shape.accounts(accounts),
            values=self._shape.values(accounts),
            grants=grants_of(
                self._domain, groups, {entry.dn.casefold(): entry.guid for entry in accounts}
            ),
            permissions=permissions_of(groups),
            taken=self._shape.taken(entries),
            objects=objects,
            parents=parents_frame(parents or {}),
        ).ordered()

    def _parents(self, domain: str, objects: pd.DataFrame) -> dict[str, str] | None:
        """GUID -> name of everything that objects stand in; None when some cannot be seen."""
        found = self._domain.search(domain, CONTAINERS, ["objectGUID"])
        known = {
            entry.dn.casefold(): entry.guid for entry in found if "objectguid" in entry.attributes
        }
        known |= {str(dn).casefold(): str(ref) for ref, dn in objects["dn"].items()}
        above = ancestors(objects["dn"], domain)
        if not above <= known.keys():
            return None
        return {known[dn]: dn for dn in above}


def grants_of(domain: DomainOf, groups: Iterable[Entry], refs: Mapping[str, str]) -> pd.DataFrame:
    """Who is a member of what, as in `Accounts.grants`.

    Args:
        domain: Gives the members that did not come with the groups.
        groups: Read with their members.
        refs: Name, folded -> GUID of the accounts that count.
    """
    rows = [
        (refs[member.casefold()], group.guid)
        for group in groups
        for member in domain.members(group)
        if member.casefold() in refs
    ]
    return pd.DataFrame(rows, columns=["ref", "permission"], dtype="str")


def objects_of(entries: Sequence[Entry]) -> pd.DataFrame:
    """Names of objects by their GUID, as in `Snapshot.objects`."""
    return pd.DataFrame(
        {"dn": [entry.dn for entry in entries]}, index=refs_of(entries), dtype="str"
    )


def parents_frame(parents: Mapping[str, str]) -> pd.DataFrame:
    """Containers as in `Snapshot.parents`."""
    index = pd.Index(list(parents), dtype="str", name="ref")
    return pd.DataFrame({"dn": list(parents.values())}, index=index, dtype="str")


def ancestors(names: Iterable[str], domain: str) -> set[str]:
    """Everything that objects stand in, up to the domain itself; folded."""
    end, above = domain.casefold(), set[str]()
    for dn in names:
        parent = split_dn(dn)[1].casefold()
        while parent not in above and (parent == end or parent.endswith(f",{end}")):
            above.add(parent)
            parent = split_dn(parent)[1]
    return above
