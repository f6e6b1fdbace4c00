"""What a tenant holds, as it was read: raw objects, before anything is made of them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from connectors.entra_id.attributes import MANAGER, selected
from connectors.entra_id.graph import Graph
from connectors.entra_id.manifest import shapes
from connectors.entra_id.settings import EntraIdSettings

Object = Mapping[str, Any]

STATE: Final = (
    "id",
    "accountEnabled",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "assignedLicenses",
    "licenseAssignmentStates",
)
"""What is read of a user beside its attributes."""
GROUP: Final = (
    "id",
    "displayName",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "securityEnabled",
)
ADDRESSES: Final = ("id", "mail", "proxyAddresses")
DELETED_USER: Final = ("id", "userPrincipalName", "mail", "proxyAddresses", "employeeId")
ASSIGNMENTS: Final = "/roleManagement/directory/roleAssignments"
BIN: Final = "/directory/deletedItems/microsoft.graph."


@dataclass(slots=True, kw_only=True)
class Content:
    """One reading of a tenant.

    Attributes:
        users: By id; `manager` holds the id of the manager.
        groups: By id.
        members: Group -> ids of its members; of groups that can be granted.
        deleted: Users and groups in the recycle bin.
        contacts: Addresses of contacts.
        skus: Licences that were bought.
        administrators: Ids of users with a directory role, by themselves or through a group.
    """

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    deleted: list[Object] = field(default_factory=list)
    contacts: list[Object] = field(default_factory=list)
    skus: list[Object] = field(default_factory=list)
    administrators: frozenset[str] = frozenset()


class ContentReader:
    """Reads a tenant by lists.

    Args:
        settings: What to read.
        graph: A connection that cannot write.
    """

    def __init__(self, settings: EntraIdSettings, graph: Graph) -> None:
        """Remember the parts; nothing is read yet."""
        self._settings, self._graph = settings, graph
        self._top = str(settings.page_size)

    def everything(self) -> Content:
        """The tenant as it is."""
        content = Content(users=self._users(), groups=self.groups())
        wanted = [key for key, group in content.groups.items() if is_read(group, self._settings)]
        with ThreadPoolExecutor(max_workers=self._settings.concurrency) as pool:
            members = list(pool.map(self._members, wanted))
        content.members = dict(zip(wanted, members, strict=True))
        self.add_rest(content)
        return content

    def add_rest(self, content: Content) -> None:
        """Read what no delta query tells: recycle bin, contacts, licences, roles."""
        users = f"{BIN}user", DELETED_USER
        groups = f"{BIN}group", ADDRESSES
        content.deleted = [
            one for path, names in (users, groups) for one in self._list(path, names)
        ]
        if self._settings.contacts:
            content.contacts = list(self._list("/contacts", ADDRESSES))
        content.skus = self.skus()
        if self._settings.protect_administrators:
            content.administrators = self._administrators(content)

    def groups(self) -> dict[str, dict[str, Any]]:
        """Every group, by id: also those that are not granted hold addresses."""
        return {str(one["id"]): one for one in self._list("/groups", GROUP)}

    def skus(self) -> list[Object]:
        """Licences that were bought."""
        if not self._settings.licences:
            return []
        return list(self._graph.all("/subscribedSkus"))

    @property
    def of_a_user(self) -> tuple[str, ...]:
        """The properties to read of a user."""
        return tuple(dict.fromkeys((*STATE, *selected(shapes(self._settings)))))

    def _users(self) -> dict[str, dict[str, Any]]:
        found = self._list("/users", self.of_a_user, expand=f"{MANAGER}($select=id)")
        return {str(one["id"]): {**one, MANAGER: _id_of(one.get(MANAGER))} for one in found}

    def _members(self, group: str) -> list[str]:
        return [str(one["id"]) for one in self._list(f"/groups/{group}/members", ("id",))]

    def _administrators(self, content: Content) -> frozenset[str]:
        """Users with a role; those of a group that has one count too."""
        holders = {str(one["principalId"]) for one in self._graph.all(ASSIGNMENTS)}
        through = [
            member
            for group in sorted(holders & content.groups.keys())
            for member in self._members(group)
        ]
        return frozenset(holders | set(through))

    def _list(
        self, path: str, names: tuple[str, ...], *, expand: str = ""
    ) -> Iterator[dict[str, Any]]:
        options = {"select": ",".join(names), "top": self._top}
        if expand:
            options["expand"] = expand
        return self._graph.all(path, options=options)


def is_read(group: Object, settings: EntraIdSettings) -> bool:
    """Whether the members of a group are read: it can be granted, and the settings name it."""
    return reason_not_to_grant(group) is None and is_named(group, settings)


def is_named(group: Object, settings: EntraIdSettings) -> bool:
    """Whether the settings name a group; all are where they name none."""
    name, key = str(group.get("displayName") or "").casefold(), str(group["id"])
    return not settings.groups or any(
        fnmatchcase(name, one.casefold()) or one.casefold() == key for one in settings.groups
    )


def reason_not_to_grant(group: Object) -> str | None:
    """Why Graph lets nobody put members into a group, None where it does.

    Source: Microsoft Graph, "Add members": dynamic groups, groups from Active Directory,
    distribution lists and mail-enabled security groups are refused, and groups that may be given a
    role take a right that this connector has no use for.
    """
    types = group.get("groupTypes") or []
    if "DynamicMembership" in types:
        return "its members follow from a rule"
    if group.get("onPremisesSyncEnabled"):
        return "it comes from Active Directory"
    if group.get("mailEnabled") and "Unified" not in types:
        return "it is a distribution list or a mail-enabled security group, kept in Exchange"
    if group.get("isAssignableToRole"):
        return "it may be given a directory role"
    return None


def _id_of(relation: Any) -> str | None:
    return str(relation["id"]) if isinstance(relation, dict) and "id" in relation else None
