"""What the guards count, also where they say nothing."""

import pytest

from connectors.model.change import Verb
from tasks.lifecycle.guard import measure, review
from tasks.lifecycle.guard_accounts import measure_accounts
from tasks.lifecycle.guard_losses import measure_losses
from tasks.lifecycle.guard_plan import Base, measure_plan
from tasks.lifecycle.guard_protected import measure_protected
from tasks.lifecycle.guard_source import SourceLimits, measure_source
from tasks.lifecycle.guard_window import measure_window
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import (
    LICENCE,
    PERMISSION,
    change,
    changes,
    numbers,
    people,
    plan_of,
    policies,
    reading,
)
from tests.tasks.lifecycle.test_guard import evidence, linked


def by_key(measures):
    return {one.key: one for one in measures}


def test_a_limit_that_holds_says_how_near_it_is():
    limits = policies({Verb.DISABLE: Limit(share=0.1), Verb.DELETE: Limit(count=0)})
    found = by_key(measure_plan(plan_of(changes(Verb.DISABLE, 3), managed=198), limits))

    disable = found["targets.ad.limits.disable"]
    assert disable.to_json(approved=False) == {
        "code": "limit",
        "target": "ad",
        "verb": "disable",
        "field": "",
        "figure": 3,
        "of": 198,
        "what": "managed",
        "limit": "10%",
        "most": 19,
        "key": "targets.ad.limits.disable",
        "state": "holds",
    }
    delete = found["targets.ad.limits.delete"]
    assert (delete.figure, delete.most, delete.over) == (0, 0, False)


def test_a_limit_that_trips_carries_its_objection_and_an_approval_lifts_it():
    limits = policies({Verb.DELETE: Limit(count=2)})
    (tripped,) = [one for one in measure_plan(plan_of(changes(Verb.DELETE, 3)), limits) if one.over]
    assert tripped.objection is not None
    assert (tripped.figure, tripped.most) == (tripped.objection.figure, 2)
    assert tripped.state(approved=False) == "tripped"
    assert tripped.state(approved=True) == "lifted"


def test_what_the_target_cannot_do_is_structural():
    limits = policies(cannot=[Verb.MOVE])
    (unsupported,) = measure_plan(plan_of(changes(Verb.MOVE, 2)), limits)
    assert (unsupported.code, unsupported.figure, unsupported.verb) == ("unsupported", 2, "move")
    assert unsupported.state(approved=True) == "tripped"


def test_permissions_are_held_against_permissions():
    plan = plan_of([*changes(Verb.REVOKE, 1, before=LICENCE, after={})])
    limits = policies({"revoke_permission": Limit(count=9)})
    found = by_key(measure_plan(plan, limits, {"ad": Base(managed=5, granted=9, permissions=4)}))
    licences = found["targets.ad.limits.revoke_permission"]
    assert (licences.figure, licences.of, licences.what) == (1, 4, "permissions granted")


def test_accounts_that_vanished_are_counted_also_when_none_did():
    (held,) = measure_accounts(
        people(numbers(5)),
        {"ad": Memory(links=linked(numbers(5))).links_of("ad")},
        {"ad": reading([f"r{one}" for one in numbers(5)])},
        policies({Verb.DELETE: Limit(share=0.2)}),
    )
    assert (held.code, held.figure, held.of, held.over) == ("vanished", 0, 5, False)


def test_losses_are_counted_where_they_have_a_limit():
    plan = plan_of([change(Verb.REVOKE, "1", "r", before=PERMISSION, because=("contract:1",))])
    (held,) = measure_losses(plan, policies({"losses": Limit(count=4)}), None)
    assert (held.code, held.figure, held.most, held.over) == ("losses", 1, 4, False)
    assert list(measure_losses(plan, policies(), None)) == []


def test_the_days_before_count_and_what_another_limit_says_is_over_without_a_second_objection():
    plan = plan_of(changes(Verb.DELETE, 3))
    tight = policies({Verb.DELETE: Limit(count=1)}, window={Verb.DELETE: Limit(count=2)})
    (same,) = measure_window(plan, tight, {})
    assert same.over
    assert same.objection is None
    loose = policies(window={Verb.DELETE: Limit(count=9)})
    (held,) = measure_window(plan, loose, {"ad": {"delete": 4}})
    assert (held.figure, held.most, held.over) == (7, 9, False)
    (over,) = measure_window(plan, loose, {"ad": {"delete": 8}})
    assert over.objection is not None


def test_nothing_protected_is_touched_is_a_figure_too():
    (nothing,) = measure_protected(plan_of([]), {})
    assert (nothing.code, nothing.figure, nothing.over) == ("protected", 0, False)
    touched = plan_of([change(Verb.UPDATE, "1", "a", after={"x": "y"})])
    (one,) = measure_protected(touched, {}, {"1"})
    assert (one.target, one.verb, one.state(approved=True)) == ("ad", "update", "tripped")


def test_an_import_is_measured_and_the_field_nearest_to_its_limit_stands_for_all():
    limits = SourceLimits(attribute=Limit(count=5), emptied=Limit(count=5))
    known = people(numbers(10), given_name="A", nick_name="B")
    now = people(numbers(10), given_name=["C", "C", *"A" * 8], nick_name=[None, *"B" * 9])
    found = {one.code: one for one in measure_source(now, known, limits)}

    assert {code: one.figure for code, one in found.items()} == {
        "empty_source": 10,
        "blocked": 0,
        "removed": 0,
        "added": 0,
        "changed": 2,
        "keys": 0,
        "emptied": 1,
        "attribute": 2,
    }
    assert found["emptied"].field == "person.nick_name"
    assert found["attribute"].field == "person.given_name"
    assert not any(one.over for one in found.values())
    assert found["empty_source"].limit == "at least 1"


def test_two_imports_that_say_the_same_name_no_field():
    same = people(numbers(3))
    found = {one.code: one for one in measure_source(same, same, SourceLimits())}
    assert (found["attribute"].figure, found["attribute"].field) == (0, "")


def test_of_a_broken_import_nothing_else_is_measured():
    (broken,) = measure_source(people([]), people(numbers(3)), SourceLimits())
    assert (broken.code, broken.figure) == ("empty_source", 0)
    assert broken.state(approved=True) == "tripped"


@pytest.mark.parametrize(("noun", "approved"), [("person", "tripped"), ("contract", "lifted")])
def test_other_keys_of_contracts_may_be_approved_and_of_persons_never(noun, approved):
    known = people(numbers(3), keys={noun: "Number"})
    now = people(numbers(3), keys={noun: "Other"})
    (keys,) = [one for one in measure_source(now, known, SourceLimits()) if one.code == "keys"]
    assert (keys.figure, keys.state(approved=True)) == (1, approved)


def test_an_objection_is_what_its_measure_says():
    limits = policies({Verb.DELETE: Limit(count=2)})
    given = evidence(plan=plan_of(changes(Verb.DELETE, 3)), policies=limits)
    over = [one.objection for one in measure(given) if one.objection]
    assert tuple(over) == review(given)
    for one in measure(given):
        if one.objection is not None and one.code != "empty_source":
            assert (one.figure, one.target) == (one.objection.figure, one.objection.target)
