"""What holds for every reconciliation: it agrees with a run, and a fix settles what it fixes."""

from copy import deepcopy
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.model.change import Verb
from tasks.lifecycle.plan import decide
from tasks.lifecycle.reconcile import find_issues
from tasks.lifecycle.reconcile_fixes import plan_fixes
from tasks.lifecycle.reconcile_issue import DISABLE, TAKE_OVER, Asked, Kind
from tasks.lifecycle.reconcile_wishes import Chosen, choose, read_wishes
from tests.tasks.lifecycle.test_properties import quick
from tests.tasks.lifecycle.worlds import worlds

SHOWN = {
    Verb.CORRELATE: {Kind.PERMISSION_UNMANAGED},
    Verb.CREATE: {Kind.WAITING},
    Verb.GRANT: {Kind.PERMISSION_UNDUE, Kind.RELEASED},
    Verb.UNMANAGE: {
        Kind.UNMANAGED,
        Kind.MISSING,
        Kind.CONTESTED,
        Kind.SEVERAL,
        Kind.PERMISSION_UNMANAGED,
    },
}
"""What a change shows of the account it is about: whose it is was not known before or is not any
more, what was given is ours now or no more, and what a new one waits for is said in other words."""
OF_NO_ONE_DUE = {
    Kind.WRONGLY_ENABLED,
    Kind.MISPLACED,
    Kind.EXPIRED,
    Kind.RELEASED,
    Kind.PERMISSION_MISSING,
}
"""What `take_over` shows besides: the account is that of somebody who is due none, though rules may
give them permissions there."""
DOWNSTREAM = {Kind.MISSING, Kind.WAITING}
"""What is behind an account follows it: what waited for one is made by the next run, and what would
have been made waits."""


def look(world):
    decision = decide(world.inputs())
    return decision, find_issues(decision)


@quick
@given(worlds())
def test_every_change_of_the_plan_belongs_to_an_issue(world):
    decision, issues = look(world)
    mentioned = {change.id for issue in issues for change in issue.changes}
    assert mentioned == {change.id for change in decision.plan.changes}
    assert len({issue.id for issue in issues}) == len(issues)


@quick
@given(worlds(), st.integers())
def test_issues_are_the_same_however_the_input_is_ordered(world, seed):
    shuffled = find_issues(decide(world.inputs(shuffled=seed)))
    assert [one.to_json() for one in shuffled] == [one.to_json() for one in look(world)[1]]


@quick
@given(worlds())
def test_after_a_run_no_issue_is_left_that_a_run_settles(world):
    world.landscape.apply(decide(world.inputs()).plan)
    assert [issue.to_json() for issue in look(world)[1] if issue.changes] == []


@quick
@given(worlds(), st.sampled_from(list(Kind)))
def test_fixing_a_type_leaves_none_of_it_that_can_be_fixed_by_type(world, kind):
    decision, issues = look(world)
    chosen = choose(issues, read_wishes([kind.value]), ())

    world.landscape.apply(plan_fixes(decision, chosen))
    left = look(world)[1]

    gone = {issue.id for issue, _ in chosen.fixes}
    assert not [issue.to_json() for issue in left if issue.id in gone]


@quick
@given(worlds())
def test_a_fix_settles_its_issue_and_makes_no_other(world):
    decision, issues = look(world)
    known = {one.id for one in issues}
    offered = {(fix.name, one.kind, one.target): (one, fix) for one in issues for fix in one.fixes}
    for issue, fix in offered.values():
        after = replace(world, landscape=deepcopy(world.landscape))
        plan = plan_fixes(decision, Chosen(((issue, fix),)))
        after.landscape.apply(plan)

        left = look(after)[1]

        if fix is not DISABLE:  # shut, it is still an account of nobody
            assert issue.id not in {one.id for one in left}
        for one in left:
            assert one.id in known or any(
                is_shown(one, change, fix, world) for change in plan.changes
            ), (fix.name, issue.to_json(), one.to_json())


def is_shown(issue, change, fix, world):
    """Whether an issue is no new one, but what a change lets see."""
    account = world.landscape.targets[change.target].accounts.get(change.ref, {})
    # An account that is let go of may be that of whose number it carries.
    whose = {change.person, account.get("person")}
    about = issue.person in whose or (issue.ref == change.ref and issue.ref)
    if issue.target != change.target:
        behind = change.target in world.landscape.policies[issue.target].depends_on
        return about and behind and issue.kind in DOWNSTREAM
    shown = SHOWN.get(change.verb, set())
    return about and issue.kind in (shown | OF_NO_ONE_DUE if fix is TAKE_OVER else shown)


@quick
@given(worlds())
def test_no_fix_touches_what_is_protected(world):
    decision, issues = look(world)
    protected = {
        ref for ref, one in world.landscape.targets["ad"].accounts.items() if one["protected"]
    }
    chosen = Chosen(tuple((issue, fix) for issue in issues for fix in issue.fixes))
    for change in plan_fixes(decision, chosen).changes:
        assert change.target != "ad" or change.ref not in protected
        assert change.because


@quick
@given(worlds())
def test_fixing_by_type_never_deletes_what_no_run_would(world):
    decision, issues = look(world)
    chosen = choose(issues, read_wishes([kind.value for kind in Kind]), ())
    assert all(fix.asked is Asked.BY_TYPE for _, fix in chosen.fixes)
    planned = {change.id for change in decision.plan.changes}
    for change in plan_fixes(decision, chosen).changes:
        assert change.id in planned or change.verb in {Verb.CORRELATE, Verb.UNMANAGE}
