"""Writes the accounts of a store."""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors.memory.manifest import MANIFEST, PERSON
from connectors.memory.saving import save_store
from connectors.memory.settings import MemorySettings
from connectors.memory.store import Entry, open_store
from connectors.model.change import Change, Verb
from connectors.model.errors import AlreadyExists, Fatal, NotFound, Unavailable
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR, Value
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.fanout import Written, apply_per_person

RECEIPTS_PER_FILE: Final = 20
"""Receipts that wait at least for one writing of the file: it is written whole."""
ACCOUNTS_PER_RECEIPT: Final = 10
"""And one more for so many accounts, so that a first load does not take the square of its size."""
GONE: Final = "the account was not there any more"
TAKE_AWAY: Final = frozenset({Verb.DISABLE, Verb.REVOKE, Verb.DELETE})
"""Verbs that have reached their end when the account is gone."""


class MemoryWriter:
    """Writes to a store.

    Args:
        settings: Names the store.
        target: Name of the target in the profile.

    Raises:
        ConfigError: The file of the store is not what it should be.
    """

    def __init__(self, settings: MemorySettings, target: str) -> None:
        """Open the store."""
        self._store, self._target = open_store(settings.name, settings.path), target
        self._path, self._concurrency = settings.path, settings.concurrency
        self._before_image = BeforeImage(MANIFEST, target)

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes, persons side by side; no receipt before the file of the store has it.

        Raises:
            Fatal: The store was told to fail.
        """
        receipts = apply_per_person(changes, self._execute, concurrency=self._concurrency)
        if self._path is None:
            yield from receipts
            return
        held: list[Receipt] = []
        error: Fatal | None = None
        try:
            for receipt in receipts:
                held.append(receipt)
                if len(held) >= self._enough():
                    save_store(self._store, self._path)
                    yield from held
                    held = []
        except Fatal as fatal:
            error = fatal
        finally:
            save_store(self._store, self._path)
        yield from held
        if error is not None:
            raise error

    def close(self) -> None:
        """Nothing to let go of."""

    def _enough(self) -> int:
        return max(RECEIPTS_PER_FILE, len(self._store.entries) // ACCOUNTS_PER_RECEIPT)

    def _execute(self, change: Change) -> Written:
        try:
            return self._send(change)
        except Unavailable:
            # Only the store can tell whether the change happened before the answer was lost.
            if not self._holds(change):
                raise
            return self._written(self._ref_of(change), detail="confirmed by reading back")

    def _send(self, change: Change) -> Written:
        if change.verb is Verb.CREATE:
            return self._create(change)
        if change.ref is None:
            message = f"a {change.verb.value} without an account"
            raise NotFound(message, system=self._target)
        with self._store.held_still():  # nobody else writes between looking and writing
            entry = self._store.entry(change.ref)
            if entry is not None:
                held = _held(entry)
                self._before_image.require(change, held, hr_id=held.get(PERSON))
            elif change.verb in TAKE_AWAY:
                return Written(already=True, detail=GONE)
            changed = self._change(change, change.ref)
        return self._written(change.ref, already=not changed)

    def _change(self, change: Change, ref: str) -> bool:
        match change.verb:
            case Verb.UPDATE:
                return self._store.update(change.person, ref, change.after)
            case Verb.MOVE:
                return self._store.move(change.person, ref, str(change.after["container"]))
            case Verb.ENABLE | Verb.DISABLE:
                return self._store.switch(change.person, ref, enabled=change.verb is Verb.ENABLE)
            case Verb.GRANT:
                return self._store.grant(change.person, ref, str(change.after["permission"]))
            case Verb.REVOKE:
                return self._store.revoke(change.person, ref, str(change.before["permission"]))
            case Verb.DELETE:
                self._store.delete(change.person, ref)
                return True
            case Verb.RESTORE:
                return self._store.restore(change.person, ref)
            case _:  # a correlation writes nothing
                return False

    def _create(self, change: Change) -> Written:
        attributes = {name: value for name, value in change.after.items() if name != "container"}
        container = change.after.get("container")
        place = None if container is None else str(container)
        try:
            return self._written(self._store.create(change.person, attributes, container=place))
        except AlreadyExists:
            # Ours from a run that was cut short, or somebody else's: only the HR id tells.
            ref = self._ref_of(change)
            if ref is None:
                raise
            return self._written(ref, already=True)

    def _holds(self, change: Change) -> bool:
        """Whether the store is as the change wants it."""
        ref = self._ref_of(change)
        entry = self._store.entry(ref) if ref is not None else None
        if entry is None:
            return change.verb is Verb.DELETE
        match change.verb:
            case Verb.CREATE | Verb.RESTORE:
                return True
            case Verb.UPDATE:
                return all(
                    _in_order(entry.attributes.get(name, CLEAR)) == _in_order(value)
                    for name, value in change.after.items()
                )
            case Verb.MOVE:
                return entry.container == change.after["container"]
            case Verb.ENABLE | Verb.DISABLE:
                return entry.enabled is (change.verb is Verb.ENABLE)
            case Verb.GRANT:
                return ref in self._store.members(str(change.after["permission"]))
            case Verb.REVOKE:
                return ref not in self._store.members(str(change.before["permission"]))
            case _:
                return False

    def _ref_of(self, change: Change) -> str | None:
        """The account that a change is about, found by its HR id while nobody knows its ref."""
        refs = self._store.refs_of(change.person) if change.verb is Verb.CREATE else [change.ref]
        return refs[0] if len(refs) == 1 else None

    def _written(
        self, ref: str | None, *, already: bool = False, detail: str | None = None
    ) -> Written:
        entry = self._store.entry(ref) if ref is not None else None
        if entry is None:
            return Written(already=already, detail=detail)
        return Written(ref=ref, produced=entry.attributes, already=already, detail=detail)


def _held(entry: Entry) -> dict[str, Value]:
    return {**entry.attributes, "enabled": entry.enabled, "container": entry.container}


def _in_order(value: Value) -> Value:
    """Several values are a set: the store keeps them sorted."""
    return tuple(sorted(value)) if isinstance(value, tuple) else value
