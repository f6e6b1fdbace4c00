"""How everything stands at the end, to compare it with an undisturbed end."""

import csv
import json
from collections import Counter, defaultdict
from datetime import date
from typing import Any, Final

import pandas as pd

from connectors.ledger.ledger import open_ledger
from connectors.model.accounts import Accounts
from tasks.collect import read_accounts
from tasks.setup import forget, open_site
from tests.plainly import a_run
from tests.sweep.company import PASSWORDS, Company

VOLATILE: Final = {"objectGUID", "objectSid", "pwdLastSet", "lastModified", "created"}
"""Attributes that are another one every time."""
SITE: Final = "site"
"""Name of the profile."""
GOOD: Final = {"done", "already"}


def standing(company: Company, day: date) -> dict[str, Any]:
    """Accounts by target and person, what HR takes back, and the ledger's links and grants.

    Native ids are left out: an account that is made again has another one.
    """
    run = a_run(company.path, live=False, as_of=day)
    try:
        site = open_site(run)
        read = {name: read_accounts.fn(run, name) for name in site.policies}
    finally:
        forget(run)
    with open_ledger(company.ledger_url) as ledger:
        links, grants = ledger.links(SITE), ledger.grants(SITE)
        names = ledger.names(SITE)
        assert ledger.open_intents(SITE) == []
        assert ledger.verify_audit() is None
    for target, person, ref in links[["target", "person", "ref"]].itertuples(index=False):
        assert ref in read[target].accounts.index, f"{target}: {person} is linked to nothing"
    return {
        "accounts": {name: _by_person(accounts) for name, accounts in read.items()},
        "links": sorted(links[["target", "person"]].itertuples(index=False, name=None)),
        "grants": sorted(
            (target, person, str(read[target].permissions.at[permission, "name"]))
            for target, person, permission in grants[["target", "person", "permission"]].itertuples(
                index=False
            )
        ),
        "names": sorted(map(str, names[sorted(names.columns)].itertuples(index=False, name=None)))
        if isinstance(names, pd.DataFrame)
        else sorted(map(str, names)),
    }


def _by_person(accounts: Accounts) -> dict[str, list[Any]]:
    """What each person has, as JSON would have it; of several accounts each."""
    permissions: dict[str, list[str]] = defaultdict(list)
    for ref, permission in accounts.grants[["ref", "permission"]].itertuples(index=False):
        permissions[ref].append(str(accounts.permissions["name"].get(permission, permission)))
    found: dict[str, list[Any]] = defaultdict(list)
    for ref, row in accounts.accounts.iterrows():
        if pd.isna(row["person"]):
            continue
        held = {
            name: accounts.value(str(ref), str(name))
            for name in accounts.attributes.columns
            if name not in VOLATILE
        }
        found[str(row["person"])].append(
            {
                "enabled": None if pd.isna(row["enabled"]) else bool(row["enabled"]),
                "container": None if pd.isna(row["container"]) else str(row["container"]),
                "permissions": sorted(permissions[str(ref)]),
                **json.loads(json.dumps(held, default=str)),
            }
        )
    return dict(found)


def done_twice(company: Company, day: date) -> list[Any]:
    """Writes that the journals of all runs of a day say were done, and more than once."""
    counts: Counter[Any] = Counter()
    with open_ledger(company.ledger_url) as ledger:
        for run in ledger.runs(SITE, limit=1000):
            if run.as_of != day:
                continue
            for entry in ledger.journal(run.run):
                if entry.receipt is None or entry.receipt.outcome.value not in GOOD:
                    continue
                content = json.dumps(entry.change.to_json()["after"], sort_keys=True)
                before = json.dumps(entry.change.to_json()["before"], sort_keys=True)
                change = entry.change
                counts[change.target, change.person, change.verb.value, content, before] += 1
    return [what for what, times in counts.items() if times > 1]


def passwords_that_do_not_let_in(company: Company) -> list[tuple[str, str]]:
    """Whoever was made by us, may sign in, and cannot with what was handed over last."""
    shut_out = []
    for target in PASSWORDS:
        file = company.password_file(target)
        if not file.exists():
            continue
        with file.open(newline="") as lines:
            last = {row["login"]: row["password"] for row in csv.DictReader(lines)}
        for login, password in last.items():
            if not _lets_in(company, target, login, password):
                shut_out.append((target, login))
    return shut_out


def _lets_in(company: Company, target: str, login: str, password: str) -> bool:
    if target == "active_directory":
        found = [a for a in company.domain.accounts().values() if a["sAMAccountName"] == login]
        return (
            not found
            or not found[0]["enabled"]
            or company.domain.can_bind(str(found[0]["userPrincipalName"]), password)
        )
    if target == "entra_id":
        users = company.entra.tenant.of("user")
        mine = [u for u in users if u.properties.get("userPrincipalName") == login]
        return not mine or not mine[0].properties["accountEnabled"] or mine[0].password == password
    ref = company.google.workspace.holder(login)
    user = company.google.workspace.users.get(ref or "")
    return user is None or user["suspended"] or company.google.can_sign_in(login, password)
