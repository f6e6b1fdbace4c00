"""Reads one tenant; the connection lets reading requests through and no others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import pandas as pd

from connectors.entra_id.changes import ChangeReader
from connectors.entra_id.check import findings
from connectors.entra_id.content import ContentReader
from connectors.entra_id.frames import accounts_of, permissions_of
from connectors.entra_id.graph import Graph
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.errors import Misconfigured, Refused
from connectors.sdk.clock import now

_T = TypeVar("_T")


class EntraIdReader:
    """Reads one tenant.

    Args:
        settings: Where and what to read.
        target: Name of the target in the profile.

    Raises:
        ConfigError: A certificate cannot be read.
    """

    def __init__(self, settings: EntraIdSettings, target: str) -> None:
        """Prepare the connection; nothing is read yet."""
        self._settings, self._target = settings, target
        self._graph = Graph(settings, target, read_only=True)
        self._content = ContentReader(settings, self._graph)
        self._changes = ChangeReader(settings, self._graph, self._content)

    def read(self) -> Accounts:
        """Every user of the tenant, groups and who is in them, licences, addresses in use.

        Lists in pages; the members of a group that can be granted take a request each.

        Raises:
            Fatal: The tenant could not be read.
        """
        taken_at = now()
        content = _whole(self._content.everything)
        return accounts_of(content, self._settings, target=self._target, taken_at=taken_at)

    def read_since(self, kept: bytes | None) -> tuple[Accounts, bytes | None]:
        """The same by delta queries: see `connectors.model.connector.ReadsChanges`.

        Raises:
            Fatal: The tenant could not be read.
        """
        taken_at = now()
        content, state = _whole(lambda: self._changes.read(kept))
        found = accounts_of(content, self._settings, target=self._target, taken_at=taken_at)
        return found, state

    def permissions(self) -> pd.DataFrame:
        """Groups and licences, without who has them: as in `Accounts.permissions`.

        Raises:
            Fatal: The tenant could not be read.
        """
        groups = _whole(self._content.groups)
        found = permissions_of(groups.values(), _whole(self._content.skus), self._settings)
        return found[["name", "grantable"]]

    def check(self) -> Iterable[Finding]:
        """Look, read-only, whether a run could work."""
        return findings(self._settings, self._graph, self._content)

    def close(self) -> None:
        """Close the connections."""
        self._graph.close()


def _whole(read: Callable[[], _T]) -> _T:
    """Everything or nothing: what stops one change elsewhere stops a reading as a whole."""
    try:
        return read()
    except Refused as error:
        raise Misconfigured(
            error.message,
            system=error.system,
            operation=error.operation,
            code=error.code,
            reference=error.reference,
            hint=error.hint or "Check extra_attributes, and the names that the mapping uses.",
        ) from error
