"""The in-memory connector under the laws."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from connectors.memory import CONNECTORS
from connectors.memory.manifest import PERSON
from connectors.memory.sandbox import serve
from connectors.memory.store import Store
from connectors.model.connector import SandboxOptions
from connectors.model.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    NotFound,
    Unauthorized,
    Unavailable,
)
from connectors.model.values import Value
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject
from connectors.sdk.trouble import Trouble

PEOPLE: Final = 25
ERRORS: Final[dict[Trouble, type[ConnectorError]]] = {
    Trouble.UNAUTHORIZED: Unauthorized,
    Trouble.FORBIDDEN: Forbidden,
    Trouble.NOT_FOUND: NotFound,
    Trouble.CONFLICT: Conflict,
    Trouble.BROKEN: Unavailable,
    Trouble.CUT: Unavailable,
}
"""What the store raises for a trouble of its writers."""
NEVER: Final = "A store in this process is read without a request that could fail."
CANNOT: Final = {
    "slow down": "A store in this process has no quota.",
    "slow down, unsaid": "A store in this process has no quota.",
    "busy": "A store in this process is never overloaded.",
    "repeated page": "A store is read in one piece.",
    "page_size": "A store is read in one piece.",
    "secrets": "A store in this process asks for no credentials.",
    "endpoint": "There is no network between us and a store in this process.",
    "what is so already is not sent again": "The store itself says what was so: nothing travels.",
    "a reading that is refused stops the target": NEVER,
    "a reading outlives trouble that passes": NEVER,
    "a reading that never succeeds ends and gives nothing": NEVER,
}


@contextmanager
def subject() -> Iterator[Subject]:
    """A store with people and groups and no account."""
    with serve(SandboxOptions(people=PEOPLE)) as sandbox:
        yield Subject(
            connector=CONNECTORS[0],
            settings=sandbox.settings,
            content=lambda: json.dumps(sandbox.store.content()).encode(),
            people=PEOPLE,
            persons=("1000001", "1000002"),
            odd_persons=ODD_IDS,
            create=_create,
            update={
                "displayName": "O'Brien (née Weiß)",
                "aliases": ("b@example.org", "a@example.org"),
            },
            rename={
                "userName": "renamed",
                "commonName": "Bo Jansen",
                "mail": "renamed@example.org",
                "aliases": ("1000001@example.org",),
            },
            free_text=("displayName", "title"),
            unsupported={"shoeSize": "44"},
            container="staff",
            permission="g-2",
            missing_ref="m-999999",
            faults=StoreFaults(sandbox.store),
            cannot=CANNOT,
        )


class StoreFaults:
    """Trouble of a store, in the words of the laws.

    Args:
        store: The one that has it.
    """

    def __init__(self, store: Store) -> None:
        """Look at the store."""
        self._store = store

    @property
    def kinds(self) -> Collection[Trouble]:
        """What a store can do to its writers."""
        return {*ERRORS, Trouble.LOST}

    @property
    def writes(self) -> int:
        """Changes that have reached the store."""
        return sum(self._store.calls.values())

    def order(
        self, trouble: Trouble, *, writing: bool, times: int = 1, skip: int = 0, seconds: int = 1
    ) -> None:
        """Let the next changes meet trouble; readings never do."""
        if not writing:
            return
        if trouble is Trouble.LOST:
            self._store.trouble.lose_answer(times=times, skip=skip)
        else:
            self._store.trouble.meet(ERRORS[trouble], times=times, skip=skip)

    def heal(self) -> None:
        """No more trouble."""
        self._store.trouble.clear()


def _create(person: str) -> dict[str, Value]:
    name = plain(person)
    return {
        PERSON: person,
        "userName": f"u{name}",
        "commonName": f"Person {name}",
        "mail": f"{name}@example.org",
        "displayName": "Ольга",
        "container": "new",
    }


SUBJECTS: Final = {"memory": subject}
