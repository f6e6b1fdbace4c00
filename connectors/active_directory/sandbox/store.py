"""Where the sandbox keeps its objects: in memory, or in a file that several processes share.

The file is a journal, one JSON line per transaction; a line is whole or it does not count. Every
operation holds a lock and first takes in what others have appended. When the journal has grown
long, it is replaced by a fresh one in one step.
"""

import fcntl
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from connectors.active_directory.names import dn_key
from connectors.active_directory.sandbox.filters import Filter, fold
from connectors.active_directory.sandbox.objects import Object
from connectors.active_directory.sandbox.schema import INDEXED
from connectors.model.containers import escape_rdn
from connectors.model.errors import ConfigError
from connectors.sdk.json_text import json_text

FORMAT: Final = 2
DELETED: Final = "CN=Deleted Objects"
"""The container of deleted objects, below the domain."""
STALE_LINES: Final = 2000
"""Lines beyond the number of objects after which a journal is written anew when it is opened."""

_INDEXES: Final = {name.lower(): name for name in INDEXED}


class Store:
    """The objects of one domain, with the indexes that searches need.

    Args:
        base_dn: Name of the domain.
        path: The file, None for memory.
        fill: Puts the first objects in; called under the lock when there is nothing yet.

    Attributes:
        usn: highestCommittedUSN, the number of the last transaction.
        invocation: invocationId: of this database and no other, however alike.
    """

    def __init__(self, base_dn: str, path: Path | None, fill: Callable[[], None]) -> None:
        """Remember the parts; the file is opened with the first operation."""
        self.base_dn, self._path, self._fill = base_dn, path, fill
        self._base_key = dn_key(base_dn)
        self._lock = threading.RLock()
        self._held = False
        self._file_id: tuple[int, int] | None = None
        self._offset = 0
        self._forget()

    def _forget(self) -> None:
        self.usn = 0
        self.invocation = str(uuid.uuid4())
        self._deleted: dict[str, Object] = {}
        self._objects: dict[str, Object] = {}
        self._children: dict[str | None, dict[tuple[str, str], str]] = {}
        self._members: dict[str, set[str]] = {}
        self._indexes: dict[str, dict[bytes, set[str]]] = {name: {} for name in _INDEXES}

    # --- Transactions -----------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep threads and processes out, with everything that was committed so far in view.

        Raises:
            ConfigError: The file is not one of a sandbox.
        """
        with self._lock:
            if self._held:
                yield
                return
            self._held = True
            try:
                if self._path is None:
                    if not self._objects:
                        self._fill()
                    yield
                else:
                    with self._file_lock(self._path):
                        self._catch_up(self._path)
                        yield
            finally:
                self._held = False

    def commit(
        self,
        *,
        put: Iterable[Object] = (),
        quiet: Iterable[Object] = (),
        remove: Iterable[str] = (),
    ) -> None:
        """Write objects as one transaction; call inside `locked`.

        Args:
            put: Objects that were written.
            quiet: Objects of which only a reference went or came that others hold (`memberOf`, the
                `manager` of somebody deleted): they notice nothing, and keep their uSNChanged.
            remove: GUIDs of objects to delete.
        """
        changed, unchanged, gone = list(put), list(quiet), list(remove)
        self.usn += 1
        for one in changed:
            one.usn_changed = self.usn
            one.usn_created = one.usn_created or self.usn
        written = [*changed, *unchanged]
        self._take_in(written, gone)
        if self._path is not None:
            self._append(self._path, [self._line(written, gone)])

    def _line(
        self, put: Iterable[Object], remove: Iterable[str], deleted: Iterable[Object] = ()
    ) -> bytes:
        content = {"usn": self.usn, "put": [one.to_json() for one in put], "remove": list(remove)}
        if buried := [one.to_json() for one in deleted]:
            content["deleted"] = buried
        return json_text(content).encode("utf-8", "surrogatepass") + b"\n"

    def _take_in(self, put: Iterable[Object], remove: Iterable[str]) -> None:
        for guid in remove:
            gone = self._objects.pop(guid)
            self._unlist(gone)
            cemetery = self.resolve(f"{DELETED},{self.base_dn}")
            self._deleted[guid] = gone.buried(cemetery.guid if cemetery else None, self.usn)
        written = list(put)
        for one in written:  # all of them first: two may have swapped their names
            if one.guid in self._objects:
                self._unlist(self._objects[one.guid])
        for one in written:
            self._objects[one.guid] = one
            self._list(one)

    def _list(self, one: Object) -> None:
        self._children.setdefault(one.parent, {})[_leaf_key(one)] = one.guid
        for group in one.groups:
            self._members.setdefault(group, set()).add(one.guid)
        for index, key in _index_keys(one):
            self._indexes[index].setdefault(key, set()).add(one.guid)

    def _unlist(self, one: Object) -> None:
        del self._children[one.parent][_leaf_key(one)]
        for group in one.groups:
            self._members[group].discard(one.guid)
        for index, key in _index_keys(one):
            self._indexes[index][key].discard(one.guid)

    # --- The file ---------------------------------------------------------------------------------

    @contextmanager
    def _file_lock(self, path: Path) -> Iterator[None]:
        file = f"{path}.lock"
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _catch_up(self, path: Path) -> None:
        try:
            found = path.stat()
        except FileNotFoundError:
            self._begin(path)
            return
        identity = (found.st_dev, found.st_ino)
        if identity != self._file_id or found.st_size < self._offset:
            self._forget()
            self._file_id, self._offset = identity, 0
        if found.st_size == self._offset:
            return
        fresh = self._offset == 0
        with path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().splitlines(keepends=True)
        if fresh:
            lines = self._without_header(path, lines)
        for line in lines:
            if not line.endswith(b"\n"):  # the process that wrote it died in the middle
                os.truncate(path, self._offset)
                break
            content = json.loads(line)
            self.usn = content["usn"]
            self._take_in((Object.from_json(one) for one in content["put"]), content["remove"])
            for one in map(Object.from_json, content.get("deleted", ())):
                self._deleted[one.guid] = one
            self._offset += len(line)
        if fresh and len(lines) > len(self._objects) + STALE_LINES:
            self._rewrite(path)

    def _without_header(self, path: Path, lines: list[bytes]) -> list[bytes]:
        try:
            header = json.loads(lines[0])
            kind = header["sandbox"], header["format"]
            base_dn = str(header["base_dn"])
            invocation = str(header["invocation"])
        except (ValueError, KeyError, TypeError, IndexError):
            kind, base_dn, invocation = None, "", ""
        if kind != ("active_directory", FORMAT):
            message = "this is not the file of an Active Directory sandbox"
            raise ConfigError(message, file=str(path))
        self.base_dn, self.invocation = base_dn, invocation
        self._base_key = dn_key(self.base_dn)
        self._offset = len(lines[0])
        return lines[1:]

    def _begin(self, path: Path) -> None:
        self._forget()
        self._rewrite(path)
        self._fill()

    def _rewrite(self, path: Path) -> None:
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        header = {
            "sandbox": "active_directory",
            "format": FORMAT,
            "base_dn": self.base_dn,
            "invocation": self.invocation,
        }
        lines = [json.dumps(header).encode() + b"\n"]
        if self._objects:
            lines.append(self._line(self._objects.values(), (), self._deleted.values()))
        self._offset = 0
        self._append(fresh, lines)
        fresh.replace(path)
        found = path.stat()
        self._file_id = (found.st_dev, found.st_ino)

    def _append(self, path: Path, lines: list[bytes]) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            for line in lines:
                os.write(handle, line)
                self._offset += len(line)
        finally:
            os.close(handle)

    # --- Looking ----------------------------------------------------------------------------------

    def get(self, guid: str) -> Object | None:
        """The object with that GUID."""
        return self._objects.get(guid)

    def all(self) -> Iterable[Object]:
        """Every object."""
        return self._objects.values()

    def deleted(self) -> Iterable[Object]:
        """What is left of every deleted object."""
        return self._deleted.values()

    def resolve(self, dn: str) -> Object | None:
        """The object of that name.

        Raises:
            ValueError: Not a distinguished name.
        """
        parts = dn_key(dn)
        depth = len(self._base_key)
        if len(parts) < depth or parts[-depth:] != self._base_key:
            return None
        found = next(iter(self._children.get(None, {}).values()), None)
        for leaf in reversed(parts[:-depth]):
            found = self._children.get(found, {}).get(leaf) if found else None
        return self._objects[found] if found else None

    def child(self, parent: str, leaf: tuple[str, str]) -> Object | None:
        """The object of that leaf name in a container."""
        guid = self._children.get(parent, {}).get((leaf[0].casefold(), leaf[1].casefold()))
        return self._objects[guid] if guid else None

    def children(self, guid: str) -> list[Object]:
        """What stands directly in a container."""
        return [self._objects[child] for child in self._children.get(guid, {}).values()]

    def dn(self, one: Object) -> str:
        """The name of an object, by way of its parents."""
        if one.parent is None:
            return self.base_dn
        return f"{one.rdn[0]}={escape_rdn(one.rdn[1])},{self.dn(self._objects[one.parent])}"

    def ancestors(self, one: Object) -> Iterator[Object]:
        """The containers an object stands in, nearest first."""
        while one.parent is not None:
            one = self._objects[one.parent]
            yield one

    def members(self, group: str) -> list[Object]:
        """Members of a group, in the order in which they were made."""
        found = [self._objects[guid] for guid in self._members.get(group, ())]
        return sorted(found, key=lambda one: (one.usn_created, one.guid))

    def holders(self, attribute: str, value: str) -> set[str]:
        """GUIDs of objects with that value of an indexed attribute, without regard to case."""
        return set(self._indexes[attribute.lower()].get(fold(value.encode()), ()))

    def candidates(self, filter_: Filter) -> set[str] | None:
        """GUIDs among which all that match must be, None when the indexes cannot tell."""
        if filter_.kind == "=" and filter_.attribute in self._indexes:
            return set(self._indexes[filter_.attribute].get(filter_.parts[0], ()))
        known = [self.candidates(one) for one in filter_.filters]
        if filter_.kind == "|" and all(one is not None for one in known):
            return set().union(*(one for one in known if one is not None))
        if filter_.kind == "&":
            return min((one for one in known if one is not None), key=len, default=None)
        return None


def _leaf_key(one: Object) -> tuple[str, str]:
    return one.rdn[0].casefold(), one.rdn[1].casefold()


def _index_keys(one: Object) -> Iterator[tuple[str, bytes]]:
    for index, name in _INDEXES.items():
        for value in one.attributes.get(name, ()):
            yield index, fold(value.encode())


def snapshot(store: Store) -> dict[str, Any]:
    """Everything that is kept, for comparing two moments."""
    with store.locked():
        return {
            "usn": store.usn,
            "objects": {one.guid: one.to_json() for one in store.all()},
            "deleted": {one.guid: one.to_json() for one in store.deleted()},
        }
