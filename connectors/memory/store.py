"""The system that the in-memory connector speaks to: accounts, groups, people, and trouble.

It is as strict as the strictest real one: names are unique, an account has to exist, an attribute
has to be known.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from connectors.memory.manifest import MANIFEST, PERSON
from connectors.memory.trouble import Trouble
from connectors.model.change import Verb
from connectors.model.errors import AlreadyExists, ConfigError, Invalid, NotFound
from connectors.model.values import CLEAR, Attributes, Value, decode_value, encode_value, is_empty

CONTAINERS: Final = ("new", "staff", "leavers")
"""Containers of a store that was given none."""


@dataclass(slots=True)
class Entry:
    """One account of the store.

    Attributes:
        attributes: Empty ones are left out.
        enabled: Whether the person can sign in.
        container: One of the store's containers.
        protected: An administrator, say: Retour reports it and leaves it alone.
    """

    attributes: dict[str, Value]
    enabled: bool = False
    container: str = CONTAINERS[0]
    protected: bool = False


@dataclass(slots=True)
class Group:
    """One permission of the store.

    Attributes:
        name: As rules name it.
        members: Refs of the accounts in it.
        grantable: Whether members can be added by hand; a group with a rule of its own says no.
    """

    name: str
    members: set[str] = field(default_factory=set)
    grantable: bool = True


class Store:
    """Accounts, groups and people of one imaginary system. Thread-safe.

    Attributes:
        entries: ref -> account. Look, and write through the methods.
        bin: ref -> account that was deleted, and can be brought back.
        groups: Native id -> group.
        containers: Names that an account can be put into.
        people: `persons`, `contracts` and `departments` as lists of objects with the columns of
            `People`; what the source reads.
        trouble: Faults to come.
        calls: How often each verb reached the store, refusals included.
    """

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        """Start with the content that `content` gave, or empty."""
        given = content or {}
        self._lock = threading.RLock()
        self.entries = {
            ref: Entry(
                {name: decode_value(value) for name, value in entry.get("attributes", {}).items()},
                enabled=entry.get("enabled", False),
                container=entry.get("container", CONTAINERS[0]),
                protected=entry.get("protected", False),
            )
            for ref, entry in given.get("accounts", {}).items()
        }
        self.bin: dict[str, Entry] = {}
        self.groups = {
            key: Group(group["name"], set(group.get("members", ())), group.get("grantable", True))
            for key, group in given.get("groups", {}).items()
        }
        self.containers = tuple(given.get("containers", CONTAINERS))
        self.people: dict[str, list[dict[str, Any]]] = given.get("people", {})
        self.trouble = Trouble()
        self.calls: Counter[str] = Counter()
        self._next: int = given.get("next", 1 + len(self.entries))
        self._holders: dict[tuple[str, str], str] = {}
        self._accounts_of: defaultdict[Value | None, set[str]] = defaultdict(set)
        for ref in self.entries:
            self._hold(ref)

    def content(self) -> dict[str, Any]:
        """Everything in the store as JSON, in a stable order."""
        with self._lock:
            return {
                "accounts": {
                    ref: {
                        "attributes": {
                            name: encode_value(value)
                            for name, value in sorted(entry.attributes.items())
                        },
                        "enabled": entry.enabled,
                        "container": entry.container,
                        "protected": entry.protected,
                    }
                    for ref, entry in sorted(self.entries.items())
                },
                "groups": {
                    key: {
                        "name": group.name,
                        "members": sorted(group.members),
                        "grantable": group.grantable,
                    }
                    for key, group in sorted(self.groups.items())
                },
                "containers": list(self.containers),
                "people": self.people,
                "next": self._next,
            }

    def create(self, person: str, attributes: Attributes, *, container: str | None) -> str:
        """Make a disabled account and give its ref.

        Raises:
            AlreadyExists: A unique value, the person's id included, is taken.
            Invalid: An attribute or container that the store does not have.
        """
        with self._call(Verb.CREATE, person):
            values = {name: self._checked(name, value) for name, value in attributes.items()}
            values.setdefault(PERSON, person)
            self._require_unique(values, besides=None)
            place = self._container(container) if container is not None else self.containers[0]
            ref = f"m-{self._next:06d}"
            self._next += 1
            self.entries[ref] = Entry(_known(values), container=place)
            self._hold(ref)
            return ref

    def update(self, person: str, ref: str, attributes: Attributes) -> bool:
        """Set some attributes; `CLEAR` empties one. Says whether anything is different now.

        Raises:
            NotFound: There is no such account.
            AlreadyExists: A unique value is taken.
            Invalid: An attribute that the store does not have, cannot change or cannot empty.
        """
        with self._call(Verb.UPDATE, person):
            entry = self._entry(ref)
            values = {
                name: self._checked(name, value, update=True) for name, value in attributes.items()
            }
            self._require_unique(values, besides=ref)
            wanted = _known({**entry.attributes, **values})
            changed = wanted != entry.attributes
            self._let_go(ref)
            entry.attributes = wanted
            self._hold(ref)
            return changed

    def switch(self, person: str, ref: str, *, enabled: bool) -> bool:
        """Enable or disable. Says whether anything is different now.

        Raises:
            NotFound: There is no such account.
        """
        with self._call(Verb.ENABLE if enabled else Verb.DISABLE, person):
            entry = self._entry(ref)
            changed = entry.enabled is not enabled
            entry.enabled = enabled
            return changed

    def move(self, person: str, ref: str, container: str) -> bool:
        """Put an account into a container. Says whether anything is different now.

        Raises:
            NotFound: There is no such account.
            Invalid: There is no such container.
        """
        with self._call(Verb.MOVE, person):
            entry = self._entry(ref)
            changed = entry.container != self._container(container)
            entry.container = container
            return changed

    def delete(self, person: str, ref: str) -> None:
        """Remove an account, and its ref from every group.

        Raises:
            NotFound: There is no such account.
        """
        with self._call(Verb.DELETE, person):
            self._entry(ref)
            self._let_go(ref)
            self.bin[ref] = self.entries.pop(ref)
            for group in self.groups.values():
                group.members.discard(ref)

    def restore(self, person: str, ref: str) -> bool:
        """Bring a deleted account back, in no group. Says whether anything is different now.

        Raises:
            NotFound: There is no such account, deleted or not.
            AlreadyExists: One of its unique values was given to another one since.
        """
        with self._call(Verb.RESTORE, person):
            if ref in self.entries:
                return False
            if ref not in self.bin:
                message = f"there is no deleted account {ref}"
                raise NotFound(message)
            self._require_unique(self.bin[ref].attributes, besides=None)
            self.entries[ref] = self.bin.pop(ref)
            self._hold(ref)
            return True

    def grant(self, person: str, ref: str, permission: str) -> bool:
        """Put an account into a group. Says whether anything is different now.

        Raises:
            NotFound: There is no such account or group.
            Invalid: The group chooses its members itself.
        """
        with self._call(Verb.GRANT, person):
            self._entry(ref)
            group = self._group(permission)
            if not group.grantable:
                message = f"group {group.name} chooses its members itself"
                raise Invalid(message, operation="grant")
            changed = ref not in group.members
            group.members.add(ref)
            return changed

    def revoke(self, person: str, ref: str, permission: str) -> bool:
        """Take an account out of a group. Says whether anything is different now.

        Raises:
            NotFound: There is no such group.
        """
        with self._call(Verb.REVOKE, person):
            group = self._group(permission)
            changed = ref in group.members
            group.members.discard(ref)
            return changed

    def entry(self, ref: str) -> Entry | None:
        """A copy of an account, None when there is none."""
        with self._lock:
            entry = self.entries.get(ref)
            if entry is None:
                return None
            return Entry(dict(entry.attributes), entry.enabled, entry.container, entry.protected)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Nobody else writes as long as the context lasts."""
        with self._lock:
            yield

    def refs_of(self, person: str) -> list[str]:
        """Accounts that carry a person's HR id, sorted."""
        with self._lock:
            return sorted(self._accounts_of.get(person, ()))

    def members(self, permission: str) -> set[str]:
        """Refs of the accounts in a group, none when there is no such group."""
        with self._lock:
            return set(self.groups[permission].members) if permission in self.groups else set()

    @contextmanager
    def _call(self, verb: Verb, person: str) -> Iterator[None]:
        with self._lock:
            self.calls[verb.value] += 1
            self.trouble.strike(verb, person, afterwards=False)
            yield
            self.trouble.strike(verb, person, afterwards=True)

    def _entry(self, ref: str) -> Entry:
        if ref not in self.entries:
            message = f"there is no account {ref}"
            raise NotFound(message)
        return self.entries[ref]

    def _group(self, permission: str) -> Group:
        if permission not in self.groups:
            message = f"there is no group {permission}"
            raise NotFound(message)
        return self.groups[permission]

    def _container(self, container: str) -> str:
        if container not in self.containers:
            message = f"there is no container {container!r}; there are {', '.join(self.containers)}"
            raise Invalid(message)
        return container

    def _checked(self, name: str, value: Value, *, update: bool = False) -> Value:
        attribute = MANIFEST.attribute(name)
        if attribute is None:
            message = f"there is no attribute {name!r}"
        elif update and not attribute.on_update:
            message = f"{name} cannot be changed"
        elif value is CLEAR and not attribute.clearable:
            message = f"{name} cannot be empty"
        elif value is not CLEAR and isinstance(value, tuple) is not attribute.multi:
            message = f"{name} holds {'several values' if attribute.multi else 'one value'}"
        elif attribute.max_length and isinstance(value, str) and len(value) > attribute.max_length:
            message = f"{name} is longer than {attribute.max_length} characters"
        else:
            return value
        raise Invalid(message)

    def _require_unique(self, values: Mapping[str, Value], *, besides: str | None) -> None:
        for space, value, _ in names_in({"": Entry(_known(values))}):
            holder = self._holders.get((space, value), besides)
            if holder != besides:
                message = f"{value!r} is in use as {space} by {holder}"
                raise AlreadyExists(message)
        if besides is None and self.refs_of(str(values[PERSON])):
            message = f"person {values[PERSON]} has an account already"
            raise AlreadyExists(message)

    def _hold(self, ref: str) -> None:
        for space, value, _ in names_in({ref: self.entries[ref]}):
            self._holders[space, value] = ref
        self._accounts_of[self.entries[ref].attributes.get(PERSON)].add(ref)

    def _let_go(self, ref: str) -> None:
        for space, value, _ in names_in({ref: self.entries[ref]}):
            if self._holders.get((space, value)) == ref:
                del self._holders[space, value]
        self._accounts_of[self.entries[ref].attributes.get(PERSON)].discard(ref)


_SPACES: Final = {one.name: one.unique_in for one in MANIFEST.attributes if one.unique_in}


def names_in(entries: Mapping[str, Entry]) -> list[tuple[str, str, str]]:
    """Unique names in use: (space, casefolded value, ref)."""
    return [
        (_SPACES[name], str(one).casefold(), ref)
        for ref, entry in entries.items()
        for name, value in entry.attributes.items()
        if name in _SPACES
        for one in (value if isinstance(value, tuple) else (value,))
    ]


def _known(values: Mapping[str, Value]) -> dict[str, Value]:
    return {
        name: tuple(sorted(value)) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not CLEAR and not is_empty(value)
    }


STORES: Final[dict[str, Store]] = {}
"""Every store of this process, by name. Tests put theirs here, and take them away again."""


def open_store(name: str, path: Path | None = None) -> Store:
    """The store of that name, made from the file when this is the first time.

    Raises:
        ConfigError: The file is not the content of a store.
    """
    if name not in STORES:
        content = None
        if path is not None and path.exists():
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except json.JSONDecodeError as error:
                raise ConfigError(
                    f"is not JSON ({error.msg})", file=str(path), line=error.lineno
                ) from error
        STORES[name] = Store(content)
    return STORES[name]
