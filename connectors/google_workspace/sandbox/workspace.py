"""One customer of Google Workspace: its users, groups, units, roles and licences, as they stand.

Everything here is content; what may be done with it is in `users`, `groups`, `units`, `licences`.
"""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.google_workspace.sandbox.refusals import conflict, deleted, forbidden, not_found
from connectors.sdk.clock import now

KEPT_DELETED: Final = timedelta(days=20)
"""How long a deleted user can be brought back."""
MEMBER: Final = "MEMBER"


@dataclass
class Switches:
    """How strict, slow and late the workspace is.

    Attributes:
        hidden_answers: Requests about a new user that are answered with 404 (G6).
        forbidden_answers: Then those answered with 403 forbidden.
        nameless_answers: Then those answered without a name.
        rename_conflicts: Whether a rename is answered with 409 although it is applied (G5).
        deleted_keep_addresses: Whether addresses of a deleted user stay taken (G7).
        call_seconds: How long every HTTP request takes, a batch too.
        write_seconds: How long a change of a user lasts: another one meanwhile is a 409 (G11).
        queries_per_minute: Quota over all requests, parts of batches included; None for no quota.
        quota_reason: What an exceeded quota is called.
    """

    hidden_answers: int = 0
    forbidden_answers: int = 0
    nameless_answers: int = 0
    rename_conflicts: bool = False
    deleted_keep_addresses: bool = True
    call_seconds: float = 0.0
    write_seconds: float = 0.0
    queries_per_minute: int | None = None
    quota_reason: str = "userRateLimitExceeded"


@dataclass
class Group:
    """A group and who is in it.

    Attributes:
        resource: As the API shows it.
        members: Id -> {id, email, role, type, status}, in the order they came.
    """

    resource: dict[str, Any]
    members: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Sku:
    """What licences there are of one product and SKU.

    Attributes:
        name: Of the SKU.
        seats: How many there are.
        holders: Ids of users.
    """

    name: str
    seats: int = 1_000_000
    holders: list[str] = field(default_factory=list)


