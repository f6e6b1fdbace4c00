"""Delta queries over users and groups (E12).

The first round gives everything as it is, later ones what changed since. Relations come as
`manager@delta` and `members@delta`, parts of a large group on several pages. Tokens are opaque,
carry the query, and live seven days.

Source: Microsoft Graph, "Use delta query to track changes", "Get incremental changes for groups".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.entra_id.sandbox.objects import CREATED, MANAGER, MEMBERS, REMOVED, Thing
from connectors.entra_id.sandbox.problems import BAD_REQUEST, Problem
from connectors.entra_id.sandbox.query import in_token, pairs, token
from connectors.entra_id.sandbox.request import Request, Response
from connectors.entra_id.sandbox.schema import EMPTY_LISTS, SCHEMAS, SETS, TITLES
from connectors.entra_id.sandbox.tenant import Tenant
from connectors.entra_id.sandbox.views import METADATA, shown, typed

RELATIONS: Final = {"user": "manager", "group": "members"}
_OPTIONS: Final = frozenset({"$select", "$deltatoken", "$skiptoken"})
_STATES: Final = ("licenseAssignmentStates",)
"""Shown, and not tracked."""


class Deltas:
    """The doors `/users/delta` and `/groups/delta`."""

    def __init__(self, tenant: Tenant) -> None:
        """Remember the tenant."""
        self._tenant = tenant

    def answer(self, request: Request, kind: str) -> Response:
        """One page of a round."""
        given = pairs(request.query)
        unknown = [name for name in given if name.startswith("$") and name not in _OPTIONS]
        if unknown:
            raise Problem(400, BAD_REQUEST, f"'{unknown[0]}' is not supported in a delta query.")
        if given.get("$deltatoken") == "latest":
            state = self._begin(kind, given)
            link = self._link(request, kind, "$deltatoken", {**state, "since": state["until"]})
            return Response(200, self._body(kind, [], deltaLink=link))
        state = self._state(given, kind)
        minimal = "return=minimal" in request.headers.get("prefer", "").replace(" ", "")
        rows = list(self._rows(kind, state, minimal=minimal))
        start, size = state["at"], max(1, self._tenant.switches.delta_page)
        part = rows[start : start + size]
        if start + size < len(rows):
            more = {**state, "at": start + size}
            link = self._link(request, kind, "$skiptoken", more)
            return Response(200, self._body(kind, part, nextLink=link))
        following = {**state, "since": state["until"], "at": 0}
        following["issued"] = self._tenant.clock.seconds()
        link = self._link(request, kind, "$deltatoken", following)
        return Response(200, self._body(kind, part, deltaLink=link))

    def _begin(self, kind: str, given: Mapping[str, str]) -> dict[str, Any]:
        select = given.get("$select")
        names = [n.strip() for n in select.split(",") if n.strip()] if select else []
        for name in names:
            if name not in SCHEMAS[kind] and name != RELATIONS[kind]:
                message = f"Could not find a property named '{name}' on type '{TITLES[kind]}'."
                raise Problem(400, BAD_REQUEST, message)
        if not names:
            names = [n for n, one in SCHEMAS[kind].items() if one.shown] + [RELATIONS[kind]]
        return {
            "kind": kind,
            "select": names,
            "since": None,
            "until": len(self._tenant.log),
            "at": 0,
            "issued": self._tenant.clock.seconds(),
        }

    def _state(self, given: Mapping[str, str], kind: str) -> dict[str, Any]:
        held = given.get("$skiptoken") or given.get("$deltatoken")
        if not held:
            return self._begin(kind, given)
        state = in_token(held)
        if (
            state.get("kind") != kind
            or not isinstance(state.get("select"), list)
            or not all(isinstance(state.get(n), int) for n in ("until", "at"))
            or not isinstance(state.get("issued"), int | float)
            or not isinstance(state.get("since"), int | None)
        ):
            raise Problem(400, BAD_REQUEST, "Badly formed token.")
        switches = self._tenant.switches
        if self._tenant.clock.seconds() > state["issued"] + switches.delta_token_seconds:
            message = "The sync state generation is not found; continue with a full sync."
            status = switches.delta_expired_status
            raise Problem(
                status, "syncStateNotFound", message, headers={"Location": f"/{SETS[kind]}/delta"}
            )
        if "$deltatoken" in given:
            state = {**state, "until": len(self._tenant.log), "at": 0}
        return state

    def _rows(self, kind: str, state: dict[str, Any], *, minimal: bool) -> Iterator[dict[str, Any]]:
        if state["since"] is None:
            for thing in list(self._tenant.of(kind)):
                yield from self._whole(thing, state["select"])
            return
        changed: dict[str, dict[str, set[str]]] = {}
        for entry in self._tenant.log[state["since"] : state["until"]]:
            if entry.kind == kind:
                names = changed.setdefault(entry.id, {})
                names.setdefault(entry.name, set()).add(entry.other)
        for key, names in changed.items():
            yield from self._changed(kind, key, names, state["select"], minimal=minimal)

    def _whole(self, thing: Thing, select: list[str]) -> Iterator[dict[str, Any]]:
        """Everything an object has; what it never had is left out."""
        values = _without_empty(shown(thing, _properties(select)))
        if "manager" in select and thing.manager is not None:
            values["manager@delta"] = [self._relative(thing.manager)]
        members = list(thing.members) if "members" in select else []
        yield from self._parts(values, [self._relative(one) for one in members])

    def _changed(
        self,
        kind: str,
        key: str,
        names: Mapping[str, set[str]],
        select: list[str],
        *,
        minimal: bool,
    ) -> Iterator[dict[str, Any]]:
        thing = self._tenant.things.get(key)
        if thing is None or thing.deleted_at is not None:
            if REMOVED in names:
                reason = "deleted" if thing is None else "changed"
                yield {"id": key, "@removed": {"reason": reason}}
            return
        if CREATED in names:
            yield from self._whole(thing, select)
            return
        tracked = [name for name in _properties(select) if name not in _STATES]
        touched = [name for name in tracked if name in names]
        related = RELATIONS[kind] in select and RELATIONS[kind] in names
        if not touched and not related:
            return
        values = shown(thing, touched if minimal else _properties(select))
        values = {n: v for n, v in values.items() if n in touched or v not in (None, [])}
        if related and kind == "user":
            before = {one for one in names[MANAGER] if one and one != thing.manager}
            values["manager@delta"] = [self._removed(one) for one in sorted(before)]
            if thing.manager:
                values["manager@delta"].append(self._relative(thing.manager))
        members = sorted(names.get(MEMBERS, ())) if related and kind == "group" else []
        yield from self._parts(
            values,
            [
                self._relative(one) if one in thing.members else self._removed(one)
                for one in members
            ],
        )

    def _parts(
        self, values: dict[str, Any], members: list[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """The same object again and again, with a part of its members each time."""
        size = max(1, self._tenant.switches.members_in_delta)
        if not members:
            yield values
        for start in range(0, len(members), size):
            yield {**values, "members@delta": members[start : start + size]}

    def _relative(self, key: str) -> dict[str, Any]:
        thing = self._tenant.things.get(key)
        kind = typed(thing) if thing is not None else {"@odata.type": "#microsoft.graph.user"}
        return {**kind, "id": key}

    def _removed(self, key: str) -> dict[str, Any]:
        return {**self._relative(key), "@removed": {"reason": "deleted"}}

    def _link(self, request: Request, kind: str, name: str, state: dict[str, Any]) -> str:
        return f"{request.base}/{SETS[kind]}/delta?{name}={token(state)}"

    def _body(self, kind: str, rows: list[dict[str, Any]], **links: str) -> dict[str, Any]:
        annotations = {f"@odata.{name}": link for name, link in links.items()}
        return {"@odata.context": f"{METADATA}{SETS[kind]}", **annotations, "value": rows}


def _properties(select: list[str]) -> list[str]:
    return [name for name in select if name not in RELATIONS.values()]


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in values.items() if v is not None and (n not in EMPTY_LISTS or v)}
