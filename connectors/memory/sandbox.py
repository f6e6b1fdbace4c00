"""A store with invented people and a few groups, under a name of its own."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from connectors.memory.saving import save_store
from connectors.memory.store import STORES, Store, open_store
from connectors.model.connector import SandboxOptions
from connectors.sdk.clock import now
from connectors.sdk.invent import invent

GROUPS: Final = {
    "g-1": {"name": "G-All-Staff"},
    "g-2": {"name": "G-Care-Staff"},
    "g-3": {"name": "G-Finance"},
    "g-4": {"name": "G-Chosen-By-Itself", "grantable": False},
}

_numbers = itertools.count(1)


class MemorySandbox:
    """A running store.

    Attributes:
        name: Its name among the stores of this process.
        store: The store itself, to look into and to trouble.
    """

    def __init__(self, name: str, store: Store, path: Path | None) -> None:
        """Keep the parts."""
        self.name, self.store, self._path = name, store, path

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector finds the store."""
        return {"name": self.name, **({"path": str(self._path)} if self._path else {})}

    def close(self) -> None:
        """Forget the store."""
        STORES.pop(self.name, None)


@contextmanager
def serve(options: SandboxOptions) -> Iterator[MemorySandbox]:
    """Fill a store with invented people and groups, or with the JSON content of `data`."""
    name = f"sandbox-{next(_numbers)}"
    if options.state is not None and options.state.exists():
        store = open_store(name, options.state)
    elif options.data is not None:
        store = open_store(name, options.data)
    else:
        people = invent(options.people, options.seed, now().date())
        tables = {
            "persons": _rows(people.persons),
            "contracts": _rows(people.contracts),
            "departments": _rows(people.departments),
        }
        store = Store({"groups": GROUPS, "people": tables})
        STORES[name] = store
    if options.state is not None:
        save_store(store, options.state)
    sandbox = MemorySandbox(name, store, options.state)
    try:
        yield sandbox
    finally:
        sandbox.close()


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
