"""Readers of the two targets: one bulk reading of the users GetConnector, which they share.

The GetConnector shows persons whose contract lies within three months of today: a leaver of long
ago is *not visible*, which is not the same as gone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import pandas as pd

from connectors.afas.check import check_target
from connectors.afas.client import AfasClient
from connectors.afas.frames import wire_frame
from connectors.afas.mapping import (
    BLOCKED,
    EMPLOYEE_KEY,
    LABEL,
    PERSON_KEY,
    USER_KEY,
)
from connectors.afas.pages import Row
from connectors.afas.settings import EmployeeSettings, TargetSettings, UserSettings
from connectors.model.accounts import Accounts
from connectors.model.connector import Finding, Once
from connectors.model.manifest import ADDRESS
from connectors.model.texts import TEXT_DTYPE, as_texts, without_blanks
from connectors.sdk.clock import now

TWIN: Final = "#"
"""Separates a native id from a number when AFAS gives several rows for it: `1000123#2`."""
NO_PRIVATE_MAIL: Final = "no private mail in AFAS: the last payslip would have no address"
PRESENCE: Final = "private mail"
"""Column of our own that says whether there is one; what it is goes no further than the row."""


class _Reader:
    """Reads the users GetConnector and gives one account per row.

    Args:
        settings: Of the target.
        target: Its name in the profile.
        key: Attribute that is the native id.
        addresses: Attributes that hold addresses.
        through: UpdateConnectors that `check` looks for; the first takes the mapped fields.
        once: Readings of this run, shared with other readers.
    """

    def __init__(
        self,
        settings: TargetSettings,
        target: str,
        *,
        key: str,
        addresses: tuple[str, ...],
        through: tuple[str, ...],
        once: Once | None,
    ) -> None:
        self._settings, self._target = settings, target
        self._key, self._addresses, self._once = key, addresses, once
        self._update_connector, *self._also_through = through
        self._columns = settings.readable
        self._client = AfasClient(settings, read_only=True)

    def read(self) -> Accounts:
        """Every row with the native id; two rows for one id become two accounts of one person.

        Raises:
            Misconfigured: The GetConnector or one of its fields is missing.
            Fatal: AFAS could not be read; nothing partial is returned.
        """
        taken_at, rows = self._reading()
        frame = self._frame(rows)
        holders = frame[self._key].fillna("person " + frame[PERSON_KEY].astype("str"))
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
                    "protected": self._protected(own),
                    "keep": self._keep(own),
                },
                index=own.index,
            ),
            attributes=own.drop(columns=[LABEL, BLOCKED, PRESENCE], errors="ignore"),
            taken=pd.concat(taken, ignore_index=True).dropna(subset="value").drop_duplicates(),
            without_account=self._without_account(frame),
            taken_at=taken_at,
        )

    def check(self) -> Iterable[Finding]:
        """Whether AFAS answers, the token is known, and every connector and field is there."""
        return check_target(
            self._client,
            self._settings,
            get_connectors=self._get_connectors(),
            update_connector=self._update_connector,
            also_through=self._also_through,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _reading(self) -> tuple[datetime, list[Row]]:
        """When reading began and all rows, from AFAS or from another reader of this run."""
        connector = self._settings.get_connectors.users
        order_by = [self._columns[EMPLOYEE_KEY], self._columns[PERSON_KEY]]

        def read() -> tuple[datetime, list[Row]]:
            begun, columns = now(), len(self._columns)
            return begun, self._client.get_rows(connector, order_by=order_by, columns=columns)

        if self._once is None:
            return read()
        reach = (self._settings.base_url, self._settings.token.get_secret_value())
        return self._once.get(("afas", *reach, connector, *order_by), read)

    def _frame(self, rows: list[Row]) -> pd.DataFrame:
        """All rows under the names of the update fields: text, booleans, None."""
        wire = wire_frame(self._settings.get_connectors.users, rows, self._wanted())
        named = {name: _plain(wire[field]) for name, field in self._wanted().items()}
        return pd.DataFrame(named, index=wire.index, copy=False)

    def _wanted(self) -> dict[str, str]:
        """Every field that is looked at, by our name."""
        return self._columns

    def _enabled(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        """Whether the person can sign in; None where the record knows no such state."""
        return None

    def _protected(self, own: pd.DataFrame) -> "pd.Series[bool]":
        """Which records nobody may touch: those that AFAS shows for several employees.

        Whose they are nobody can tell, and under the name that sets them apart AFAS knows none.
        """
        if own[self._key].is_unique:
            return pd.Series(False, index=own.index)  # noqa: FBT003
        return own.groupby(self._key)[EMPLOYEE_KEY].transform("nunique") > 1

    def _keep(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        """Why a record must not be cleared; None where nothing ever speaks against it."""
        return None

    def _without_account(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Rows without an account that one could be made for."""
        return None

    def _get_connectors(self) -> dict[str, set[str]]:
        """GetConnector -> fields that it must have."""
        return {self._settings.get_connectors.users: set(self._wanted().values())}


