"""Generated sites: some people, their contracts, rules in every status, accounts and a ledger."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from hypothesis import strategies as st

from connectors.model.accounts import Accounts
from connectors.model.people import People
from tasks.lifecycle.conditions import All, Test
from tasks.lifecycle.inputs import Inputs, Memory, Scope
from tasks.lifecycle.policy import Leavers, TargetPolicy
from tasks.lifecycle.rule import Grant, Rule, Window
from tests.tasks.lifecycle.landscape import NOON, Landscape, Target
from tests.tasks.lifecycle.site import DIRECTORY, OPTIONS, POLICIES, fields

DAY = date(2026, 11, 23)
IDS = [f"{number:04}" for number in range(1001, 1009)]
DEPARTMENTS = ["CARE", "FIN", "SHOP"]
OF_DEPARTMENTS = {f"id-d-{key}": f"D-{key}" for key in DEPARTMENTS[:2]}
GROUPS = {
    "id-care": "G-Care",
    "id-fin": "G-Finance",
    "id-all": "G-All",
    "id-ring": "G-Telephone",
    **OF_DEPARTMENTS,
}
FAMILIES = ["Bakker", "Jansen", "de Wit"]


def department(*keys):
    return Test("contract.department.id", "in", keys)


def rule(name, when, window, *, windows=None, **grant):
    return Rule(name, "", when, window, grant, windows=windows or {})


CARE = Grant(permissions=("G-Care", "G-Missing"))
FINANCE = Grant(permissions=("G-Finance",))
ACCESS = Grant(access=True, permissions=("G-All",))
BOTH = Grant(account=True, access=True)
ACCOUNT = Grant(account=True)
RULES = (
    rule("account", department("CARE", "FIN"), Window(-14, 0), ad=ACCOUNT),
    rule("access", department("CARE", "FIN"), Window(), ad=ACCESS),
    rule("care", department("CARE"), Window(), ad=CARE),
    rule("finance", department("FIN"), Window(), ad=FINANCE, app=BOTH),
    rule("everybody", All(), Window(0, 30), app=ACCOUNT),
    rule("template", All(), Window(), ad=Grant(groups=("D-{contract.department.id}",))),
    rule(
        "several-windows",
        Test("contract.title", "equals", "Nurse"),
        Window(-7, 7),
        windows={"access": Window(-1, 0), "group": Window(0, 90)},
        ad=Grant(account=True, access=True, groups=("G-All",)),
    ),
)
STATUSES = ("published", "published", "published", "retired", "draft")


@dataclass
class World:
    """One generated site.

    Attributes:
        persons: Rows.
        contracts: Rows.
        rules: Published ones, drafts and retired ones.
        landscape: Targets and ledger.
    """

    persons: list[dict]
    contracts: list[dict]
    rules: tuple[Rule, ...]
    landscape: Landscape

    def inputs(self, *, shuffled: int | None = None, scope: Scope | None = None) -> Inputs:
        """What a plan is made from; `shuffled` puts every row of it elsewhere."""
        order = random.Random(shuffled)

        def rows(some):
            some = list(some)
            if shuffled is not None:
                order.shuffle(some)
            return some

        readings = {name: shake(one, rows) for name, one in self.landscape.read().items()}
        memory = self.landscape.memory()
        return Inputs(
            profile="p",
            as_of=DAY,
            people=People(
                persons=pd.DataFrame(rows(self.persons)),
                contracts=pd.DataFrame(rows(self.contracts), columns=CONTRACT),
                taken_at=datetime(2026, 11, 23, tzinfo=UTC),
            ),
            rules=tuple(rows(self.rules)),
            policies=self.landscape.policies,
            accounts=readings,
            memory=Memory(
                links=memory.links.iloc[rows(range(len(memory.links)))],
                grants=memory.grants.iloc[rows(range(len(memory.grants)))],
                absences=dict(rows(memory.absences.items())),
            ),
            options=OPTIONS,
            scope=scope,
        )


CONTRACT = ["external_id", "person_id", "start_date", "end_date", "department_id", "title"]


def shake(reading: Accounts, rows) -> Accounts:
    """The same reading, every row somewhere else."""
    frame = reading.accounts.iloc[rows(range(len(reading.accounts)))]
    return Accounts(
        target=reading.target,
        accounts=frame,
        attributes=reading.attributes,
        taken_at=NOON,
        grants=reading.grants.iloc[rows(range(len(reading.grants)))],
        permissions=reading.permissions.iloc[rows(range(len(reading.permissions)))],
        taken=reading.taken.iloc[rows(range(len(reading.taken)))],
    )


@st.composite
def worlds(draw):
    present = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=8, unique=True))
    persons = [
        {
            "external_id": person,
            "nick_name": draw(st.sampled_from(["Emma", "Jan"])),
            "family_name": draw(st.sampled_from(FAMILIES)),
            "excluded": draw(st.integers(0, 9)) == 0,
        }
        for person in present
    ]
    contracts = []
    for person in present:
        for number in range(draw(st.integers(0, 2))):
            start = DAY + timedelta(days=draw(st.integers(-400, 30)))
            length = draw(st.one_of(st.none(), st.integers(0, 400)))
            contracts.append(
                {
                    "external_id": f"{person}-{number}",
                    "person_id": person,
                    "start_date": start,
                    "end_date": None if length is None else start + timedelta(days=length),
                    "department_id": draw(st.sampled_from(DEPARTMENTS)),
                    "title": draw(st.sampled_from(["Nurse", "Clerk", None])),
                }
            )
    rules = tuple(replace(rule, status=draw(st.sampled_from(STATUSES))) for rule in RULES)
    return World(persons, contracts, rules, draw(landscapes(present)))


@st.composite
def landscapes(draw, present):
    policies = dict(POLICIES)
    policies["ad"] = replace(
        policies["ad"],
        leavers=Leavers(
            disable_after_days=draw(st.sampled_from([0, 7])),
            delete_after_days=draw(st.sampled_from([None, 60])),
        ),
    )
    if draw(st.booleans()):
        policies["ad"] = without_mail(policies["ad"])
    landscape = Landscape(policies, {"ad": Target(groups=GROUPS)})
    ad, hr = landscape.targets["ad"], landscape.targets["hr"]
    for person in present:
        if draw(st.integers(0, 4)):
            held = {"number": person, "BcCo": f"9{person}", **draw(addresses("EmAd"))}
            hr.accounts[person], hr.attributes[person] = {"person": person}, held
    numbers = st.one_of(st.none(), st.sampled_from(IDS))
    owners = draw(st.permutations(IDS))
    for place in range(draw(st.integers(0, 8))):
        ref = f"a{place}"
        number = draw(numbers)
        ad.accounts[ref] = {
            "person": number,
            "enabled": draw(st.booleans()),
            "container": draw(st.sampled_from(["OU=New", "OU=Active", "OU=Shut", "OU=Else"])),
            "protected": draw(st.integers(0, 9)) == 0,
        }
        ad.attributes[ref] = {
            "login": f"login{place}",
            "employeeID": number,
            "title": draw(st.sampled_from(["Nurse", "Boss", None])),
            **draw(addresses("mail")),
        }
        held = draw(st.sets(st.sampled_from(sorted(GROUPS))))
        ad.members |= {(ref, group) for group in held}
        if draw(st.booleans()):
            landscape.links["ad", owners[place]] = ref
            landscape.grants["ad", owners[place]] = draw(st.sets(st.sampled_from(sorted(GROUPS))))
            if owners[place] not in present:
                days = draw(st.integers(0, 90))
                landscape.absences[owners[place]] = DAY - timedelta(days=days)
    return landscape


@st.composite
def addresses(draw, name):
    local = draw(st.sampled_from([None, "emma.bakker", "e.bakker", "jan.jansen"]))
    return {} if local is None else {name: f"{local}@example.org"}


def without_mail(policy: TargetPolicy) -> TargetPolicy:
    """The directory makes the mail address itself."""
    return replace(
        policy,
        fields=fields(
            DIRECTORY,
            displayName={"from": "names.display_name"},
            upn={"template": "{person.external_id}@example.org", "on": ["create"]},
        ),
    )
