from dataclasses import replace

import pandas as pd
import pytest

from connectors.model.change import OFFERED, Verb
from tasks.lifecycle.guard_plan import Base, base_of, review_plan
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import (
    LICENCE,
    PERMISSION,
    change,
    changes,
    codes,
    plan_of,
    policies,
    reading,
    reasons,
)
from tests.tasks.lifecycle.site import POLICIES


@pytest.mark.parametrize("verb", sorted(OFFERED))
def test_a_limit_of_a_verb_trips_exactly_above_its_threshold(verb):
    content = {"before": PERMISSION} if verb is Verb.REVOKE else {"after": {"x": "y"}}
    limits = policies({verb: Limit(count=3)})
    assert review_plan(plan_of(changes(verb, 3, **content)), limits) == []
    (objection,) = review_plan(plan_of(changes(verb, 4, **content)), limits)
    assert (objection.code, objection.target, objection.verb) == ("limit", "ad", verb)
    assert (objection.figure, objection.limit) == (4, "3")
    assert objection.persons == ("00000", "00001", "00002", "00003")
    assert objection.key == f"targets.ad.limits.{verb}"


def test_an_objection_reads_like_a_sentence_with_figures_people_and_a_way_out():
    limits = policies({Verb.DISABLE: Limit(share=0.1)})
    (objection,) = review_plan(plan_of(changes(Verb.DISABLE, 12), managed=40), limits)
    assert objection.reason == (
        "ad: 12 accounts would be disabled, 10% of the 40 managed are allowed (4): 00000, 00001, "
        "00002, 00003, 00004 and 7 more; if that is right, look at the plan and approve it, or "
        "change targets.ad.limits.disable"
    )


@pytest.mark.parametrize(
    ("limit", "managed", "said"),
    [
        (Limit(count=1), 40, "2 accounts would be deleted, 1 is allowed: "),
        (Limit(count=0), 40, "2 accounts would be deleted, none are allowed: "),
        (Limit(share=0.05), 8, "5% of the 8 managed is allowed (1): 00000, 00001; if"),
        (Limit(count=1, share=0.5), 8, "1 and 50% of the 8 managed is allowed (1): "),
    ],
)
def test_the_figures_fit_the_form_of_the_limit(limit, managed, said):
    found = review_plan(
        plan_of(changes(Verb.DELETE, 2), managed=managed), policies({Verb.DELETE: limit})
    )
    assert said in found[0].reason


def test_a_first_load_is_told_that_an_approval_is_the_way():
    limits = policies({Verb.GRANT: Limit(share=0.3), Verb.CREATE: Limit(count=50)})
    found = [
        *changes(Verb.CREATE, 51),
        *changes(Verb.GRANT, 286, after=PERMISSION),
    ]
    create, grant = review_plan(plan_of(found, managed=0), limits)
    assert create.reason.startswith("ad: 51 accounts would be made, 50 are allowed: ")
    assert grant.reason.startswith(
        "ad: 286 memberships or permissions would be given, none is granted yet, and 30% of nothing"
        " allows 1: "
    )
    assert grant.reason.endswith(
        "; a first load is approved: look at the plan, then approve it, or change "
        "targets.ad.limits.grant"
    )


def test_a_record_that_hr_keeps_is_cleared_and_not_deleted():
    clears = {"ad": replace(POLICIES["hr"], name="ad", limits={Verb.DELETE: Limit(count=0)})}
    assert clears["ad"].manifest.delete_clears
    found = [change(Verb.DELETE, before={"EmAd": "a@example.org"})]
    assert "1 record would be cleared" in review_plan(plan_of(found), clears)[0].reason


def test_a_share_is_of_what_is_managed():
    limits = policies({Verb.DISABLE: Limit(share=0.1)})
    found = changes(Verb.DISABLE, 5, after={"enabled": False})
    assert review_plan(plan_of(found, managed=50), limits) == []
    assert len(review_plan(plan_of(found, managed=49), limits)) == 1


@pytest.mark.parametrize("managed", [0, 1, 3, 8])
def test_one_change_always_passes_a_share_and_two_do_not(managed):
    limits = policies({Verb.DELETE: Limit(share=0.05)})
    assert review_plan(plan_of(changes(Verb.DELETE, 1), managed=managed), limits) == []
    assert len(review_plan(plan_of(changes(Verb.DELETE, 2), managed=managed), limits)) == 1


@pytest.mark.parametrize("accounts", [150, 8])
def test_a_company_that_disappears_is_refused_whatever_its_size(accounts):
    limits = policies({Verb.DISABLE: Limit(share=0.1), Verb.DELETE: Limit(share=0.05)})
    found = [*changes(Verb.DISABLE, accounts), *changes(Verb.DELETE, accounts)]
    assert len(review_plan(plan_of(found, managed=accounts), limits)) == 2


def test_each_verb_has_its_own_limit_and_all_objections_are_told():
    limits = policies({Verb.CREATE: Limit(count=1), Verb.DELETE: Limit(count=0)})
    found = [*changes(Verb.CREATE, 2), *changes(Verb.DELETE, 1)]
    assert [one.verb for one in review_plan(plan_of(found), limits)] == ["create", "delete"]


