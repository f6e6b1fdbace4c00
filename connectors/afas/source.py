"""The source: GetConnectors become people, complete or not at all.

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
from connectors.afas.gather import Gathering
from connectors.afas.groups import with_groups
from connectors.afas.mapping import CONVENTIONS, REQUIRED_OF_CONTRACT, REQUIRED_OF_PERSON
from connectors.afas.settings import SourceSettings
from connectors.afas.window import windows
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
from connectors.model.texts import is_among
from connectors.sdk.clock import now

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

        The GetConnectors are read side by side. When one of them breaks, the others stop.

        Raises:
            BrokenSource: A page is broken, rows keep moving, a key stands twice, a date is none.
            Misconfigured: A GetConnector or one of its fields is missing.
            Fatal: AFAS could not be read.
        """
        taken_at = now()
        settings = self._settings
        read = Gathering(self._client, settings, windows(settings, taken_at)).read()
        users = read["users"]
        if settings.read_groups:
            users = with_groups(users, read["groups"], read["user_groups"])
        contracts = join_contracts(
            read["employments"], read.get("positions"), dates=settings.contract_dates
        )
        blocked = self._blocked(users, contracts)
        left_out = users["external_id"].isna()
        left_out |= is_among(users["external_id"], blocked["external_id"])
        persons = users[~left_out]
        persons = persons.assign(convention=persons["convention"].map(CONVENTIONS).fillna("B"))
        contracts = contracts[is_among(contracts["person_id"], persons["external_id"])]
        return People(
            persons=persons,
            contracts=contracts[_wanted(contracts, CONTRACT_COLUMNS)],
            departments=without_cycles(read["organizational_units"])[list(DEPARTMENT_TEXT)],
            blocked=blocked,
            taken_at=taken_at,
            keys=settings.key_fields,
        )

    def check(self) -> Iterable[Finding]:
        """Whether AFAS answers, the token is known, and every connector and field is there."""
        return check_source(self._client, self._settings)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _blocked(self, users: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
        """Who stays out of the snapshot and why: `external_id`, `code`, `reason`, a row per person.

        Raises:
            BrokenSource: An employment belongs to nobody.
        """
        names, columns = self._settings.get_connectors, self._settings.columns("users")
        if contracts["person_id"].isna().any():
            key = contracts.loc[contracts["person_id"].isna(), "employment_id"].iloc[0]
            field = self._settings.columns("employments")["person_id"]
            message = f"employment {key} has no {field}"
            raise BrokenSource(message, system="afas", operation=f"GET {names.employments}")
        employed = is_among(users["external_id"], contracts["person_id"])
        nameless = users[users["external_id"].isna()]
        # Not the number alone: an employee may have the same one.
        reasons = [_reasons("person " + nameless["person_number"], "no employee number")]
        if self._settings.drop_persons_without_contracts:
            reasons.append(
                _reasons(users.loc[~employed, "external_id"], "no employment", code=NO_CONTRACT)
            )
            users = users[employed]
        for name in REQUIRED_OF_PERSON:
            lacks = users.loc[users[name].isna(), "external_id"]
            reasons.append(_reasons(lacks, f"no {LABELS[name]} ({columns[name]})"))
        for name in REQUIRED_OF_CONTRACT:
            lacking = contracts[contracts[name].isna()]
            key = lacking["external_id"].fillna("without key")
            said = "contract " + key + f": no {LABELS[name]}"
            reasons.append(_reasons(lacking["person_id"], said))
        seen = is_among(contracts["person_id"], users["external_id"])
        alone = f"an employment, but no row in {names.users}"
        reasons.append(_reasons(contracts.loc[~seen, "person_id"], alone))
        found = pd.concat(reasons, ignore_index=True).drop_duplicates()
        return found.groupby(["external_id", "code"], as_index=False).agg({"reason": "; ".join})


def _reasons(
    persons: "pd.Series[str]", reason: "str | pd.Series[str]", *, code: str = INVALID
) -> pd.DataFrame:
    """The reason for all of them who have a key."""
    lines = pd.DataFrame({"external_id": persons, "code": code, "reason": reason})
    return lines[lines["external_id"].notna()].astype("str")


def _wanted(frame: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in frame.columns if name in names or str(name).startswith(CUSTOM)]
