"""Reading the GetConnectors of one import side by side: all of them, or none."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final

import pandas as pd

from connectors.afas.client import AfasClient
from connectors.afas.connection import MAX_PARALLEL
from connectors.afas.frames import require_unique, typed_frame
from connectors.afas.mapping import COLUMNS, DATES, FLAGS, NUMBERS, ORDER
from connectors.afas.pages import Row, unmoved
from connectors.afas.query import Filter
from connectors.afas.settings import SourceSettings
from connectors.model.errors import Fatal
from connectors.model.people import CUSTOM

KEYS: Final = {
    "users": "external_id",
    "employments": "employment_id",
    "positions": "position_id",
    "organizational_units": "external_id",
    "groups": "group_id",
}
"""Kind of GetConnector -> the field of ours that no two rows share."""


class Stopped(Fatal):
    """Another GetConnector broke, so this one need not be read to its end."""


class Gathering:
    """One reading of everything that an import needs.

    Args:
        client: Read-only.
        settings: Of the source.
        windows: Which rows to ask for, by kind of GetConnector.
    """

    def __init__(
        self, client: AfasClient, settings: SourceSettings, windows: Mapping[str, Filter]
    ) -> None:
        """Keep the parts; nothing is read yet."""
        self._client, self._settings, self._windows = client, settings, windows
        self._broken = threading.Event()

    def read(self) -> dict[str, pd.DataFrame]:
        """Every GetConnector under our names, by its kind.

        Raises:
            Fatal: Why the first of them broke. The others stop before their next page.
        """
        kinds = self._settings.kinds
        with ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix="afas") as pool:
            readings = {kind: pool.submit(self._read, kind) for kind in kinds}
            try:
                wait(readings.values())
            except BaseException:  # somebody pressed Ctrl-C: do not read on to the end first
                self._broken.set()
                raise
        failures = [failure for one in readings.values() if (failure := one.exception())]
        if failures:
            raise min(failures, key=lambda failure: isinstance(failure, Stopped))
        return {kind: reading.result() for kind, reading in readings.items()}

    def _read(self, kind: str) -> pd.DataFrame:
        try:
            return unmoved(lambda: self._frame(kind))
        except BaseException:
            self._broken.set()
            raise

    def _frame(self, kind: str) -> pd.DataFrame:
        """One GetConnector: text, days, numbers; NA where AFAS has nothing."""
        connector: str = getattr(self._settings.get_connectors, kind)
        columns = self._settings.columns(kind)
        frame = typed_frame(
            connector, self._pages(kind), columns, dates=DATES, numbers=NUMBERS, flags=FLAGS
        )
        if kind in KEYS:
            require_unique(connector, columns, frame, KEYS[kind])
        unread = [name for name in COLUMNS[kind] if name not in columns and CUSTOM not in name]
        return frame.assign(**{name: _nothing(name, len(frame)) for name in unread})

    def _pages(self, kind: str) -> Iterator[list[Row]]:
        columns = self._settings.columns(kind)
        pages = self._client.get_pages(
            getattr(self._settings.get_connectors, kind),
            order_by=[columns[name] for name in ORDER[kind]],
            columns=len(columns),
            where=self._windows.get(kind, ()),
        )
        for page in pages:
            if self._broken.is_set():
                raise Stopped("another GetConnector broke", system="afas")
            yield page


def _nothing(name: str, rows: int) -> "pd.Series[Any]":
    return pd.Series([None] * rows, dtype="float64" if name in NUMBERS else "str")
