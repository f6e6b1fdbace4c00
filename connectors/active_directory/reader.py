"""Reads the domain: accounts below the base, groups and who is in them, names that are taken.

A full reading is two searches in pages, whatever the number of accounts; one that builds on an
earlier reading is a search for what changed. The connection refuses writes.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import pandas as pd

from connectors.active_directory.directory import Directory
from connectors.active_directory.domain import DomainOf
from connectors.active_directory.increment import Increment
from connectors.active_directory.rights import examine
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.shaping import GROUP_ATTRIBUTES, Shape, permissions_of
from connectors.active_directory.snapshot import Snapshot
from connectors.active_directory.whole import GROUPS, WholeReading
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.errors import Misconfigured, Refused, Transient, Unreachable

_T = TypeVar("_T")


class ActiveDirectoryReader:
    """Reads one domain.

    Args:
        settings: Where and what to read.
        target: Name of the target in the profile.
        directory: Bound as the account that reads, read-only.
    """

    def __init__(
        self, settings: ActiveDirectorySettings, target: str, directory: Directory
    ) -> None:
        """Remember the parts; nothing is read yet."""
        self._settings, self._target, self._directory = settings, target, directory
        self._shape = Shape(settings, target)
        self._domain = DomainOf(settings, target, directory)

    def read(self) -> Accounts:
        """Every account below `base_dn`, every group below `groups_base`, every name in the domain.

        The attributes of accounts have a column for each attribute that was asked for, also where
        no account has it: a column that is missing was not read.

        Raises:
            Fatal: The directory could not be read.
        """
        return self._entire(self._whole().read).to_accounts(self._target)

    def read_since(self, kept: bytes | None) -> tuple[Accounts, bytes | None]:
        """The same, by way of what an earlier reading kept; see `ReadsChanges`.

        Raises:
            Fatal: The directory could not be read.
        """
        earlier = Snapshot.from_bytes(kept) if kept is not None else None
        found = None
        if earlier is not None:
            increment = Increment(earlier, self._shape, self._domain, self._directory)
            found = self._entire(increment.read)
        content: bytes | None
        if found is not None:
            content = found.to_bytes()
        else:
            whole = self._whole()
            found = self._entire(lambda: whole.read(to_keep=True))
            content = found.to_bytes() if whole.can_be_kept else None
        return found.to_accounts(self._target), content

    def permissions(self) -> pd.DataFrame:
        """Every group below `groups_base`, without its members: as in `Accounts.permissions`.

        Raises:
            Fatal: The directory could not be read.
        """
        base = self._settings.groups_base or self._settings.base_dn
        return permissions_of(
            self._entire(lambda: self._domain.search(base, GROUPS, GROUP_ATTRIBUTES))
        )

    def check(self) -> Iterable[Finding]:
        """Sign in, look at base, containers, groups and rights; nothing is written."""
        return examine(self._settings, self._domain, self._directory, self._entire)

    def close(self) -> None:
        """Close the connections."""
        self._directory.close()

    def _whole(self) -> WholeReading:
        return WholeReading(self._shape, self._domain)

    def _entire(self, read: Callable[[], _T]) -> _T:
        """Everything or nothing: what stops one change elsewhere stops a reading as a whole."""
        try:
            return read()
        except Transient as error:
            message = f"{error.message} (2 attempts)"
            raise Unreachable(message, system=self._target, operation=error.operation) from error
        except Refused as error:
            raise Misconfigured(
                error.message,
                system=self._target,
                operation=error.operation,
                hint=error.hint,
                code=error.code,
            ) from error
