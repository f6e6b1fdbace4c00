"""Reading by what changed: delta queries over users and groups, on top of what was kept.

A first round gives everything, and a link; the next run follows the link and gets what changed.
What a delta query does not tell (recycle bin, contacts, licences that were bought, roles) is read
anew each time: that is little. Whatever is in doubt ends in a first round: an expired link, other
settings, a kept state that is damaged.

Source: Microsoft Graph, "Use delta query to track changes in Microsoft Graph data": objects may
come several times and in any order, relations come as `manager@delta` and `members@delta`, links
live seven days, and a link that does not count any more is answered by 4xx.
"""

import hashlib
from typing import Any, Final

import orjson

from connectors.entra_id.attributes import MANAGER
from connectors.entra_id.content import GROUP, Content, ContentReader, is_read
from connectors.entra_id.graph import Graph
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.errors import Misconfigured, Refused

FORMAT: Final = 1
LINK: Final = "@odata.deltaLink"
REMOVED: Final = "@removed"
MEMBERS: Final = "members"
_Objects = dict[str, dict[str, Any]]


class ChangeReader:
    """Reads a tenant by delta queries.

    Args:
        settings: What to read.
        graph: A connection that cannot write.
        rest: Reads what delta queries do not tell.
    """

    def __init__(self, settings: EntraIdSettings, graph: Graph, rest: ContentReader) -> None:
        """Remember the parts; nothing is read yet."""
        self._settings, self._graph, self._rest = settings, graph, rest

    def read(self, kept: bytes | None) -> tuple[Content, bytes]:
        """Everything as it is, by way of what was kept; and what to keep for the next time."""
        state = self._opened(kept)
        if state is not None:
            try:
                links = self._follow(state["links"], state["users"], state["groups"])
            except Refused:  # the links do not count any more, for whatever reason
                state = None
            else:
                return self._told(state["users"], state["groups"], links)
        users: _Objects = {}
        groups: _Objects = {}
        try:
            links = self._follow(self._first(), users, groups)
        except Refused as error:
            raise Misconfigured(
                error.message,
                system=error.system,
                operation=error.operation,
                code=error.code,
                hint="Check extra_attributes, and the names that the mapping uses.",
            ) from error
        return self._told(users, groups, links)

    def _told(self, users: _Objects, groups: _Objects, links: list[str]) -> tuple[Content, bytes]:
        state = {
            "format": FORMAT,
            "for": self._mark(),
            "links": links,
            "users": users,
            "groups": groups,
        }
        content = Content(users=users, groups=groups)
        content.members = {
            key: list(group.get(MEMBERS, ()))
            for key, group in groups.items()
            if is_read(group, self._settings)
        }
        self._rest.add_rest(content)
        return content, orjson.dumps(state)

    def _opened(self, kept: bytes | None) -> dict[str, Any] | None:
        """What was kept, None when it is of no use here."""
        if kept is None:
            return None
        try:
            state = orjson.loads(kept)
        except ValueError:
            return None
        fits = (
            isinstance(state, dict)
            and state.get("format") == FORMAT
            and state.get("for") == self._mark()
            and all(isinstance(state.get(name), dict) for name in ("users", "groups"))
            and isinstance(state.get("links"), list)
            and len(state["links"]) == 2
        )
        return state if fits else None

    def _first(self) -> list[str]:
        users, groups = ",".join((*self._rest.of_a_user, MANAGER)), ",".join((*GROUP, MEMBERS))
        return [f"/users/delta?$select={users}", f"/groups/delta?$select={groups}"]

    def _mark(self) -> str:
        """What has to be the same for a link to be of use: tenant, app, and what is asked."""
        parts = [self._settings.graph_url, self._settings.tenant_id, self._settings.client_id]
        return hashlib.sha256(orjson.dumps([parts, self._first()])).hexdigest()

    def _follow(self, links: list[str], users: _Objects, groups: _Objects) -> list[str]:
        """Take in what two rounds tell; the links to the next ones."""
        return [
            self._round(links[0], users, _take_user),
            self._round(links[1], groups, _take_group),
        ]

    def _round(self, link: str, objects: _Objects, take: Any) -> str:
        following = ""
        for page in self._graph.pages(link):
            for row in page["value"]:
                key = str(row["id"])
                if REMOVED in row:
                    objects.pop(key, None)
                else:
                    take(objects.setdefault(key, {"id": key}), row)
            following = str(page.get(LINK) or "")
        if not following:
            message = "a delta query ended without a link to the next one"
            raise Misconfigured(message, system="entra_id", operation="GET delta")
        return following


def _take_user(user: dict[str, Any], row: dict[str, Any]) -> None:
    _take(user, row)
    for one in sorted(row.get(f"{MANAGER}@delta") or [], key=lambda one: REMOVED not in one):
        if REMOVED not in one:
            user[MANAGER] = str(one["id"])
        elif user.get(MANAGER) == one["id"]:
            user[MANAGER] = None


def _take_group(group: dict[str, Any], row: dict[str, Any]) -> None:
    _take(group, row)
    members = dict.fromkeys(group.get(MEMBERS, ()))
    for one in row.get(f"{MEMBERS}@delta") or []:
        if REMOVED in one:
            members.pop(str(one["id"]), None)
        else:
            members[str(one["id"])] = None
    group[MEMBERS] = list(members)


def _take(held: dict[str, Any], row: dict[str, Any]) -> None:
    """Properties that are told; what is not told has not changed, or was never there."""
    held.update({name: value for name, value in row.items() if "@" not in name})