class Workspace:
    """The content.

    Attributes:
        domains: Verified domains, the primary one first.
        users: Id -> resource.
        deleted: Id -> resource with `deletionTime`.
        passwords: Id -> salted digest.
        groups: Id -> group.
        units: Path -> resource; "/" is not among them.
        roles: Id -> resource.
        assignments: Id -> resource of a role assignment.
        skus: (product, SKU) -> licences.
        addresses: Address, folded -> id of the user or group that holds it.
        lock: Held while content is looked at or changed.
        instant: The present moment; tests move it.
    """

    def __init__(self, *, domains: tuple[str, ...], customer: str, seed: int = 1) -> None:
        """Start empty."""
        self.domains, self.customer, self.seed = domains, customer, seed
        self.users: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, str] = {}
        self.groups: dict[str, Group] = {}
        self.units: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, dict[str, Any]] = {}
        self.assignments: dict[str, dict[str, Any]] = {}
        self.skus: dict[tuple[str, str], Sku] = {}
        self.addresses: dict[str, str] = {}
        self.switches = Switches()
        self.lock = threading.RLock()
        self.later = timedelta()
        self._made = 0
        self._fresh: dict[str, list[str]] = {}

    # --- Naming -----------------------------------------------------------------------------------

    def instant(self) -> datetime:
        """The present moment, UTC, moved by `later`."""
        return now() + self.later

    def stamp(self) -> str:
        """The present moment as Google writes it."""
        return self.instant().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def number(self, digits: int) -> str:
        """A new id of so many digits; the same seed gives the same ones in the same order."""
        self._made += 1
        found = hashlib.sha256(f"{self.seed}/{self._made}".encode()).hexdigest()
        return "1" + str(int(found, 16))[1:digits]

    def touch(self, resource: dict[str, Any]) -> None:
        """Give a resource the etag of its content."""
        shown = {name: value for name, value in resource.items() if name != "etag"}
        digest = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
        resource["etag"] = f'"{digest[:27]}"'

    # --- Finding ----------------------------------------------------------------------------------

    def user(self, key: str, *, writing: bool = False) -> dict[str, Any]:
        """A user by id, primary address or alias, as far as it can be seen already.

        Raises:
            Refusal: 404, or 412 for one that was deleted; 403 for one that is very new.
        """
        ref = key if key in self.users else self.addresses.get(key.casefold(), "")
        found = self.users.get(ref)
        if found is None:
            gone = self.deleted.get(key) or self.deleted.get(ref)
            if gone is not None and self.is_kept(gone):
                raise deleted()
            raise not_found("userKey")
        left = self._fresh.get(ref, [])
        state = left.pop(0) if left and (not writing or left[0] != "nameless") else ""
        if state == "hidden":
            raise not_found("userKey")
        if state == "forbidden":
            raise forbidden()
        if state == "nameless":
            return {name: value for name, value in found.items() if name != "name"}
        return found

    def is_hidden(self, ref: str) -> bool:
        """Whether a user is too new to stand in a list."""
        return bool(self._fresh.get(ref)) and self._fresh[ref][0] != "nameless"

    def hide(self, ref: str) -> None:
        """Let a new user be seen only after a while, as the switches say."""
        switches = self.switches
        self._fresh[ref] = (
            ["hidden"] * switches.hidden_answers
            + ["forbidden"] * switches.forbidden_answers
            + ["nameless"] * switches.nameless_answers
        )

    def is_kept(self, gone: dict[str, Any]) -> bool:
        """Whether a deleted user can still be brought back."""
        when = datetime.fromisoformat(gone["deletionTime"])
        return self.instant() - when < KEPT_DELETED

    def group(self, key: str) -> Group:
        """A group by id or address.

        Raises:
            Refusal: 404.
        """
        ref = key if key in self.groups else self.addresses.get(key.casefold(), "")
        found = self.groups.get(ref)
        if found is None:
            raise not_found("groupKey")
        return found

    def unit(self, path: str) -> dict[str, Any] | None:
        """A unit by path, whatever its case."""
        wanted = path.casefold()
        return next((one for at, one in self.units.items() if at.casefold() == wanted), None)

    def spelled(self, path: str) -> str | None:
        """A path as the unit writes it, None for an unknown one."""
        if path == "/":
            return path
        unit = self.unit(path)
        return None if unit is None else str(unit["orgUnitPath"])

    # --- Addresses --------------------------------------------------------------------------------

    def holder(self, address: str) -> str | None:
        """Id of the user or group that has an address, deleted users included."""
        return self.addresses.get(address.casefold())

    def forget_expired(self) -> None:
        """Let go of users that can no longer be brought back, and of their addresses."""
        for ref in [ref for ref, gone in self.deleted.items() if not self.is_kept(gone)]:
            del self.deleted[ref]
            self.free(ref)

    def free(self, ref: str) -> None:
        """Let go of the addresses of a user or a group."""
        for address in [one for one, by in self.addresses.items() if by == ref]:
            del self.addresses[address]

    # --- Looking ----------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Everything it holds, to compare two moments."""
        with self.lock:
            content = {
                "users": self.users,
                "deleted": self.deleted,
                "passwords": self.passwords,
                "groups": {ref: [one.resource, one.members] for ref, one in self.groups.items()},
                "units": self.units,
                "assignments": self.assignments,
                "licences": {"/".join(key): sku.holders for key, sku in self.skus.items()},
            }
            copied: dict[str, Any] = json.loads(json.dumps(content))
            return copied


class Busy:
    """Users being changed just now: a second change at the same time is a conflict (G11)."""

    def __init__(self) -> None:
        """Nobody is."""
        self._refs: set[str] = set()
        self._lock = threading.Lock()

    def enter(self, ref: str) -> None:
        """Begin a change.

        Raises:
            Refusal: 409, another one is going on.
        """
        with self._lock:
            if ref in self._refs:
                raise conflict()
            self._refs.add(ref)

    def leave(self, ref: str) -> None:
        """End it."""
        with self._lock:
            self._refs.discard(ref)
