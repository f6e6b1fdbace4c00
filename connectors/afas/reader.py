"""Readers of the two targets: one bulk reading of the users GetConnector each.

The GetConnector shows persons whose contract lies within three months of today: a leaver of long
ago is *not visible*, which is not the same as gone.
"""

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from connectors.afas.check import check_target
from connectors.afas.client import AfasClient
from connectors.afas.frames import wire_frame
from connectors.afas.mapping import BLOCKED, EMPLOYEE_KEY, LABEL, USER_KEY
from connectors.afas.settings import EmployeeSettings, TargetSettings, UserSettings
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.manifest import ADDRESS
from connectors.sdk.clock import now

TWIN: Final = "#"
"""Separates a native id from a number when AFAS gives several rows for it: `1000123#2`."""


class _Reader:
    """Reads the users GetConnector and gives one account per row.

    Args:
        settings: Of the target.
        target: Its name in the profile.
        key: Attribute that is the native id.
        addresses: Attributes that hold addresses.
        update_connector: The one that `check` looks for.
    """

    def __init__(
        self,
        settings: TargetSettings,
        target: str,
        *,
        key: str,
        addresses: tuple[str, ...],
        update_connector: str,
    ) -> None:
        self._settings, self._target = settings, target
        self._key, self._addresses, self._update_connector = key, addresses, update_connector
        self._columns = settings.readable
        self._client = AfasClient(settings, read_only=True)

    def read(self) -> Accounts:
        """Every row with the native id; two rows for one id become two accounts of one person.

        Raises:
            Misconfigured: The GetConnector or one of its fields is missing.
            Fatal: AFAS could not be read; nothing partial is returned.
        """
        taken_at = now()
        frame = self._rows()
        holders = frame[self._key].fillna("person " + frame["BcCo"].astype("str"))
        taken = [
            pd.DataFrame({"space": ADDRESS, "value": frame[name].str.casefold(), "ref": holders})
            for name in self._addresses
        ]
        own = frame[frame[self._key].notna()]
        own = own.set_axis(pd.Index(_apart(own[self._key]), name="ref"))
        return Accounts(
            target=self._target,
            accounts=pd.DataFrame(
                {
                    "person": own[EMPLOYEE_KEY],
                    "enabled": self._enabled(own),
                    "container": None,
                    "label": own[LABEL],
                    "protected": False,
                },
                index=own.index,
            ),
            attributes=own.drop(columns=[LABEL, BLOCKED], errors="ignore"),
            taken=pd.concat(taken, ignore_index=True).dropna(subset="value").drop_duplicates(),
            taken_at=taken_at,
        )

    def check(self) -> Iterable[Finding]:
        """Whether AFAS answers, the token is known, and every connector and field is there."""
        users = self._settings.get_connectors.users
        return check_target(
            self._client,
            self._settings,
            get_connectors={users: set(self._columns.values())},
            update_connector=self._update_connector,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _rows(self) -> pd.DataFrame:
        """All rows under the names of the update fields: text, booleans, None."""
        connector = self._settings.get_connectors.users
        order_by = [self._columns[EMPLOYEE_KEY], self._columns["BcCo"]]
        rows = self._client.get_rows(connector, order_by=order_by, columns=len(self._columns))
        wire = wire_frame(connector, rows, self._columns)
        named = {name: _plain(wire[field]) for name, field in self._columns.items()}
        return pd.DataFrame(named, index=wire.index)

    def _enabled(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        """Whether the person can sign in; None where the record knows no such state."""
        return None


class EmployeeReader(_Reader):
    """Reads employees: native id and correlation attribute are both `Medewerker`."""

    def __init__(self, settings: EmployeeSettings, target: str) -> None:
        """Open a read-only client."""
        super().__init__(
            settings,
            target,
            key=EMPLOYEE_KEY,
            addresses=("EmAd",),
            update_connector=settings.update_through,
        )


class UserReader(_Reader):
    """Reads the users of persons: native id `Gebruiker`, correlation attribute `Medewerker`."""

    def __init__(self, settings: UserSettings, target: str) -> None:
        """Open a read-only client."""
        super().__init__(
            settings,
            target,
            key=USER_KEY,
            addresses=("Upn", "EmAd"),
            update_connector="KnUser",
        )

    def _enabled(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        return ~own[BLOCKED].astype("boolean")


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Booleans as booleans, everything else as text, nothing as NA."""
    kinds = set(column.map(type))
    if bool in kinds and kinds <= {bool, type(None)}:
        return column
    text = column.astype("str")
    return text.mask(text == "")


def _apart(keys: "pd.Series[str]") -> list[str]:
    """Keys made unique, so that the planner sees all: the second row of 1000123 is `1000123#2`."""
    place = keys.groupby(keys).cumcount()
    return list(keys.where(place == 0, keys + TWIN + (place + 1).astype("str")))
