"""Whose account is whose, and what we granted: kept from receipts, and from nothing else."""

from typing import Final

import pandas as pd
from sqlalchemy import Table, select

from connectors.ledger.store import Store
from connectors.ledger.tables import grants as grants_table
from connectors.ledger.tables import links as links_table

SECONDS: Final = len("2026-11-23T09:30:00")
FRACTION: Final = len(".000000")
"""How an instant is stored: see `tables.stamp`."""


class Links(Store):
    """The part of the ledger that knows links and grants."""

    def links(self, profile: str) -> pd.DataFrame:
        """Which account belongs to whom.

        Returns:
            Columns `target`, `person`, `ref` (native id), `how` (`created` or `correlated`),
            `since` (ISO 8601, UTC), all str. Sorted by and unique in `target`, `person`; also
            unique in `target`, `ref`. RangeIndex.
        """
        return self._frame(links_table, profile, by=["target", "person"])

    def grants(self, profile: str) -> pd.DataFrame:
        """What we granted, and may therefore take back.

        Returns:
            Columns `target`, `person`, `permission` (native id), `since` (ISO 8601, UTC), all str.
            Sorted by and unique in the first three. RangeIndex.
        """
        return self._frame(grants_table, profile, by=["target", "person", "permission"])

    def _frame(self, table: Table, profile: str, *, by: list[str]) -> pd.DataFrame:
        columns = [column for column in table.columns if column.name != "profile"]
        statement = select(*columns).where(table.c.profile == profile)
        frame = self._texts(statement, by=[table.c[name] for name in by])
        # As it is stored, less the microseconds: nothing here is worth half a million dates.
        since = frame["since"].str
        return frame.assign(since=since.slice(0, SECONDS) + since.slice(SECONDS + FRACTION))
