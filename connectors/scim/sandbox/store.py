"""The resources that there are, who is in which group, and what must be unique."""

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.scim.sandbox.catalogue import ENTERPRISE, GROUPS, KINDS, USERS
from connectors.scim.sandbox.errors import ScimError, invalid_value, not_found
from connectors.scim.sandbox.matching import comparable_by
from connectors.scim.sandbox.schema import Kind
from connectors.scim.sandbox.switches import Switches
from connectors.sdk.clock import now

NAMESPACE: Final = uuid.UUID("8c1f3a52-6d0e-4c0b-9f61-5c1b6f0e7643")


@dataclass(slots=True)
class Stored:
    """A resource as it is kept: attributes in their spelling, extensions under their URN.

    Attributes:
        id: Never changes, never comes back.
        kind: Its type.
        content: Without `id`, `schemas`, `meta` and what is worked out on reading.
        version: Counts writes, from 1.
    """

    id: str
    kind: Kind
    content: dict[str, Any]
    created: datetime
    modified: datetime
    version: int = 1

    @property
    def etag(self) -> str:
        """A weak one: two spellings of one resource have the same."""
        return f'W/"{self.version}"'


class Store:
    """Everything a provider keeps. Not locked: the application is.

    Args:
        seed: The same seed gives the same ids.
        switches: How the provider behaves.
    """

    def __init__(self, seed: int, switches: Switches) -> None:
        """Start empty."""
        self._seed, self._switches, self._made = seed, switches, 0
        self._stored: dict[str, dict[str, Stored]] = {kind.name: {} for kind in KINDS}
        self._unique: dict[tuple[str, str, Any], str] = {}
        self._groups_of: dict[str, set[str]] = {}

    def all(self, kind: Kind) -> Iterator[Stored]:
        """Every resource of a type, in the order in which they were made."""
        yield from self._stored[kind.name].values()

    def get(self, kind: Kind, ident: str) -> Stored:
        """The resource of that id.

        Raises:
            ScimError: 404.
        """
        found = self._stored[kind.name].get(ident)
        if found is None:
            raise not_found(kind.name, ident)
        return found

    def kind_of(self, ident: str) -> Kind | None:
        """The type of the resource of that id."""
        return next((kind for kind in KINDS if ident in self._stored[kind.name]), None)

    def groups_of(self, ident: str) -> list[Stored]:
        """The groups that somebody is in, directly."""
        held = self._stored[GROUPS.name]
        return [held[group] for group in sorted(self._groups_of.get(ident, ())) if group in held]

    def add(self, kind: Kind, content: dict[str, Any], *, ident: str | None = None) -> Stored:
        """Keep a new resource.

        Raises:
            ScimError: 409, what has to be unique is in use; 400, a member does not exist.
        """
        self._require_free(kind, content, None)
        self._settle_references(kind, content)
        self._made += 1
        ident = ident or str(uuid.uuid5(NAMESPACE, f"{self._seed} {self._made}"))
        moment = now()
        stored = Stored(ident, kind, content, moment, moment)
        self._stored[kind.name][ident] = stored
        self._note(stored)
        return stored

    def change(self, stored: Stored, content: dict[str, Any]) -> bool:
        """Give a resource another content; whether it is another.

        Raises:
            ScimError: As `add`.
        """
        self._require_free(stored.kind, content, stored.id)
        self._settle_references(stored.kind, content)
        if content == stored.content:  # RFC 7644, 3.5.2.1: then the moment stays as well
            return False
        self._forget(stored)
        stored.content = content
        stored.version += 1
        stored.modified = now()
        self._note(stored)
        return True

    def remove(self, stored: Stored) -> None:
        """Let go of a resource, and of what refers to it."""
        self._forget(stored)
        del self._stored[stored.kind.name][stored.id]
        for group in list(self.all(GROUPS)):
            members = group.content.get("members") or []
            left = [one for one in members if one.get("value") != stored.id]
            if len(left) < len(members):
                self.change(group, _with(group.content, "members", left))
        for user in self.all(USERS):
            theirs = user.content.get(ENTERPRISE, {})
            if theirs.get("manager", {}).get("value") == stored.id:
                content = copy.deepcopy(user.content)
                del content[ENTERPRISE]["manager"]
                if not content[ENTERPRISE]:
                    del content[ENTERPRISE]
                self.change(user, content)

    def snapshot(self) -> dict[str, Any]:
        """Everything, to compare two moments."""
        return {
            kind.name: {one.id: {**one.content, "version": one.version} for one in self.all(kind)}
            for kind in KINDS
        }

    # --- What must hold ---------------------------------------------------------------------------

    def _require_free(self, kind: Kind, content: dict[str, Any], own: str | None) -> None:
        for key in _keys(kind, content):
            holder = self._unique.get(key)
            if holder is not None and holder != own:
                raise ScimError(409, f"{key[1]} is in use", "uniqueness")

    def _settle_references(self, kind: Kind, content: dict[str, Any]) -> None:
        """Members exist, each once, and have a type."""
        if kind is not GROUPS or "members" not in content:
            return
        kept: dict[str, dict[str, Any]] = {}
        for member in content["members"]:
            ident = member.get("value") or str(member.get("$ref", "")).rpartition("/")[2]
            found = self.kind_of(ident)
            if found is None and not self._switches.dangling_members:
                raise invalid_value(f"there is no member {ident}")
            said = member.get("type")
            if found is not None and said not in {None, found.name}:
                raise invalid_value(f"the member {ident} is a {found.name}")
            kept.setdefault(ident, {"value": ident, "type": found.name if found else "User"})
        content["members"] = list(kept.values())

    def _note(self, stored: Stored) -> None:
        for key in _keys(stored.kind, stored.content):
            self._unique[key] = stored.id
        for ident in _members(stored):
            self._groups_of.setdefault(ident, set()).add(stored.id)

    def _forget(self, stored: Stored) -> None:
        for key in _keys(stored.kind, stored.content):
            self._unique.pop(key, None)
        for ident in _members(stored):
            self._groups_of.get(ident, set()).discard(stored.id)


def _keys(kind: Kind, content: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for attribute in kind.core.attributes:
        if attribute.uniqueness != "none" and attribute.name in content:
            yield kind.name, attribute.name, comparable_by(attribute)(content[attribute.name])


def _members(stored: Stored) -> Iterator[str]:
    for member in stored.content.get("members") or []:
        yield member["value"]


def _with(content: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    changed = {**content, name: value}
    if not value:
        del changed[name]
    return changed
