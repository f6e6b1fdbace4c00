"""Golden cases of taking a run back: one file each, in `cases/undo`.

Beside what a case of the planner gives (see `test_plan_cases.py`: what HR, targets and ledger say
*now*), a file says what the run `tried`: `target`, `person`, `verb`, and `ref`, `before`, `after`
where they count; `outcome` is `done` when left out, `open` for nobody knows; `receipt` is the ref
that the receipt names, `produced` what it says of the account. `kept` is what had been given to an
account until then, per target and person; with `deletes`, accounts that the run made are deleted.
It expects `changes` and `notes` as a case of the planner does.
"""

import pytest

from connectors.model.change import CHANGES, Verb
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome
from connectors.model.values import decode_value
from tasks.lifecycle.afterwards import afterwards
from tasks.lifecycle.undo import Past, plan_undo
from tasks.lifecycle.undo_effects import Tried
from tests.tasks.lifecycle import hr
from tests.tasks.lifecycle.test_plan_cases import compared, inputs_of, written


def values(given):
    return {name: decode_value(value) for name, value in (given or {}).items()}


def tried(one):
    change = CHANGES[Verb(one["verb"])](
        target=one["target"],
        person=one["person"],
        ref=one.get("ref"),
        before=values(one.get("before")),
        after=values(one.get("after")),
        because=("rule:test",),
        context=one.get("context", {}),
    )
    outcome = one.get("outcome", "done")
    return Tried(
        change=change,
        outcome=None if outcome == "open" else Outcome(outcome),
        ref=one.get("receipt"),
        produced=values(one.get("produced")),
    )


def past_of(case):
    return Past(
        run="r1",
        tried=[tried(one) for one in case["tried"]],
        kept={
            (target, person): [values(content) for content in some]
            for target, persons in case.get("kept", {}).items()
            for person, some in persons.items()
        },
        deletes=case.get("deletes", False),
    )


@pytest.fixture(scope="module", params=hr.cases("undo"))
def planned(request):
    """A case, what it was made from and its plan, made once."""
    inputs = inputs_of(request.param)
    return request.param, inputs, plan_undo(inputs, past_of(request.param))


def test_undo(planned):
    case, _, plan = planned
    expected, notes = case.get("changes", []), case.get("notes", [])
    assert expected or notes or case.get("silent"), "silence has a reason too: say it"

    changes = list(plan.changes)
    assert [(c.target, c.person, c.verb.value) for c in changes] == [
        (one["target"], one["person"], one["verb"]) for one in expected
    ], [note.reason for note in plan.notes]
    for one, change in zip(expected, changes, strict=True):
        assert compared(one, change) == written(one)
        assert change.because == ("undo:r1",)
    assert sorted((n.target, n.person, n.code) for n in plan.notes) == sorted(
        (one["target"], one["person"], one["code"]) for one in notes
    ), [note.to_json() for note in plan.notes]
    for one in notes:
        assert any(
            one["code"] == note.code and one.get("reason", "") in note.reason for note in plan.notes
        ), f"no note says {one}: {[note.reason for note in plan.notes]}"


def test_it_is_a_plan_like_any_other(planned):
    case, inputs, plan = planned
    assert Plan.from_bytes(plan.to_bytes()).to_bytes() == plan.to_bytes()
    assert plan_undo(inputs, past_of(case)).to_bytes() == plan.to_bytes()
    assert [section.target for section in plan.sections] == list(inputs.policies)


def test_what_it_leaves_behind_is_what_its_changes_say(planned):
    _, inputs, plan = planned
    manifests = {name: policy.manifest for name, policy in inputs.policies.items()}
    after = afterwards(inputs.accounts, manifests, plan)
    for change in plan.changes:
        held, ref = after[change.target], str(change.ref)
        there = ref in held.accounts.index
        assert there is (change.verb is not Verb.DELETE)
        match change.verb:
            case Verb.ENABLE | Verb.DISABLE:
                assert bool(held.accounts.at[ref, "enabled"]) is (change.verb is Verb.ENABLE)
            case Verb.MOVE:
                assert held.accounts.at[ref, "container"] == change.after["container"]
            case Verb.GRANT | Verb.REVOKE:
                permission = {**change.before, **change.after}["permission"]
                rows = held.grants[held.grants["ref"] == ref]
                assert (permission in set(rows["permission"])) is (change.verb is Verb.GRANT)
    for section in plan.sections:
        if not section.changes:
            assert after[section.target] is inputs.accounts[section.target]
