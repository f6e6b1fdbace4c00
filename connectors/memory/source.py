"""Reads people from a store."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from connectors.memory.settings import MemorySettings
from connectors.memory.store import open_store
from connectors.model.connector import Finding
from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.sdk.clock import now


class MemorySource:
    """The people of a store.

    Args:
        settings: Names the store.

    Raises:
        ConfigError: The file of the store is not what it should be.
    """

    def __init__(self, settings: MemorySettings) -> None:
        """Open the store."""
        self._store = open_store(settings.name, settings.path)

    def read(self, *, as_of: date) -> People:
        """Everybody in the store.

        Raises:
            ConfigError: An unknown column, a missing key, a contract of nobody.
        """
        del as_of
        people = self._store.people
        try:
            return People(
                persons=pd.DataFrame(people.get("persons", [])),
                contracts=pd.DataFrame(people.get("contracts", [])),
                departments=pd.DataFrame(people.get("departments", [])),
                taken_at=now(),
            )
        except ValueError as error:
            raise ConfigError(str(error), key="people") from error

    def check(self) -> Iterator[Finding]:
        """Say how many there are."""
        count = len(self._store.people.get("persons", []))
        yield Finding(ok=True, subject="people in memory", detail=f"{count} persons")

    def close(self) -> None:
        """Nothing to let go of."""