def test_what_only_brings_the_ledger_in_line_counts_towards_no_limit():
    limits = policies({verb: Limit(count=0) for verb in Verb})
    found = [
        *changes(Verb.GRANT, 500, before=PERMISSION, after=PERMISSION),
        *changes(Verb.REVOKE, 500, after=PERMISSION),
        *changes(Verb.UNMANAGE, 500, before={"number": "1"}, after={}),
    ]
    assert review_plan(plan_of(found), limits) == []


def test_a_record_that_is_clear_already_counts_towards_no_limit():
    clears = {"ad": replace(POLICIES["hr"], name="ad", limits={Verb.DELETE: Limit(count=0)})}
    assert review_plan(plan_of(changes(Verb.DELETE, 9, after={})), clears) == []


def test_what_a_target_cannot_do_is_no_plan():
    (objection,) = review_plan(plan_of(changes(Verb.DELETE, 2)), policies(cannot=[Verb.DELETE]))
    assert objection.structural
    assert reasons([objection]) == ["ad cannot delete; this is a fault of the planner"]


# --- Groups, and permissions that are none --------------------------------------------------------


def granted(groups, licences=0):
    """Bases of a target in which the ledger knows so many grants."""
    return {"ad": Base(managed=1000, granted=groups + licences, permissions=licences)}


@pytest.mark.parametrize(("verb", "side"), [(Verb.GRANT, "after"), (Verb.REVOKE, "before")])
def test_a_share_of_grants_is_of_what_is_granted_and_not_of_the_accounts(verb, side):
    limits = policies({verb: Limit(share=0.2)})
    found = changes(verb, 20, **{"after": {}, side: PERMISSION})
    assert review_plan(plan_of(found, managed=1000), limits, granted(100)) == []
    (objection,) = review_plan(plan_of(found, managed=1000), limits, granted(99))
    assert "20% of the 99 granted are allowed (19)" in objection.reason
    assert (objection.figure, objection.of) == (20, 99)


def test_permissions_that_are_really_given_or_taken_do_count():
    limits = policies({Verb.GRANT: Limit(count=0), Verb.REVOKE: Limit(count=0)})
    found = [change(Verb.GRANT, after=PERMISSION), change(Verb.REVOKE, before=PERMISSION)]
    assert len(review_plan(plan_of(found), limits)) == 2


def test_all_licences_taken_away_are_not_hidden_among_a_thousand_groups():
    limits = policies({Verb.REVOKE: Limit(share=0.2), "revoke_permission": Limit(share=0.2)})
    found = changes(Verb.REVOKE, 10, after={}, before=LICENCE)
    (objection,) = review_plan(plan_of(found), limits, granted(1000, licences=10))
    assert objection.reason.startswith(
        "ad: 10 permissions would be taken away, 20% of the 10 granted are allowed (2): "
    )
    assert objection.key == "targets.ad.limits.revoke_permission"


def test_groups_count_towards_the_limit_of_all_and_not_towards_that_of_permissions():
    limits = policies({Verb.GRANT: Limit(count=10), "grant_permission": Limit(count=0)})
    found = changes(Verb.GRANT, 10, after=PERMISSION)
    assert review_plan(plan_of(found), limits, granted(100)) == []
    found.append(change(Verb.GRANT, "9", after=LICENCE))
    assert [one.key for one in review_plan(plan_of(found), limits, granted(100))] == [
        "targets.ad.limits.grant",
        "targets.ad.limits.grant_permission",
    ]


def test_where_everything_is_a_permission_the_same_is_not_said_twice():
    same = {Verb.REVOKE: Limit(share=0.2), "revoke_permission": Limit(share=0.2)}
    found = changes(Verb.REVOKE, 10, after={}, before=LICENCE)
    assert codes(review_plan(plan_of(found), policies(same), granted(0, licences=10))) == ["limit"]


def test_what_is_granted_is_what_the_ledger_knows_and_what_is_taken_over_now():
    (section,) = plan_of(
        [
            change(Verb.GRANT, "1", before=LICENCE, after=LICENCE),
            change(Verb.GRANT, "2", after=LICENCE),
            change(Verb.GRANT, "3", after=PERMISSION),
        ]
    ).sections
    held = reading(["a"], permissions={"g": "G", "l": "L"}, kinds={"l": "permission"})
    ledger = pd.DataFrame({"permission": ["g", "l", "gone"]})
    assert base_of(section, held, ledger) == Base(managed=100, granted=4, permissions=2)
    assert base_of(section, held) == Base(managed=100, granted=1, permissions=1)
    assert base_of(section) == Base(managed=100, granted=1, permissions=0)


def test_in_a_target_with_groups_only_no_grant_is_of_a_permission():
    (section,) = plan_of([]).sections
    held = reading(["a"], permissions={"g": "G"})
    ledger = pd.DataFrame({"permission": ["g", "g"]})
    assert base_of(section, held, ledger) == Base(managed=100, granted=2, permissions=0)
