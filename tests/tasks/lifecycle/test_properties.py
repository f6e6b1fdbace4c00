"""What holds for every plan, whatever the people, the accounts and the ledger look like."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.model.accounts import Accounts
from connectors.model.change import Verb
from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.model.values import CLEAR
from tasks.lifecycle.conditions import All, Test
from tasks.lifecycle.inputs import Inputs, Memory, Scope
from tasks.lifecycle.plan import make_plan
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

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
"""Moderate on purpose: the same worlds each time, in a few seconds. Raise it to dig."""


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
            "container": draw(st.sampled_from(["OU=New", "OU=Active", "OU=Left", "OU=Else"])),
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


@quick
@given(worlds(), st.integers())
def test_a_plan_is_the_same_to_the_byte_however_its_input_is_ordered(world, seed):
    assert make_plan(world.inputs()).to_bytes() == make_plan(world.inputs(shuffled=seed)).to_bytes()


@quick
@given(worlds())
def test_a_plan_that_was_executed_leaves_nothing_to_do(world):
    world.landscape.apply(make_plan(world.inputs()))
    assert [change.to_json() for change in make_plan(world.inputs()).changes] == []


@quick
@given(worlds())
def test_a_live_run_decides_what_its_preview_decided(world):
    """Deciding uses nothing up: neither what was read nor what is remembered."""
    inputs = world.inputs()
    preview = make_plan(inputs).to_bytes()
    assert make_plan(inputs).to_bytes() == preview
    assert make_plan(world.inputs()).to_bytes() == preview


@quick
@given(worlds())
def test_taking_a_plan_back_change_by_change_gives_the_start(world):
    """But for what was deleted: that cannot be undone, and so is not part of these worlds."""
    ad = world.landscape.policies["ad"]
    world.landscape.policies["ad"] = replace(ad, leavers=Leavers())
    before, plan = world.landscape.held(), make_plan(world.inputs())

    world.landscape.apply(plan)
    world.landscape.undo(plan)

    assert world.landscape.held() == before


@quick
@given(worlds(), st.sampled_from(FAMILIES))
def test_names_stay_with_those_who_have_them(world, family):
    world.landscape.apply(make_plan(world.inputs()))
    for person in world.persons:
        person["family_name"] = family

    plan = make_plan(world.inputs())

    names = {"login", "upn", "mail", "cn"}
    assert not any(names & c.after.keys() for c in plan.changes if c.target == "ad")


@quick
@given(worlds(), st.sets(st.sampled_from(IDS), min_size=1))
def test_a_run_for_some_persons_does_what_the_full_run_does_for_them(world, chosen):
    everybody = make_plan(world.inputs())
    some = make_plan(world.inputs(scope=Scope(persons=frozenset(chosen))))
    assert [c.id for c in some.changes] == [c.id for c in everybody.changes if c.person in chosen]


@quick
@given(worlds())
def test_every_plan_keeps_the_laws(world):
    plan = make_plan(world.inputs())
    is_well_formed(plan)
    touches_no_protected_account(plan, world)
    touches_only_accounts_of_those_it_names(plan, world)
    leaves_alone_what_it_forgets(plan)
    touches_only_permissions_that_a_rule_names_or_we_gave(plan, world)
    leaves_frozen_and_foreign_persons_alone(plan, world)
    gives_no_name_twice(plan, world)
    never_empties_hr_because_an_account_is_missing(plan)


def is_well_formed(plan):
    changes = list(plan.changes)
    assert all(change.because for change in changes)
    assert len({change.id for change in changes}) == len(changes)
    assert Plan.from_bytes(plan.to_bytes()).to_bytes() == plan.to_bytes()
    assert all(note.reason and note.code for note in plan.notes)
    assert all({need.field for need in c.needs} >= set(c.pending) for c in changes)


def touches_no_protected_account(plan, world):
    for change in plan.changes:
        held = world.landscape.targets[change.target].accounts
        assert change.ref is None or not held[change.ref].get("protected")


def touches_only_accounts_of_those_it_names(plan, world):
    """What no link and no number ties to a person is unmanaged, and not touched."""
    for change in plan.changes:
        if change.ref is None:
            continue
        linked = world.landscape.links.get((change.target, change.person)) == change.ref
        held = world.landscape.targets[change.target].accounts[change.ref]
        assert linked or held["person"] == change.person


def leaves_alone_what_it_forgets(plan):
    forgotten = {
        (change.target, change.person, change.before.get("permission"))
        for change in plan.changes
        if change.verb is Verb.UNMANAGE
    }
    for change in plan.changes:
        if change.verb is Verb.UNMANAGE:
            continue
        permission = {**change.before, **change.after}.get("permission")
        assert (change.target, change.person, None) not in forgotten
        assert permission is None or (change.target, change.person, permission) not in forgotten


def named_by(rules):
    """Native ids of the groups that published rules name."""
    names = {
        name
        for one in rules
        if one.counts and "ad" in one.grant
        for name in (*one.grant["ad"].groups, *one.grant["ad"].permissions)
    }
    named = {key for key, name in GROUPS.items() if name in names}
    return named | set(OF_DEPARTMENTS) if any("{" in name for name in names) else named


def touches_only_permissions_that_a_rule_names_or_we_gave(plan, world):
    grants, named = world.landscape.grants, named_by(world.rules)
    for change in plan.changes:
        permission = {**change.before, **change.after}.get("permission")
        if change.verb is Verb.GRANT:
            assert permission in named
        if change.verb in {Verb.REVOKE, Verb.UNMANAGE} and permission is not None:
            assert permission in grants.get((change.target, change.person), set())


def leaves_frozen_and_foreign_persons_alone(plan, world):
    excluded = {person["external_id"] for person in world.persons if person["excluded"]}
    present = {person["external_id"] for person in world.persons}
    linked = {person for _, person in world.landscape.links}
    for change in plan.changes:
        assert change.person not in excluded
        assert change.person in present | linked
        if change.person not in present:
            assert change.verb in {Verb.DISABLE, Verb.MOVE, Verb.REVOKE, Verb.DELETE}


def gives_no_name_twice(plan, world):
    of_nobody = {
        value.casefold()
        for target in world.landscape.targets.values()
        for ref, values in target.attributes.items()
        for name, value in values.items()
        if name in {"mail", "EmAd"} and target.accounts[ref]["person"] is None
    }
    creates = [change for change in plan.changes if change.verb is Verb.CREATE]
    for space in (("mail", "upn"), ("login",), ("cn",)):
        taken: dict[str, str] = {}
        for change in creates:
            for name in set(space) & change.after.keys():
                value = str(change.after[name]).casefold()
                assert taken.setdefault(value, change.person) == change.person
                assert name != "mail" or value not in of_nobody


def never_empties_hr_because_an_account_is_missing(plan):
    for change in plan.changes:
        if change.target == "hr" and change.verb is Verb.UPDATE:
            assert CLEAR not in change.after.values()
            assert change.needs
