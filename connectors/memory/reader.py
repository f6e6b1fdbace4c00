"""Reads the accounts of a store."""

from collections.abc import Iterator

import pandas as pd

from connectors.memory.manifest import PERSON
from connectors.memory.settings import MemorySettings
from connectors.memory.store import names_in, open_store
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.sdk.clock import now


class MemoryReader:
    """The accounts of a store.

    Args:
        settings: Names the store.
        target: Name of the target in the profile.

    Raises:
        ConfigError: The file of the store is not what it should be.
    """

    def __init__(self, settings: MemorySettings, target: str) -> None:
        """Open the store."""
        self._store, self._target = open_store(settings.name, settings.path), target

    def read(self) -> Accounts:
        """Every account and group of the store."""
        taken_at = now()
        entries = {
            ref: entry for ref in list(self._store.entries) if (entry := self._store.entry(ref))
        }
        groups = dict(self._store.groups)
        accounts = Accounts.from_records(
            target=self._target,
            records={
                ref: {
                    "person": entry.attributes.get(PERSON),
                    "enabled": entry.enabled,
                    "container": entry.container,
                    "label": entry.attributes.get("userName"),
                    "protected": entry.protected,
                }
                for ref, entry in entries.items()
            },
            attributes={ref: entry.attributes for ref, entry in entries.items()},
            taken_at=taken_at,
            grants=[(ref, key) for key, group in groups.items() for ref in sorted(group.members)],
            permissions={key: group.name for key, group in groups.items()},
            taken=names_in(entries),
        )
        grantable = pd.Series({key: group.grantable for key, group in groups.items()}, dtype=bool)
        accounts.permissions["grantable"] = grantable.reindex(accounts.permissions.index)
        return accounts

    def permissions(self) -> pd.DataFrame:
        """Every group of the store, as in `Accounts.permissions`."""
        groups = dict(self._store.groups)
        return pd.DataFrame(
            {
                "name": [group.name for group in groups.values()],
                "grantable": [group.grantable for group in groups.values()],
            },
            index=pd.Index(list(groups), dtype="str", name="permission"),
        ).astype({"name": "str", "grantable": bool})

    def check(self) -> Iterator[Finding]:
        """Say how many there are."""
        detail = f"{len(self._store.entries)} accounts, {len(self._store.groups)} groups"
        yield Finding(ok=True, subject=f"{self._target} in memory", detail=detail)

    def close(self) -> None:
        """Nothing to let go of."""
