"""What holds for every plan, whatever the people, the accounts and the ledger look like."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model.change import Verb
from connectors.model.plan import Plan
from connectors.model.values import CLEAR
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import Leavers
from tasks.lifecycle.scope import Scope
from tests.examples import tries
from tests.tasks.lifecycle.worlds import FAMILIES, GROUPS, IDS, OF_DEPARTMENTS, worlds

quick = settings(max_examples=tries(8), derandomize=True)
"""Moderate on purpose: the same worlds each time, in a few seconds. Raise it to dig."""


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
