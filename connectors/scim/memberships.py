"""Who is in a group, changed for several persons in one request.

A group is one resource, and two writers on it get in each other's way. So one group is written by
one thread at a time; whoever comes meanwhile waits, and then all who wait go together.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.model.errors import (
    ConnectorError,
    Invalid,
    NotFound,
    Refused,
    Transient,
    Unavailable,
)
from connectors.scim.announced import Announced
from connectors.scim.members import members_in
from connectors.scim.pages import path_to
from connectors.scim.replies import NOT_DONE, PATH_ERRORS, Outdated, VersionNeeded
from connectors.scim.resources import replacement
from connectors.scim.urns import GROUP, PATCH_OP, WRITING
from connectors.sdk.calls import Call, Reply

AT_ONCE: Final = 100
"""Members in one PATCH."""
TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Membership:
    """The wish that a user is in a group, or is not.

    Attributes:
        group: Id of the group.
        user: Id of the user.
        address: Where the user says that it is; "" when that is not known.
        joins: Whether to be in it.
    """

    group: str
    user: str
    address: str
    joins: bool

    def call(self, announced: Announced, system: str) -> Call:
        """The wish as a call of a conversation; `Memberships` answers it with `changed`.

        Raises:
            Invalid: The group has no id.
        """
        return Call("PATCH", path_to(announced.groups, self.group, system), json=self)


Outcome = Reply | ConnectorError


@dataclass(slots=True)
class _Group:
    """What is known of a group.

    Attributes:
        waiting: Wishes nobody works on yet.
        busy: Whether somebody works on the group.
        members: Id or address -> the member as the provider names it; None before it was read.
        version: ETag when it was read, "" for none.
    """

    waiting: deque[tuple[Membership, Future[Reply]]] = field(default_factory=deque)
    busy: bool = False
    members: dict[str, Mapping[str, Any]] | None = None
    resource: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


class Memberships:
    """Changes members of groups; thread-safe.

    Args:
        send: Sends a call.
        announced: What the provider can.
        system: Name of the target, for messages.
    """

    def __init__(self, send: Callable[[Call], Reply], announced: Announced, system: str) -> None:
        """Nothing is known of any group."""
        self._send, self._announced, self._system = send, announced, system
        self._asking = announced.asking(GROUP)
        self._lock = threading.Lock()
        self._groups: dict[str, _Group] = {}

    def send(self, wish: Membership) -> Reply:
        """Have one wish fulfilled, perhaps together with others.

        Returns:
            A reply whose JSON says whether anything was `changed`.

        Raises:
            ConnectorError: What the wish met.
        """
        mine: Future[Reply] = Future()
        with self._lock:
            group = self._groups.setdefault(wish.group, _Group())
            group.waiting.append((wish, mine))
            leads, group.busy = not group.busy, True
        if leads:
            self._work(wish.group, group)
        return mine.result()

    def send_all(self, wishes: Sequence[Membership]) -> list[Outcome]:
        """Have wishes fulfilled, those of one group together; an outcome for each, in order."""
        futures: list[Future[Reply]] = []
        leading: dict[str, _Group] = {}
        with self._lock:
            for wish in wishes:
                group = self._groups.setdefault(wish.group, _Group())
                future: Future[Reply] = Future()
                futures.append(future)
                group.waiting.append((wish, future))
                if not group.busy:
                    group.busy = True
                    leading[wish.group] = group
        for ident, group in leading.items():
            self._work(ident, group)
        return [_outcome(future) for future in futures]

    def _work(self, ident: str, group: _Group) -> None:
        """Fulfil what waits, until nothing waits any more."""
        while True:
            with self._lock:
                if not group.waiting:
                    group.busy = False
                    return
                batch = [group.waiting.popleft() for _ in range(min(AT_ONCE, len(group.waiting)))]
            wishes = [wish for wish, _ in batch]
            outcomes: list[Outcome | BaseException]
            try:
                outcomes = list(self._fulfil(ident, group, wishes))
            except BaseException as error:  # noqa: BLE001 - the others must not wait for ever
                outcomes = [error] * len(wishes)
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, Reply):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)

    def _fulfil(self, ident: str, group: _Group, wishes: list[Membership]) -> Iterator[Outcome]:
        """An outcome per wish: together, and one by one when that is refused."""
        try:
            yield from self._together(ident, group, wishes)
        except Refused as error:
            group.members = None
            if len(wishes) == 1 or isinstance(error, NotFound):
                yield from [error] * len(wishes)
                return
            for wish in wishes:
                yield from self._fulfil(ident, group, [wish])
        except ConnectorError as error:
            group.members = None
            yield from [error] * len(wishes)

    def _together(self, ident: str, group: _Group, wishes: list[Membership]) -> list[Outcome]:
        """Have wishes fulfilled by one write.

        Raises:
            ConnectorError: What the write met; then nothing of it was done, or nobody knows.
        """
        path = path_to(self._announced.groups, ident, self._system)
        sent: set[Membership] = set()
        versioned = whole = False
        for attempt in range(TRIES):
            if group.members is None or not self._announced.patch:
                self._read(path, group)
            due = [wish for wish in wishes if _holds(group, wish) is not wish.joins]
            if not due:
                break
            try:
                self._write(path, group, due, versioned=versioned or whole, whole=whole)
            except NOT_DONE:
                raise
            except (Outdated, VersionNeeded, Invalid, Transient) as error:
                group.members = None
                if attempt == TRIES - 1 or (isinstance(error, Invalid) and not _a_path(error, due)):
                    raise
                # Somebody else was there, nobody knows, or the path of a member was not
                # understood: look what is still to be done.
                if isinstance(error, Transient):
                    sent.update(due)
                versioned = versioned or isinstance(error, Outdated | VersionNeeded)
                whole = whole or isinstance(error, Invalid | Transient)
                continue
            sent.update(due)
            break
        return [Reply(200, {"changed": wish in sent}) for wish in wishes]

    def _read(self, path: str, group: _Group) -> None:
        reply = self._send(Call("GET", path, params=self._asking or None))
        content = reply.json
        if not isinstance(content, dict) or "id" not in content:
            message = "the answer is no group"  # put back, it would leave nobody in it
            raise Unavailable(message, system=self._system, operation=f"GET {path}")
        group.resource = content
        meta = content.get("meta")
        version = meta.get("version") if isinstance(meta, Mapping) else None
        group.version = reply.headers.get("etag") or (version if isinstance(version, str) else "")
        group.members = {}
        for member in members_in(content):
            for name in ("value", "$ref"):
                if member.get(name):
                    group.members[str(member[name]).rstrip("/")] = member

    def _write(
        self, path: str, group: _Group, due: list[Membership], *, versioned: bool, whole: bool
    ) -> None:
        headers = dict(WRITING)
        if group.version and (versioned or not self._announced.patch):
            headers["If-Match"] = group.version
        if self._announced.patch:
            if whole and not all(wish.joins for wish in due):
                # Only where somebody leaves who was seen: a group that hides its members would
                # have none left but those who are sent.
                members = self._replaced(group, due)["members"]
                listed = [{"op": "replace", "path": "members", "value": members}]
            else:
                listed = list(self._operations(group, due))
            body = {"schemas": [PATCH_OP], "Operations": listed}
            self._send(Call("PATCH", path, json=body, headers=headers))
        else:
            self._send(Call("PUT", path, json=self._replaced(group, due), headers=headers))
        self._note(group, due)

    def _operations(self, group: _Group, due: list[Membership]) -> Iterator[dict[str, Any]]:
        joining = [self._member(wish) for wish in due if wish.joins]
        if joining:
            yield {"op": "add", "path": "members", "value": joining}
        for wish in due:
            if not wish.joins:
                named = _named(group, wish).get("value", wish.user)
                quoted = str(named).replace("\\", "\\\\").replace('"', '\\"')
                yield {"op": "remove", "path": f'members[value eq "{quoted}"]'}

    def _replaced(self, group: _Group, due: list[Membership]) -> dict[str, Any]:
        """The group with other members, for a PUT."""
        leaving = [_named(group, wish) for wish in due if not wish.joins]
        members = [one for one in members_in(group.resource) if one not in leaving]
        members += [self._member(wish) for wish in due if wish.joins]
        return {
            **replacement(group.resource, {}, self._announced.read_only(GROUP)),
            "members": members,
        }

    def _member(self, wish: Membership) -> dict[str, str]:
        named = {"value": wish.user}
        if self._announced.members_by_address and wish.address:
            named["$ref"] = wish.address
        return named

    def _note(self, group: _Group, due: list[Membership]) -> None:
        for wish in due:
            if group.members is None:
                return
            if wish.joins:
                group.members[wish.user] = self._member(wish)
                if wish.address:
                    group.members[wish.address] = self._member(wish)
            else:
                group.members.pop(wish.user, None)
                group.members.pop(wish.address, None)


def _holds(group: _Group, wish: Membership) -> bool:
    members = group.members or {}
    return wish.user in members or (bool(wish.address) and wish.address in members)


def _a_path(error: Invalid, due: list[Membership]) -> bool:
    """Whether a provider may not have understood the path of a member that leaves."""
    return error.code in PATH_ERRORS and not all(wish.joins for wish in due)


def _named(group: _Group, wish: Membership) -> Mapping[str, Any]:
    """A member as the provider names it."""
    members = group.members or {}
    return members.get(wish.user) or members.get(wish.address) or {"value": wish.user}


def _outcome(future: Future[Reply]) -> Outcome:
    try:
        return future.result()
    except ConnectorError as error:
        return error
