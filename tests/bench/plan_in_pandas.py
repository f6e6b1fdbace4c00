"""A crude sketch of planning in pandas: what the same questions cost without any of the answers.

It finds who differs, and in what: one contract for each person, sixty rules over every contract,
the fields of five targets next to what they hold, groups wanted next to groups held. It gives no
reason, no order, no name, no note and no change; it knows no window, no leaver and no doubt.
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.people import People
from tasks.lifecycle.inputs import Inputs
from tests.bench.company_rules import EARLY_DAYS, FTES, LOCATIONS, Jobs, givings

_OPEN: Final = pd.Timestamp("9999-12-31")
_BY_LOCATION: Final = {location: place for place, location in enumerate(LOCATIONS)}
_BY_FTE: Final = {fte: place for place, fte in enumerate(FTES)}


def differing(inputs: Inputs) -> frozenset[str]:
    """Persons of whom anything differs."""
    today = pd.Timestamp(inputs.as_of)
    facts = _facts(inputs.people, today)
    found: list[Any] = []
    for name, accounts in inputs.accounts.items():
        found += _attributes(name, accounts, facts)
        found += _permissions(name, accounts, inputs, today)
    excluded = inputs.people.persons.loc[inputs.people.persons["excluded"], "external_id"]
    return frozenset().union(*found) - frozenset(excluded)


def _facts(people: People, today: pd.Timestamp) -> pd.DataFrame:
    """Everybody with the contract that speaks for them, and with what accounts show of them."""
    contracts = people.contracts
    departments = people.departments[["external_id", "name"]].set_axis(
        ["department_id", "name"], axis="columns"
    )
    runs = (contracts["start_date"] <= today) & ~(contracts["end_date"] < today)
    first = (
        contracts.assign(
            runs=runs, departs=contracts["end_date"].fillna(pd.Timestamp("9999-12-31"))
        )
        .sort_values(["runs", "fte", "departs"], ascending=False)
        .drop_duplicates("person_id")
        .drop(columns="external_id")
        .merge(departments, on="department_id", how="left")
    )
    facts = people.persons.merge(first, left_on="external_id", right_on="person_id")
    birth = _whole(facts["family_name_prefix"], facts["family_name"])
    partner = _whole(facts["partner_name_prefix"], facts["partner_name"])
    written = [facts["convention"] == one for one in ("B", "P", "BP", "PB")]
    both = [birth, partner, birth + " - " + partner, partner + " - " + birth]
    facts["sn"] = np.select(written, [one.astype(object) for one in both])
    facts["displayName"] = facts["nick_name"].astype(object) + " " + facts["sn"]
    facts["manager"] = "CN=" + facts["manager_id"] + ",OU=Active,DC=example,DC=org"
    facts["code"] = facts["department_id"] + "-" + facts["title_id"]
    facts["due"] = facts["start_date"] <= today + pd.Timedelta(days=EARLY_DAYS)
    facts["due"] &= ~(facts["end_date"] < today)
    facts["enabled"] = facts["runs"]
    return facts.set_index("external_id")


def _whole(prefix: "pd.Series[str]", name: "pd.Series[str]") -> "pd.Series[str]":
    return (prefix + " ").fillna("") + name


_SHOWN: Final = {
    "ad": {
        "displayName": "displayName",
        "sn": "sn",
        "givenName": "nick_name",
        "initials": "initials",
        "title": "title",
        "department": "name",
        "office": "location",
        "manager": "manager",
        "code": "code",
    },
    "app": {"shownAs": "displayName", "department": "department_id"},
    "cloud": {"displayName": "displayName", "title": "title", "department": "name"},
    "hr": {},
    "user": {},
}


def _attributes(name: str, accounts: Accounts, facts: pd.DataFrame) -> list[Any]:
    """Persons whose account differs, or is missing, or should not be open."""
    held = accounts.accounts.join(accounts.attributes).dropna(subset="person")
    both = held.merge(facts, left_on="person", right_index=True, suffixes=("_held", ""))
    due = both[both["due"]]
    found = []
    for attribute, path in _SHOWN[name].items():
        now = f"{attribute}_held" if f"{attribute}_held" in due else attribute
        differs = due[now].astype(object).to_numpy() != due[path].astype(object).to_numpy()
        found.append(due.loc[differs, "person"])
    if name in {"ad", "user"}:
        found.append(facts.index[facts["due"] & ~facts.index.isin(held["person"])])
    open_ = both["enabled_held"].eq(True).fillna(False)
    found.append(both.loc[open_ & ~both["enabled"], "person"])
    return found


def _permissions(
    name: str, accounts: Accounts, inputs: Inputs, today: pd.Timestamp
) -> list["pd.Series[str]"]:
    """Persons who hold what they should not, or do not hold what they should."""
    contracts = inputs.people.contracts
    runs = (contracts["start_date"] <= today) & ~(contracts["end_date"] < today)
    jobs = Jobs(
        *(
            column.to_numpy(dtype=np.int64)
            for column in (
                contracts["department_id"].str.slice(1).astype("int64"),
                contracts["title_id"].str.slice(1).astype("int64"),
                contracts["location"].map(_BY_LOCATION),
                contracts["fte"].map(_BY_FTE),
            )
        )
    )
    wanted = [
        pd.DataFrame(
            {"person": contracts.loc[runs & one.meets(jobs), "person_id"], "name": one.group}
        )
        for one in givings()
        if one.target == name
    ]
    if not wanted:
        return []
    due = pd.concat(wanted).drop_duplicates()
    named = accounts.grants.merge(accounts.permissions, left_on="permission", right_index=True)
    owners = named.merge(accounts.accounts["person"], left_on="ref", right_index=True)
    both = due.merge(owners[["person", "name"]], how="outer", indicator=True)
    return [both.loc[both["_merge"] != "both", "person"]]
