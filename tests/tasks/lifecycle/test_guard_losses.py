"""S12: nobody vanished and nothing is deleted, and yet many people lose what they work with."""

from connectors.model.change import Verb
from tasks.lifecycle.guard_difference import Difference
from tasks.lifecycle.guard_losses import review_losses
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import PERMISSION, change, numbers, people, plan_of, policies

STAYS = ("contract:7", "not_due")
LEAVES = ("ended:2026-11-22",)
LIMITED = policies({"losses": Limit(share=0.1), Verb.REVOKE: Limit()})
KNOWN = people(numbers(40), of_contracts={"department_id": "CARE"})


def losses(count, *, because=STAYS, **content):
    content = content or {"before": PERMISSION}
    return [change(Verb.REVOKE, person, because=because, **content) for person in numbers(count)]


def department_changed(count):
    now = people(
        numbers(40), of_contracts={"department_id": ["SHOP"] * count + ["CARE"] * (40 - count)}
    )
    return Difference(now, KNOWN)


def test_people_who_stay_and_lose_a_group_trip_exactly_above_the_limit():
    assert review_losses(plan_of(losses(4), managed=40), LIMITED, None) == []
    (objection,) = review_losses(plan_of(losses(5), managed=40), LIMITED, department_changed(5))
    assert objection.reason == (
        "ad: 5 persons with an account that stays would lose 5 memberships or permissions, 10% of "
        "the 40 managed are allowed (4): 00000, 00001, 00002, 00003, 00004; because "
        "contract.department.id changed for 5 of them; if that is right, look at the plan and "
        "approve it, or change targets.ad.limits.losses"
    )
    assert (objection.code, objection.figure, objection.of) == ("losses", 5, 40)


def test_persons_are_counted_and_not_what_they_lose():
    twice = losses(4) + losses(4, before={"permission": "h", "name": "H"})
    assert review_losses(plan_of(twice, managed=40), LIMITED, None) == []


def test_leavers_and_what_nobody_held_any_more_are_no_losses():
    found = [*losses(20, because=LEAVES), *losses(20, after=PERMISSION)]
    assert review_losses(plan_of(found, managed=40), LIMITED, None) == []


def test_a_rule_that_changed_is_told_from_a_person_who_changed():
    (objection,) = review_losses(plan_of(losses(5), managed=40), LIMITED, department_changed(0))
    assert "of none of them HR says anything else than before: a rule" in objection.reason


def test_a_contract_that_ended_is_told():
    now = people(numbers(40), of_contracts={"department_id": "CARE"})
    now.contracts = now.contracts.iloc[3:]
    (objection,) = review_losses(plan_of(losses(5), managed=40), LIMITED, Difference(now, KNOWN))
    assert "a contract came or went for 3 of them" in objection.reason


def test_before_the_first_accepted_import_there_is_nothing_to_tell():
    (objection,) = review_losses(plan_of(losses(5), managed=40), LIMITED, None)
    assert "no earlier import" in objection.reason


def test_without_a_limit_anybody_may_lose_anything():
    assert review_losses(plan_of(losses(40), managed=40), policies(), None) == []
    assert review_losses(plan_of(losses(40), managed=40), policies({"losses": Limit()}), None) == []
