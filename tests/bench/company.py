"""An invented company, made as columns: a million people take seconds, and nobody is an object.

Everything fits: accounts hold what the rules and the mappings say, and the ledger knows them. So a
plan for the settled company is empty, and one for a changed company names those who changed and
nobody else.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from tasks.lifecycle.inputs import Inputs, Memory
from tests.bench.company_rules import (
    LOCATIONS,
    TITLES,
    Giving,
    Jobs,
    Mask,
    Numbers,
    givings,
    policies,
    rules,
)
from tests.bench.company_staff import (
    DAY,
    DEPARTMENT_IDS,
    DEPARTMENT_NAMES,
    INITIALS,
    LATER,
    LEFT,
    NICK_NAMES,
    NOON,
    TITLE_IDS,
    TITLE_NAMES,
    TODAY,
    UNMANAGED,
    WORKS,
    Staff,
    Texts,
    shared,
    texts,
    where,
)
from tests.tasks.lifecycle.site import OPTIONS


@dataclass(frozen=True, slots=True)
class Company:
    """A company on one day.

    Attributes:
        inputs: What a plan is made from.
        changed: Persons whom HR changed since their accounts were last looked after.
    """

    inputs: Inputs
    changed: frozenset[str]


def company(persons: int, seed: int = 1) -> Inputs:
    """A company with nothing to do."""
    return changed_company(persons, 0.0, seed).inputs


def changed_company(persons: int, share: float, seed: int = 1) -> Company:
    """A company of which HR changed a part: movers, new titles, weddings, leavers, joiners.

    Args:
        persons: How many HR knows, leavers and people to come among them.
        share: The part that changed, 0 to 1.
        seed: Another seed is another company.
    """
    staff = Staff(persons, np.random.default_rng(seed))
    readings = _Readings(staff)
    accounts, memory = readings.accounts(), readings.memory()
    changed = staff.change(int(persons * share))
    inputs = Inputs(
        profile="bench",
        as_of=DAY,
        people=staff.people(),
        rules=rules(),
        policies=policies(),
        accounts=accounts,
        memory=memory,
        options=OPTIONS,
    )
    return Company(inputs, changed)


class _Readings:
    """What targets and ledger show of everybody."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def accounts(self) -> dict[str, Accounts]:
        """What every target holds."""
        known = self.staff.state != LATER
        signed_in = self.staff.state == WORKS
        working = np.flatnonzero(signed_in | (self.staff.state == LEFT))
        everybody = np.arange(self.staff.size)
        groups = {target: self._groups(target) for target in ("ad", "cloud")}
        return {
            "ad": self._directory(np.flatnonzero(known), groups["ad"]),
            "app": self._reading(
                "app",
                working,
                {
                    "number": texts(self.staff.ids.take(working)),
                    "userName": self._address(working),
                    "shownAs": self._shown(working),
                    "department": shared(DEPARTMENT_IDS, self.staff.department[working]),
                },
                taken=("userName",),
            ),
            "cloud": self._reading(
                "cloud",
                working,
                {
                    "employeeID": texts(self.staff.ids.take(working)),
                    "upn": self._address(working),
                    "displayName": self._shown(working),
                    "title": shared(TITLE_NAMES, self.staff.title[working]),
                    "department": shared(DEPARTMENT_NAMES, self.staff.department[working]),
                },
                taken=("upn",),
                groups=groups["cloud"],
            ),
            "hr": self._reading(
                "hr",
                everybody,
                {
                    "number": texts(self.staff.ids),
                    "EmAd": where(known, self._address(everybody)),
                    "BcCo": texts("9" + self.staff.ids),
                },
                taken=("EmAd",),
                has_access=False,
            ),
            "user": self._users(np.flatnonzero(known), np.flatnonzero(~known)),
        }

    def memory(self) -> Memory:
        """What the ledger knows."""
        links, grants = [], []
        works = np.isin(self.staff.state, (WORKS, LEFT))
        holders = {
            "ad": self.staff.state != LATER,
            "app": works,
            "cloud": works,
            "hr": self.staff.state != LATER,
            "user": self.staff.state != LATER,
        }
        for target, has in holders.items():
            rows = np.flatnonzero(has)
            person = self.staff.ids.take(rows).reset_index(drop=True)
            links.append(pd.DataFrame({"target": target, "person": person, "ref": person}))
            links[-1]["ref"] = target + "-" + person
        for target in ("ad", "cloud"):
            rows, names = self._groups(target)
            grants.append(
                pd.DataFrame(
                    {
                        "target": target,
                        "person": self.staff.ids.take(rows).reset_index(drop=True),
                        "permission": names,
                    }
                )
            )
        return Memory(
            links=pd.concat(links, ignore_index=True).astype("str"),
            grants=pd.concat(grants, ignore_index=True).astype("str"),
        )

    def _directory(self, rows: Numbers, groups: tuple[Numbers, Texts]) -> Accounts:
        strangers = max(1, int(self.staff.size * UNMANAGED))
        attributes = {
            "employeeID": texts(self.staff.ids.take(rows)),
            "login": texts("p" + self.staff.ids.take(rows)),
            "upn": self._address(rows),
            "mail": self._address(rows),
            "cn": texts("Person " + self.staff.ids.take(rows)),
            "displayName": self._shown(rows),
            "sn": self._surnames(rows),
            "givenName": shared(NICK_NAMES, self.staff.first[rows]),
            "initials": shared(INITIALS, self.staff.first[rows]),
            "title": shared(TITLE_NAMES, self.staff.title[rows]),
            "department": shared(DEPARTMENT_NAMES, self.staff.department[rows]),
            "office": shared(list(LOCATIONS), self.staff.location[rows]),
            "manager": shared(self.staff.places_of_managers(), self.staff.department[rows]),
            "code": shared(
                [f"{department}-{title}" for department in DEPARTMENT_IDS for title in TITLE_IDS],
                self.staff.department[rows] * TITLES + self.staff.title[rows],
            ),
        }
        containers = ("OU=Active", "OU=New", "OU=New", "OU=Left")
        return self._reading(
            "ad",
            rows,
            attributes,
            taken=("login", "upn", "mail", "cn"),
            groups=groups,
            container=shared(list(containers), self.staff.state[rows]),
            strangers=strangers,
        )

    def _users(self, rows: Numbers, without: Numbers) -> Accounts:
        made = self._reading(
            "user",
            rows,
            {
                "number": texts(self.staff.ids.take(rows)),
                "code": texts("77." + self.staff.ids.take(rows)),
                "Upn": self._address(rows),
                "InSi": np.full(len(rows), fill_value=True, dtype=object),
                "BcCo": texts("9" + self.staff.ids.take(rows)),
            },
            taken=("Upn",),
        )
        person = self.staff.ids.take(without).reset_index(drop=True)
        made.without_account = pd.DataFrame({"person": person, "BcCo": "9" + person}).astype("str")
        return made

    def _reading(
        self,
        target: str,
        rows: Numbers,
        attributes: dict[str, Texts],
        *,
        taken: tuple[str, ...],
        groups: tuple[Numbers, Texts] | None = None,
        container: Texts | None = None,
        strangers: int = 0,
        has_access: bool = True,
    ) -> Accounts:
        person = self.staff.ids.take(rows).reset_index(drop=True)
        refs = target + "-" + person
        frame = pd.DataFrame({"person": person})
        frame["enabled"] = pd.array(self.staff.state[rows] == WORKS) if has_access else pd.NA
        frame["container"] = container
        frame["protected"] = False
        held = pd.DataFrame(attributes)
        space = {one.name: one.unique_in or "" for one in policies()[target].manifest.attributes}
        names = pd.concat(
            [
                pd.DataFrame(
                    {
                        "space": space[name],
                        "value": pd.Series(attributes[name]).astype("str").str.casefold(),
                        "ref": refs,
                    }
                )
                for name in taken
            ],
            ignore_index=True,
        ).dropna(subset="value")
        if strangers:
            more = [f"{target}-service-{number}" for number in range(strangers)]
            refs = pd.concat([refs, pd.Series(more)], ignore_index=True)
            frame = frame.reindex(range(len(refs)))
            frame.loc[len(person) :, "enabled"] = True
            held = held.reindex(range(len(refs)))
        owners, names_of = groups if groups is not None else (None, None)
        given = sorted({one.group for one in givings() if one.target == target})
        return Accounts(
            target=target,
            accounts=frame.set_index(pd.Index(refs)),
            attributes=held.set_index(pd.Index(refs)),
            grants=None
            if owners is None
            else pd.DataFrame(
                {
                    "ref": target + "-" + self.staff.ids.take(owners).reset_index(drop=True),
                    "permission": names_of,
                }
            ),
            permissions=pd.DataFrame(
                {"name": given, "grantable": True}, index=[f"id-{name}" for name in given]
            )
            if given
            else None,
            taken=names,
            taken_at=NOON,
        )

    def _groups(self, target: str) -> tuple[Numbers, Texts]:
        """Who holds which group, as places of persons and native ids."""
        runs = (self.staff.start <= TODAY) & ~(self.staff.end < TODAY)
        jobs = Jobs(self.staff.department, self.staff.title, self.staff.location, self.staff.fte)
        own: list[Giving] = [one for one in givings() if one.target == target]
        holders = [np.unique(self.staff.owner[runs & one.meets(jobs)]) for one in own]
        sizes = [len(rows) for rows in holders]
        names = np.repeat(np.array([f"id-{one.group}" for one in own], dtype=object), sizes)
        return np.concatenate(holders), names

    def _address(self, rows: Numbers) -> Texts:
        return texts("p" + self.staff.ids.take(rows) + "@example.org")

    def _shown(self, rows: Numbers) -> Texts:
        nicks = shared(NICK_NAMES, self.staff.first[rows])
        shown: Texts = nicks + " " + self._surnames(rows)
        return shown

    def _surnames(self, rows: Numbers) -> Texts:
        wholes = self.staff.wholes
        families, partners = wholes[self.staff.family[rows]], wholes[self.staff.partner[rows]]
        written: list[Mask] = [self.staff.convention[rows] == number for number in range(4)]
        surnames: Texts = np.select(
            written,
            [families, partners, families + " - " + partners, partners + " - " + families],
        )
        return surnames
