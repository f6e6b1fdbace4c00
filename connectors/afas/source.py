"""The source: four GetConnectors become people, complete or not at all.

Columns all the way. Joins and keys follow Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit
(persons.ps1, departments.ps1) without its traps: see `contracts.py`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import pandas as pd

from connectors.afas.check import check_source
from connectors.afas.client import AfasClient
from connectors.afas.contracts import join_contracts, without_cycles
from connectors.afas.frames import days, numbers, require_unique, text_frame
from connectors.afas.mapping import (
    CONVENTIONS,
    EMPLOYMENT_COLUMNS,
    ORDER,
    REQUIRED_OF_CONTRACT,
    REQUIRED_OF_PERSON,
)
from connectors.afas.settings import SourceSettings
from connectors.model.connector import Finding
from connectors.model.errors import BrokenSource
from connectors.model.people import (
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    CUSTOM,
    DEPARTMENT_TEXT,
    INVALID,
    NO_CONTRACT,
    People,
)
from connectors.sdk.clock import now

KEYS: Final = {
    "users": "external_id",
    "employments": "employment_id",
    "positions": "position_id",
    "organizational_units": "external_id",
}
DATES: Final = ("line_start", "line_end", "contract_start", "contract_end")
CONTRACT_COLUMNS: Final = (*CONTRACT_TEXT, "start_date", "end_date", *CONTRACT_NUMBERS)
LABELS: Final = {
    "nick_name": "nick name",
    "family_name": "family name",
    "external_id": "key",
    "start_date": "start date",
    "department_id": "department",
    "title_id": "job title",
}


class AfasSource:
    """Reads everybody whose contract touches the window of the GetConnectors: today ± 3 months."""

    def __init__(self, settings: SourceSettings) -> None:
        """Open a read-only client."""
        self._settings = settings
        self._client = AfasClient(settings, read_only=True)

    def read(self, *, as_of: date) -> People:
        """Everybody whom the GetConnectors show; their window follows AFAS's today, not `as_of`.

        Raises:
            BrokenSource: A page is broken, a key stands twice, a date is none.
            Misconfigured: A GetConnector or one of its fields is missing.
            Fatal: AFAS could not be read.
        """
        taken_at = now()
        users = self._read("users")
        employments = self._read("employments")
        positions = self._read("positions") if self._settings.positions == "use" else None
        units = self._read("organizational_units")
        contracts = join_contracts(employments, positions, dates=self._settings.contract_dates)
        blocked = self._blocked(users, contracts)
        left_out = users["external_id"].isna() | users["external_id"].isin(blocked["external_id"])
        persons = users[~left_out]
        persons = persons.assign(convention=persons["convention"].map(CONVENTIONS).fillna("B"))
        contracts = contracts[contracts["person_id"].isin(persons["external_id"])]
        return People(
            persons=persons,
            contracts=contracts[_wanted(contracts, CONTRACT_COLUMNS)],
            departments=without_cycles(units)[list(DEPARTMENT_TEXT)],
            blocked=blocked,
            taken_at=taken_at,
        )

    def check(self) -> Iterable[Finding]:
        """Whether AFAS answers, the token is known, and every connector and field is there."""
        return check_source(self._client, self._settings)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read(self, kind: str) -> pd.DataFrame:
        """One GetConnector under our names: text, days and numbers; NA where AFAS has nothing."""
        connector: str = getattr(self._settings.get_connectors, kind)
        columns = self._settings.columns(kind)
        order_by = [columns[name] for name in ORDER[kind]]
        rows = self._client.get_rows(connector, order_by=order_by, columns=len(columns))
        frame = text_frame(connector, rows, columns)
        require_unique(connector, columns, frame, KEYS[kind])
        for name in frame.columns.intersection(list(DATES)):
            frame[name] = days(connector, columns, frame, name)
        for name in frame.columns.intersection(list(CONTRACT_NUMBERS)):
            frame[name] = numbers(connector, columns, frame, name)
        return frame

    def _blocked(self, users: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
        """Who stays out of the snapshot and why: `external_id`, `code`, `reason`, a row per person.

        Raises:
            BrokenSource: An employment belongs to nobody.
        """
        names, columns = self._settings.get_connectors, self._settings.columns("users")
        if contracts["person_id"].isna().any():
            key = contracts.loc[contracts["person_id"].isna(), "employment_id"].iloc[0]
            message = f"employment {key} has no {EMPLOYMENT_COLUMNS['person_id']}"
            raise BrokenSource(message, system="afas", operation=f"GET {names.employments}")
        employed = users["external_id"].isin(contracts["person_id"])
        no_number = users["external_id"].isna()
        reasons = [_reasons(users, "person_number", no_number, "no employee number")]
        if self._settings.drop_persons_without_contracts:
            reasons.append(
                _reasons(users, "external_id", ~employed, "no employment", code=NO_CONTRACT)
            )
            users = users[employed]
        for name in REQUIRED_OF_PERSON:
            lacks = f"no {LABELS[name]} ({columns[name]})"
            reasons.append(_reasons(users, "external_id", users[name].isna(), lacks))
        for name in REQUIRED_OF_CONTRACT:
            key = contracts["external_id"].fillna("without key")
            said = "contract " + key + f": no {LABELS[name]}"
            reasons.append(_reasons(contracts, "person_id", contracts[name].isna(), said))
        unseen = ~contracts["person_id"].isin(users["external_id"])
        alone = f"an employment, but no row in {names.users}"
        reasons.append(_reasons(contracts, "person_id", unseen, alone))
        found = pd.concat(reasons, ignore_index=True).drop_duplicates()
        return found.groupby(["external_id", "code"], as_index=False).agg({"reason": "; ".join})


def _reasons(
    frame: pd.DataFrame,
    key: str,
    holds: "pd.Series[bool]",
    reason: "str | pd.Series[str]",
    *,
    code: str = INVALID,
) -> pd.DataFrame:
    """The reason for everybody for whom it holds and who has the key."""
    lines = pd.DataFrame({"external_id": frame[key], "code": code, "reason": reason})
    return lines[holds & lines["external_id"].notna()].astype("str")


def _wanted(frame: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in frame.columns if name in names or str(name).startswith(CUSTOM)]
