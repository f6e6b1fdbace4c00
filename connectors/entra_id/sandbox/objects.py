"""The objects of a tenant: users, groups, contacts; and the log of what changed, for delta."""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

CREATED: Final = "@created"
REMOVED: Final = "@removed"
MEMBERS: Final = "members"
MANAGER: Final = "manager"


@dataclass(slots=True)
class Thing:
    """One directory object.

    Attributes:
        id: Its immutable id.
        kind: `user`, `group` or `orgContact`.
        place: Its place in lists: objects are listed in the order in which they were made.
        properties: By name; what it does not have is absent.
        made_at: Seconds, on the sandbox's clock.
        deleted_at: When it went into the recycle bin, None while it is there.
        manager: Id of the manager.
        members: Ids of the members of a group, in the order in which they came.
        licences: skuId -> ids of the groups it came from; "" for a direct one.
        sign_ins_revoked: How often its sessions were revoked.
        password: Never shown (E14).
    """

    id: str
    kind: str
    place: int
    properties: dict[str, Any]
    made_at: float
    deleted_at: float | None = None
    manager: str | None = None
    members: dict[str, None] = field(default_factory=dict)
    licences: dict[str, set[str]] = field(default_factory=dict)
    sign_ins_revoked: int = 0
    password: str = ""

    @property
    def is_synced(self) -> bool:
        """Whether it comes from Active Directory."""
        return self.properties.get("onPremisesSyncEnabled") is True

    @property
    def group_types(self) -> tuple[str, ...]:
        """`Unified`, `DynamicMembership`."""
        return tuple(self.properties.get("groupTypes", ()))


class Entry(NamedTuple):
    """One line of the log: a property of an object changed, or a member came or went.

    Attributes:
        id: The object.
        kind: Of the object.
        name: The property; or `CREATED`, `REMOVED`, `MEMBERS`, `MANAGER`.
        other: The member or manager it is about.
    """

    id: str
    kind: str
    name: str
    other: str = ""