class EmployeeReader(_Reader):
    """Reads employees: native id and correlation attribute are both `Medewerker`."""

    def __init__(self, settings: EmployeeSettings, target: str, once: Once | None = None) -> None:
        """Open a read-only client."""
        payslips = settings.payslips_to_private_mail
        through = [settings.update_through, *(["KnEmployee"] if payslips else [])]
        super().__init__(
            settings,
            target,
            key=EMPLOYEE_KEY,
            addresses=("EmAd",),
            through=tuple(dict.fromkeys(through)),
            once=once,
        )
        self._private_mail = settings.private_mail_column if payslips else None

    def _wanted(self) -> dict[str, str]:
        if self._private_mail is None:
            return self._columns
        return {**self._columns, PRESENCE: self._private_mail}

    def _frame(self, rows: list[Row]) -> pd.DataFrame:
        frame = super()._frame(rows)
        if self._private_mail is not None:
            frame[PRESENCE] = frame[PRESENCE].notna()
        return frame

    def _keep(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        if PRESENCE not in own:
            return None
        return own[PRESENCE].map({True: None, False: NO_PRIVATE_MAIL})


class UserReader(_Reader):
    """Reads the users of persons: native id `Gebruiker`, correlation attribute `Medewerker`."""

    def __init__(self, settings: UserSettings, target: str, once: Once | None = None) -> None:
        """Open a read-only client."""
        super().__init__(
            settings,
            target,
            key=USER_KEY,
            addresses=("Upn", "EmAd"),
            through=("KnUser",),
            once=once,
        )
        self._creates, self._describes = settings.create_user, settings.send_description

    def _enabled(self, own: pd.DataFrame) -> "pd.Series[Any] | None":
        return ~own[BLOCKED].astype("boolean")

    def _without_account(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        without = frame[frame[USER_KEY].isna() & frame[EMPLOYEE_KEY].notna()]
        return pd.DataFrame(
            {"person": without[EMPLOYEE_KEY], PERSON_KEY: without[PERSON_KEY]}, index=without.index
        )

    def _get_connectors(self) -> dict[str, set[str]]:
        wanted = super()._get_connectors()
        if self._creates or self._describes:
            fields = {"UserId"}
            fields |= {"PersonId"} if self._creates else set()
            fields |= {"Description"} if self._describes else set()
            wanted[self._settings.get_connectors.profit_users] = fields
        return wanted


def _plain(column: "pd.Series[Any]") -> Any:
    """Booleans as booleans, everything else as text, nothing as NA; for a frame to be made of."""
    kinds = set(map(type, column.to_numpy()))
    if bool in kinds and kinds <= {bool, type(None)}:
        return column.to_numpy()
    return pd.array(without_blanks(as_texts(column)), dtype=TEXT_DTYPE)


def _apart(keys: "pd.Series[str]") -> list[str]:
    """Keys made unique, so that the planner sees all: the second row of 1000123 is `1000123#2`."""
    if keys.is_unique:
        return list(keys)
    place = keys.groupby(keys).cumcount()
    return list(keys.where(place == 0, keys + TWIN + (place + 1).astype("str")))
