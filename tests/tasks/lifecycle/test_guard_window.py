import pytest

from connectors.model.change import Verb
from tasks.lifecycle.guard_plan import Base
from tasks.lifecycle.guard_window import review_window
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import PERMISSION, changes, plan_of, policies

A_TENTH = Limit(share=0.1)


def weighed(verb, planned, before, *, managed=100, window=A_TENTH, **more):
    limits = policies(window={verb: window}, **more)
    done = {"ad": {verb.value: before}}
    return review_window(plan_of(changes(verb, planned), managed=managed), limits, done)


def test_a_slow_leak_trips_exactly_above_the_limit_of_its_days():
    assert weighed(Verb.DISABLE, 1, 9) == []
    (objection,) = weighed(Verb.DISABLE, 1, 10)
    assert objection.reason == (
        "ad: 1 account would be disabled, after 10 in the last 7 days: 11 together, 10% of the 100 "
        "managed are allowed (10) in 7 days: 00000; if that is right, look at the plan and approve "
        "it, or change targets.ad.limits.cumulative.disable"
    )
    assert (objection.code, objection.figure, objection.of) == ("window", 11, 100)
    assert not objection.structural


def test_what_was_deleted_belongs_to_the_base_so_that_it_does_not_shrink_meanwhile():
    assert weighed(Verb.DELETE, 1, 9, managed=91) == []
    assert len(weighed(Verb.DELETE, 1, 10, managed=90)) == 1
    (objection,) = weighed(Verb.DELETE, 2, 9, managed=91)
    assert objection.of == 100


def test_what_was_revoked_belongs_to_what_was_granted():
    revoked = changes(Verb.REVOKE, 2, before=PERMISSION, after={})
    limits = policies(window={Verb.REVOKE: Limit(share=0.1)})
    done = {"ad": {"revoke": 8}}
    plan = plan_of(revoked, managed=3)
    assert review_window(plan, limits, done, {"ad": Base(managed=3, granted=92)}) == []
    (objection,) = review_window(plan, limits, done, {"ad": Base(managed=3, granted=91)})
    assert (objection.figure, objection.of) == (10, 99)


def test_what_happened_before_is_no_reason_to_refuse_a_plan_without_it():
    limits = policies(window={Verb.DELETE: Limit(share=0.1)})
    assert review_window(plan_of(changes(Verb.UPDATE, 5)), limits, {"ad": {"delete": 99}}) == []


def test_verbs_and_targets_without_a_limit_of_days_are_left_alone():
    assert weighed(Verb.CREATE, 500, 500, window=Limit()) == []
    assert review_window(plan_of(changes(Verb.CREATE, 5)), policies(), {"ad": {"create": 9}}) == []


def test_other_targets_do_not_count():
    limits = policies(window={Verb.DELETE: Limit(count=1)})
    plan = plan_of(changes(Verb.DELETE, 1))
    assert review_window(plan, limits, {"elsewhere": {"delete": 9}}) == []


@pytest.mark.parametrize(("one_run", "told"), [(Limit(share=0.05), 0), (Limit(), 1)])
def test_a_single_run_is_not_refused_twice_for_the_same(one_run, told):
    assert len(weighed(Verb.DELETE, 50, 0, limits={Verb.DELETE: one_run})) == told


def test_the_days_are_those_of_the_profile():
    (objection,) = weighed(Verb.DELETE, 9, 9, over_days=1)
    assert "after 9 in the last 1 day: 18 together" in objection.reason
