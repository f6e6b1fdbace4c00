"""What holds for every reconciliation: it agrees with a run, and a fix settles what it fixes."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.model.change import Verb
from tasks.lifecycle.plan import decide
from tasks.lifecycle.reconcile import find_issues
from tasks.lifecycle.reconcile_fixes import plan_fixes
from tasks.lifecycle.reconcile_issue import Asked, Kind
from tasks.lifecycle.reconcile_wishes import Chosen, choose, read_wishes
from tests.tasks.lifecycle.test_properties import quick, worlds

REVEALED = {
    "take_over": {
        Kind.WRONGLY_ENABLED,
        Kind.MISPLACED,
        Kind.EXPIRED,
        Kind.PERMISSION_UNMANAGED,
        Kind.RELEASED,
    },
    "adopt": {Kind.PERMISSION_UNDUE},
    "unlink": set(Kind) - {Kind.DANGLING},
}
"""What a fix shows of the same account: whose it is was not known before, or is not any more."""


def look(world):
    decision = decide(world.inputs())
    return decision, find_issues(decision)


def fixed(world, decision, chosen):
    world.landscape.apply(plan_fixes(decision, chosen))
    return look(world)[1]


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

    left = fixed(world, decision, chosen)

    gone = {issue.id for issue, _ in chosen.fixes}
    assert not [issue.to_json() for issue in left if issue.id in gone]


@quick
@given(worlds(), st.data())
def test_one_fix_settles_its_issue_and_makes_no_other(world, data):
    decision, issues = look(world)
    offered = [(issue, fix) for issue in issues for fix in issue.fixes]
    if not offered:
        return
    issue, fix = data.draw(st.sampled_from(offered))

    left = fixed(world, decision, Chosen(((issue, fix),)))

    if fix.name != "disable":  # shut, it is still an account of nobody
        assert issue.id not in {one.id for one in left}
    known = {one.id for one in issues}
    # An account that is made without a value from upstream waits for it in other words.
    allowed = REVEALED.get(fix.name, set()) | {Kind.WAITING}
    elsewhere = issue.target == "ad"  # what is behind it follows
    for one in left:
        if one.id in known:
            continue
        about = (one.target, one.ref) == (issue.target, issue.ref) or one.person == issue.person
        # An account that is let go of may be that of whose number it carries.
        assert about or fix.name == "unlink", (fix.name, one.to_json())
        assert one.kind in allowed or (elsewhere and one.target != "ad"), (
            fix.name,
            one.to_json(),
        )


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
