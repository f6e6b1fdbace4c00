"""Members of groups: who a member is. Most providers name the id; some only the address."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Member = Mapping[str, Any]


class Identities:
    """Which user a member is: by its id, or else by the address that the user has.

    RFC 7643, section 4.2, wants the id in `value`; canaille puts the userName there.
    """

    def __init__(self, users: Iterable[tuple[str, str]]) -> None:
        """Note ids and addresses.

        Args:
            users: (id, address) pairs; `address_of` tells the latter.
        """
        self._refs: set[str] = set()
        self._addresses: dict[str, str] = {}
        for ref, address in users:
            self._refs.add(ref)
            if address:
                self._addresses[address] = ref

    def ref(self, member: Member) -> str | None:
        """The id of the user that a member is; None for groups in groups and for strangers."""
        value = str(member.get("value") or "")
        if value in self._refs:
            return value
        return self._addresses.get(str(member.get("$ref") or "").rstrip("/"))


def address_of(user: Mapping[str, Any]) -> str:
    """Where a resource says that it is, "" when it does not."""
    meta = user.get("meta")
    location = meta.get("location") if isinstance(meta, dict) else None
    return location.rstrip("/") if isinstance(location, str) else ""


def members_in(group: Mapping[str, Any]) -> Iterator[Member]:
    """The members of a group, as the provider names them."""
    listed = group.get("members")
    for one in listed if isinstance(listed, list) else [listed]:
        if isinstance(one, Mapping):
            yield one
        elif isinstance(one, str) and one:
            yield {"value": one}
