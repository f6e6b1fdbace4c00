"""What one tenant holds: its objects, the names that are in use, and the log of changes."""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

from connectors.entra_id.sandbox.clock import Clock
from connectors.entra_id.sandbox.objects import (
    CREATED,
    MANAGER,
    MEMBERS,
    REMOVED,
    Entry,
    Thing,
)
from connectors.entra_id.sandbox.problems import in_use, not_found
from connectors.entra_id.sandbox.switches import Switches
from connectors.sdk.sandbox_http import Faults

DAY_SECONDS: Final = 24 * 3600
SMTP: Final = "smtp:"
PRIMARY: Final = "SMTP:"


class Tenant:
    """One tenant. Ids follow from the seed, so that the same requests give the same tenant.

    Args:
        seed: Names the ids.

    Attributes:
        things: Every object that is not gone for good, by id.
        log: What changed, oldest first; the number of lines is the state of the tenant.
        domains: Verified domains.
        skus: skuId -> name, units that were bought, units in use.
        roles: Role -> its name, template and members.
        faults: What goes wrong next; knows what was made and is not seen yet.
        lock: Held while a request is answered.
    """

    def __init__(self, *, seed: int = 1) -> None:
        """Start empty."""
        self.clock, self.switches, self.faults = Clock(), Switches(), Faults()
        self.lock = threading.RLock()
        self.things: dict[str, Thing] = {}
        self.log: list[Entry] = []
        self.domains: list[str] = []
        self.skus: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, dict[str, Any]] = {}
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, f"entra-sandbox-{seed}.example.org")
        self._made = 0
        self._names: dict[str, str] = {}
        self.id = self.new_id("tenant")

    def new_id(self, name: str) -> str:
        """A GUID that follows from seed and name."""
        return str(uuid.uuid5(self._space, name))

    # --- Looking ----------------------------------------------------------------------------------

    def of(self, kind: str) -> Iterator[Thing]:
        """Objects of a kind that are there and can be seen, in the order of their making."""
        return (
            thing
            for thing in self.things.values()
            if thing.kind == kind and thing.deleted_at is None and self._is_out(thing)
        )

    def deleted(self, kind: str) -> list[Thing]:
        """Objects in the recycle bin; what lay there too long is gone first."""
        limit = self.clock.seconds() - self.switches.recycle_days * DAY_SECONDS
        for thing in [t for t in self.things.values() if t.deleted_at is not None]:
            if thing.deleted_at is not None and thing.deleted_at < limit:
                self.purge(thing)
        return [t for t in self.things.values() if t.kind == kind and t.deleted_at is not None]

    def find(self, kind: str, key: str) -> Thing:
        """An object by id, or a user by its principal name.

        Raises:
            Problem: It is not there, or cannot be seen yet (E3).
        """
        thing = self.things.get(key.lower())
        if thing is None and kind == "user":
            holder = self._names.get(key.casefold(), "")
            thing = self.things.get(holder)
            if thing and thing.properties.get("userPrincipalName", "").casefold() != key.casefold():
                thing = None
        if thing is None or thing.kind != kind or thing.deleted_at is not None:
            raise not_found(key)
        if not self._is_out(thing) or not self.faults.shows(thing.id):
            raise not_found(key)
        return thing

    def _is_out(self, thing: Thing) -> bool:
        delay = self.switches.visible_after_seconds
        return not delay or self.clock.seconds() >= thing.made_at + delay

    def groups_of(self, member: str) -> list[Thing]:
        """Groups that somebody is a direct member of."""
        return [group for group in self.of("group") if member in group.members]

    # --- Names ------------------------------------------------------------------------------------

    def claim(self, thing: Thing, properties: dict[str, Any]) -> None:
        """See that nobody else holds the names in `properties` (E4).

        Raises:
            Problem: Somebody does, be it in the recycle bin.
        """
        principal = properties.get("userPrincipalName")
        if isinstance(principal, str):
            self._refuse_taken(principal, thing.id, "userPrincipalName")
        for address in properties.get("proxyAddresses", ()):
            self._refuse_taken(address[len(SMTP) :], thing.id, "proxyAddresses")

    def _refuse_taken(self, name: str, own: str, target: str) -> None:
        holder = self._names.get(name.casefold(), own)
        if holder != own:
            raise in_use(target)

    def _release(self, thing: Thing) -> None:
        for name in _names_of(thing):
            if self._names.get(name) == thing.id:
                del self._names[name]

    def _hold(self, thing: Thing) -> None:
        for name in _names_of(thing):
            self._names[name] = thing.id

    # --- Changing ---------------------------------------------------------------------------------

    def add(self, kind: str, properties: dict[str, Any], *, key: str = "") -> Thing:
        """Make an object.

        Raises:
            Problem: A name is in use.
        """
        self._made += 1
        thing = Thing(
            id=self.new_id(key or f"{kind} {self._made}"),
            kind=kind,
            place=self._made,
            properties=properties,
            made_at=self.clock.seconds(),
        )
        self.claim(thing, properties)
        properties["createdDateTime"] = self.clock.stamp()
        self.things[thing.id] = thing
        self.faults.made(thing.id)
        self._hold(thing)
        self.note(thing, CREATED)
        return thing

    def change(self, thing: Thing, properties: dict[str, Any]) -> None:
        """Set properties; None takes one away. Names are checked by `claim` before."""
        self._release(thing)
        for name, value in properties.items():
            if thing.properties.get(name) == value:
                continue
            if value is None:
                thing.properties.pop(name, None)
            else:
                thing.properties[name] = value
            self.note(thing, name)
        self._hold(thing)

    def bin(self, thing: Thing) -> None:
        """Delete softly: names stay taken, memberships and licences go (E11)."""
        thing.deleted_at = self.clock.seconds()
        for group in self.things.values():
            if thing.id in group.members:
                self.leave(group, thing.id)
        for other in self.things.values():
            if other.manager == thing.id:
                self.set_manager(other, None)
        self.note(thing, REMOVED)

    def purge(self, thing: Thing) -> None:
        """Remove for good."""
        self._release(thing)
        del self.things[thing.id]
        self.note(thing, REMOVED)

    def restore(self, thing: Thing) -> None:
        """Take out of the recycle bin."""
        thing.deleted_at = None
        self.note(thing, CREATED)

    def join(self, group: Thing, member: str) -> None:
        """Add a member."""
        group.members[member] = None
        self.note(group, MEMBERS, member)

    def leave(self, group: Thing, member: str) -> None:
        """Take a member out."""
        del group.members[member]
        self.note(group, MEMBERS, member)

    def set_manager(self, user: Thing, manager: str | None) -> None:
        """Set or clear the manager."""
        if user.manager != manager:
            self.note(user, MANAGER, manager or user.manager or "")
            user.manager = manager

    def note(self, thing: Thing, name: str, other: str = "") -> None:
        """Write a line into the log."""
        self.log.append(Entry(thing.id, thing.kind, name, other))

    def snapshot(self) -> bytes:
        """Everything that is kept, as bytes: equal bytes mean that nothing was written."""
        content = [
            [
                one.id,
                one.kind,
                one.properties,
                one.deleted_at is not None,
                one.manager,
                [*one.members],
                {sku: sorted(groups) for sku, groups in one.licences.items()},
                one.sign_ins_revoked,
                hashlib.sha256(one.password.encode()).hexdigest(),
            ]
            for one in self.things.values()
        ]
        return json.dumps([content, self.skus, self.roles], sort_keys=True).encode()


def with_mail(held: Iterable[str], mail: str | None) -> list[str]:
    """Addresses after `mail` was set: it becomes the primary one, the old one stays as an alias.

    Source: Microsoft Graph, "user resource type", mail and proxyAddresses.
    """
    others = [
        SMTP + address[len(SMTP) :]
        for address in held
        if mail is None or address[len(SMTP) :].casefold() != mail.casefold()
    ]
    return [PRIMARY + mail, *others] if mail else others


def _names_of(thing: Thing) -> Iterator[str]:
    principal = thing.properties.get("userPrincipalName")
    if principal:
        yield principal.casefold()
    for address in thing.properties.get("proxyAddresses", ()):
        yield address[len(SMTP) :].casefold()
