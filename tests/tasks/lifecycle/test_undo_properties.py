"""Whatever a run did: taken back, everything is as it was, but for what is told not to be."""

from dataclasses import dataclass, replace

from hypothesis import Phase, given, settings

from connectors.model.change import Change, Verb
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import takes_over
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import Leavers
from tasks.lifecycle.undo import Past, plan_undo
from tasks.lifecycle.undo_effects import Tried
from tasks.lifecycle.undo_parts import CANNOT
from tests.examples import tries
from tests.tasks.lifecycle.worlds import worlds

quick = settings(max_examples=tries(6), derandomize=True, phases=[Phase.generate])


@dataclass(frozen=True)
class Only:
    """A plan of one change."""

    changes: list[Change]


def carry_out(landscape, plan, run="r", **past):
    """Execute a plan; what the journal knows of it then."""
    given = {whose: sorted(some) for whose, some in landscape.grants.items()}
    tried = []
    for change in plan.changes:
        known = change.resolved(ref=change.ref, after=landscape._resolved(change))
        landscape.apply(Only([known]))
        ref = change.ref or landscape.links[change.target, change.person]
        already = takes_over(change) or change.verb is Verb.CORRELATE
        outcome = Outcome.ALREADY if already else Outcome.DONE
        tried.append(Tried(change=known, outcome=outcome, ref=ref))
    kept = {
        (change.target, change.person): [
            {"permission": one, "name": one}
            for one in given.get((change.target, change.person), ())
        ]
        for change in plan.changes
        if change.verb in {Verb.DELETE, Verb.UNMANAGE} and "permission" not in change.before
    }
    return Past(run=run, tried=tried, kept=kept, **past)


def state(landscape, besides=frozenset()):
    """What targets hold and the ledger knows, without some accounts: (target, ref)."""
    held = landscape.held()
    for name, target in held.items():
        for part in ("accounts", "attributes"):
            target[part] = {
                ref: one for ref, one in target[part].items() if (name, ref) not in besides
            }
        target["members"] = {one for one in target["members"] if (name, one[0]) not in besides}
    links = {
        whose: ref
        for whose, ref in landscape.links.items()
        if (whose[0], ref) not in besides and ref in landscape.targets[whose[0]].accounts
    }
    # What the ledger thought was granted, and nobody holds, is not brought back.
    grants = {
        whose: frozenset(one for one in some if (links[whose], one) in held[whose[0]]["members"])
        for whose, some in landscape.grants.items()
        if whose in links
    }
    return held, links, {whose: some for whose, some in grants.items() if some}


def without_deletes(world):
    """Nothing brings the accounts of this landscape back."""
    ad = world.landscape.policies["ad"]
    world.landscape.policies["ad"] = replace(ad, leavers=Leavers())


@quick
@given(worlds())
def test_a_run_and_its_undo_leave_everything_as_it_was(world):
    without_deletes(world)
    landscape = world.landscape
    before = state(landscape)

    past = carry_out(landscape, make_plan(world.inputs()), deletes=True)
    undo = plan_undo(world.inputs(), past)
    carry_out(landscape, undo)

    stays = frozenset((note.target, note.ref) for note in undo.notes if note.code == CANNOT)
    assert state(landscape, stays) == tuple(_without(before, stays))


def _without(before, stays):
    held, links, grants = before
    yield {
        name: {
            "accounts": {r: one for r, one in t["accounts"].items() if (name, r) not in stays},
            "attributes": {r: one for r, one in t["attributes"].items() if (name, r) not in stays},
            "members": {one for one in t["members"] if (name, one[0]) not in stays},
        }
        for name, t in held.items()
    }
    kept = {whose: ref for whose, ref in links.items() if (whose[0], ref) not in stays}
    yield kept
    yield {whose: some for whose, some in grants.items() if whose in kept}


@quick
@given(worlds())
def test_a_second_undo_has_nothing_to_do(world):
    without_deletes(world)
    past = carry_out(world.landscape, make_plan(world.inputs()))
    carry_out(world.landscape, plan_undo(world.inputs(), past))

    assert list(plan_undo(world.inputs(), past).changes) == []


@quick
@given(worlds())
def test_an_undo_that_is_undone_leaves_what_the_run_left(world):
    without_deletes(world)
    past = carry_out(world.landscape, make_plan(world.inputs()))
    after_run = state(world.landscape)
    undone = carry_out(world.landscape, plan_undo(world.inputs(), past), run="u")

    carry_out(world.landscape, plan_undo(world.inputs(), undone))

    assert state(world.landscape) == after_run


@quick
@given(worlds())
def test_an_undo_touches_nothing_that_the_run_did_not(world):
    past = carry_out(world.landscape, make_plan(world.inputs()))
    touched = {(one.change.target, one.change.person) for one in past.tried}
    undo = plan_undo(world.inputs(), past)
    assert {(change.target, change.person) for change in undo.changes} <= touched
