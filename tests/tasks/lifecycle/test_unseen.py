"""Targets that could not be read: the others go on, and nothing is concluded from not knowing."""

from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.lifecycle.in_use import blind_in
from tasks.lifecycle.plan import decide, make_plan
from tasks.lifecycle.policy import Leavers
from tasks.lifecycle.reconcile import find_issues
from tasks.lifecycle.taken import Blind
from tasks.lifecycle.unseen import UNSEEN, Unseen, notes_on, sight_of
from tests.tasks.lifecycle.site import APPLICATION, EMPLOYEE, POLICIES, fields
from tests.tasks.lifecycle.test_plan_cases import SITE, inputs_of
from tests.tasks.lifecycle.worlds import worlds

DAY = date(2026, 11, 23)
WHY = "ad: connection refused"
WORK = {
    "person_id": "1001",
    "start_date": date(2020, 1, 1),
    "department_id": "CARE",
    "title": "Nurse",
}
JANINE = {"as_of": DAY, "settled": ["janine"], "contracts": [WORK]}
NEWCOMER = {**JANINE, "settled": [], "persons": [SITE["persons"]["janine"]]}
IN_APP = [{"id": "app", "when": None, "grant": {"app": {"account": True, "access": True}}}]
BOTH = [*SITE["rules"], *IN_APP]


def unseen(case, *targets, **parts):
    """The inputs of a case, with some targets that could not be read."""
    inputs = inputs_of(case)
    for target in targets:
        del inputs.accounts[target]
    inputs.unseen = dict.fromkeys(targets, WHY)
    for name, value in parts.items():
        setattr(inputs, name, value)
    return inputs


def told(plan, target, person=None):
    return [
        (note.code, note.reason)
        for note in plan.notes
        if note.target == target and (person is None or note.person == person)
    ]


def done(plan):
    return {(change.target, change.person, change.verb.value) for change in plan.changes}


def of(target, **mapped):
    """Policies of the case files, with other fields of one target."""
    return {"policies": {target: {"only_fields": mapped}}}


# --- The target itself ----------------------------------------------------------------------------


def test_it_has_no_section_and_a_note_says_which_target_why_and_what_to_do():
    plan = make_plan(unseen(NEWCOMER, "ad"))
    assert [section.target for section in plan.sections] == ["hr"]
    ((code, reason),) = told(plan, "ad")
    assert code == UNSEEN
    assert reason.startswith("could not be read: ad: connection refused. What it holds is unknown:")
    assert "`retour check`" in reason


def test_a_reason_that_ends_in_a_full_stop_gets_no_other():
    (note,) = notes_on({"ad": "ad: refused. Look at the token."})
    assert "token. What" in note.reason
    assert repr(Unseen("ad", WHY)) == "Unseen(ad)"


def test_a_plan_without_a_section_is_another_plan_than_one_with_an_empty_one():
    seen, blind = make_plan(inputs_of(JANINE)), make_plan(unseen(JANINE, "ad"))
    assert (len(seen), len(blind)) == (0, 0)
    assert seen.digest != blind.digest


def test_nothing_of_it_is_given_up_because_it_does_not_show():
    """Everybody has left: what is not seen stays, and what is seen goes its way."""
    gone = {**JANINE, "contracts": [{**WORK, "end_date": date(2026, 1, 1)}]}
    assert ("ad", "1001", "disable") in done(make_plan(inputs_of(gone)))
    assert not {one for one in done(make_plan(unseen(gone, "ad"))) if one[0] == "ad"}


# --- What builds on it ----------------------------------------------------------------------------


def test_what_comes_from_it_stays_as_it_is_in_accounts_of_others():
    wrong = {**JANINE, "accounts": {"hr": {"1001": {"holds": {"EmAd": "old@example.org"}}}}}
    assert ("hr", "1001", "update") in done(make_plan(inputs_of(wrong)))
    plan = make_plan(unseen(wrong, "ad"))
    assert done(plan) == set()
    ((code, reason),) = told(plan, "hr")
    assert code == UNSEEN
    assert reason == (
        "ad could not be read, so its mail is not known; EmAd of 1 account stays as it is"
    )


def test_so_does_a_text_of_which_it_would_give_a_part_that_may_be_missing():
    mapped = of("hr", Remark={"template": "mail {accounts.ad.mail?}"})
    held = {**JANINE, **mapped, "accounts": {"hr": {"1001": {"holds": {"Remark": "mail x"}}}}}
    assert ("hr", "1001", "update") in done(make_plan(inputs_of(held)))
    assert done(make_plan(unseen(held, "ad"))) == set()


def test_what_others_say_is_written_all_the_same():
    mapped = of("hr", EmAd={"from": "accounts.ad.mail"}, Title={"from": "contract.title"})
    plan = make_plan(unseen({**JANINE, **mapped}, "ad"))
    (change,) = plan.changes
    assert (change.target, dict(change.after)) == ("hr", {"Title": "Nurse"})


def test_an_account_that_takes_a_value_from_it_waits():
    case = {**NEWCOMER, "targets": ["ad", "app"], "rules": BOTH}
    assert ("app", "1001", "create") in done(make_plan(inputs_of(case)))
    plan = make_plan(unseen(case, "ad"))
    assert done(plan) == set()
    assert told(plan, "app", "1001") == [
        ("waiting", "ad could not be read, so its upn is not known; the account here waits for it")
    ]


NUMBERED = of("app", userName={"from": "person.external_id"})


def test_an_account_that_takes_no_value_from_it_waits_for_its_turn_alone():
    case = {**NEWCOMER, "targets": ["ad", "app"], "rules": BOTH, **NUMBERED}
    plan = make_plan(unseen(case, "ad"))
    assert done(plan) == set()
    assert told(plan, "app", "1001") == [
        ("waiting", "ad comes first and could not be read; the account here waits")
    ]
    known = {**case, "ledger": {"links": {"ad": {"1001": "a1"}}}}
    assert ("app", "1001", "create") in done(make_plan(unseen(known, "ad")))
    alone = {**case, "rules": IN_APP}
    assert ("app", "1001", "create") in done(make_plan(unseen(alone, "ad")))
    apart = {**case, "policies": {"app": {**NUMBERED["policies"]["app"], "depends_on": []}}}
    assert ("app", "1001", "create") in done(make_plan(unseen(apart, "ad")))


def test_an_account_is_taken_over_only_with_all_that_is_written_then():
    known = {"hr": {"1001": {"person": "1001", "holds": {"number": "1001"}}}}
    case = {**NEWCOMER, "accounts": known}
    assert ("hr", "1001", "correlate") in done(make_plan(inputs_of(case)))
    plan = make_plan(unseen(case, "ad"))
    assert done(plan) == set()
    assert told(plan, "hr", "1001") == [
        (
            "waiting",
            "ad could not be read, so its mail is not known; the account is taken over when it is",
        )
    ]
    own = {**case, **of("hr", Title={"from": "contract.title"})}
    assert ("hr", "1001", "correlate") in done(make_plan(unseen(own, "ad")))


def test_an_account_that_comes_from_it_and_is_recognised_by_what_hr_says_is_left_to_hr():
    mapped = {"number": {"from": "accounts.ad.mail"}, "shownAs": {"value": "x"}}
    app = replace(POLICIES["app"], fields=fields(APPLICATION, **mapped))
    sight = sight_of(app, ("ad",))
    assert sight.policy.fields == app.fields
    assert sight.lost("create") == {}


def test_a_record_is_not_cleared_as_long_as_it_would_be_cleared_in_part():
    left = {"Remark": {"from": "accounts.ad.mail", "on": ["delete"]}}
    hr = replace(
        POLICIES["hr"], fields=fields(EMPLOYEE, **left), leavers=Leavers(delete_after_days=9)
    )
    sight = sight_of(hr, ("ad",))
    assert sight.policy.leavers.delete_after_days is None
    assert [note.reason for note in sight.left(0)] == [
        "records of leavers are cleared when what is left in them can be read again"
    ]
    assert sight_of(POLICIES["hr"], ("ad",)).policy.leavers == POLICIES["hr"].leavers


def test_since_when_somebody_is_gone_is_not_known_while_they_may_have_an_account_there():
    """The record follows the directory, and nobody knows since when nothing is due there."""
    absent = {
        **JANINE,
        "persons": [SITE["persons"]["janine"] | {"external_id": "1999"}],
        "contracts": [{**WORK, "person_id": "1999"}],
        "policies": {"hr": {"leavers": {"delete_after_days": 0}}},
    }
    assert ("hr", "1001", "delete") not in done(make_plan(unseen(absent, "ad")))


# --- Names ----------------------------------------------------------------------------------------

APPS_OWN = {
    "userName": {"template": "{names.local_part}@{names.domain}", "on": ["create"], "unique": True}
}
NAMED_APP = {
    "targets": ["ad", "app"],
    "policies": {"app": {"only_fields": APPS_OWN, "depends_on": []}},
}


def test_no_name_is_chosen_where_the_names_in_use_are_not_known():
    case = {**NEWCOMER, **NAMED_APP, "rules": IN_APP}
    assert ("app", "1001", "create") in done(make_plan(inputs_of(case)))
    plan = make_plan(unseen(case, "ad"))
    assert done(plan) == set()
    ((code, reason),) = told(plan, "app", "1001")
    assert code == "waiting"
    assert reason.startswith("ad could not be read, so nobody knows which names are in use there;")


@pytest.mark.parametrize("target", ["app", "hr", "user"])
def test_that_goes_for_every_target_that_takes_part_in_the_addresses(target):
    case = {**NEWCOMER, "targets": ["ad", target]}
    plan = make_plan(unseen(case, target))
    assert done(plan) == set()
    assert [code for code, _ in told(plan, "ad", "1001")] == ["waiting"]


AT_AD = {"links": {"ad": {"1001": "a1"}}}
GIVEN = {"names": [["address", "janine.vandenboele@example.org", "1001"]]}


def test_who_was_given_a_name_by_us_keeps_it_and_gets_the_account():
    case = {
        **NEWCOMER,
        **NAMED_APP,
        "rules": BOTH,
        "ledger": {**GIVEN, "links": {"ad": {"1001": "a1"}}},
    }
    (made, *_) = make_plan(unseen(case, "ad")).changes
    assert (made.target, made.after["userName"]) == ("app", "janine.vandenboele@example.org")


def test_a_name_that_somebody_else_holds_by_now_is_not_kept():
    case = {
        **NEWCOMER,
        **NAMED_APP,
        "rules": IN_APP,
        "ledger": GIVEN,
        "taken": {"app": [["address", "janine.vandenboele@example.org", "g1"]]},
    }
    plan = make_plan(unseen(case, "ad"))
    assert done(plan) == set()
    assert [code for code, _ in told(plan, "app", "1001")] == ["waiting"]


def test_a_name_is_meant_to_be_the_same_everywhere_so_it_waits_in_a_space_of_its_own_too():
    own = {"badge": {"from": "names.login", "on": ["create"], "unique": True}}
    policies = {"app": {"only_fields": own, "depends_on": []}}
    case = {**NEWCOMER, "targets": ["ad", "app"], "policies": policies, "rules": BOTH}
    assert done(make_plan(unseen(case, "ad"))) == set()
    elsewhere = {**case, "rules": IN_APP}
    assert ("app", "1001", "create") in done(make_plan(unseen(elsewhere, "ad")))


def test_a_name_of_another_kind_that_we_gave_says_nothing_about_this_one():
    own = {"badge": {"from": "names.login", "on": ["create"], "unique": True}}
    policies = {"app": {"only_fields": own, "depends_on": []}}
    case = {**NEWCOMER, "targets": ["ad", "app"], "policies": policies, "rules": BOTH}
    given = {"names": [["app.badge", "somethingelse", "1001"]]}
    plan = make_plan(unseen({**case, "ledger": given}, "ad"))
    assert done(plan) == set()
    assert [code for code, _ in told(plan, "app", "1001")] == ["waiting"]
    badge = {"names": [["app.badge", "jvandenboele", "1001"]]}
    (made, *_) = make_plan(unseen({**case, "ledger": badge | AT_AD}, "ad")).changes
    assert (made.target, made.after["badge"]) == ("app", "jvandenboele")


def test_a_name_that_follows_hr_is_none_that_is_chosen():
    shown = {"shownAs": {"from": "names.display_name"}}
    policies = {"app": {"only_fields": shown, "depends_on": []}}
    case = {**NEWCOMER, "targets": ["ad", "app"], "policies": policies, "rules": BOTH}
    assert ("app", "1001", "create") in done(make_plan(unseen(case, "ad")))


def test_what_hr_says_is_not_known_to_be_free_either():
    own = {"userName": {"from": "person.external_id", "on": ["create"], "unique": True}}
    policies = {"app": {"only_fields": own, "depends_on": []}}
    case = {**NEWCOMER, "targets": ["ad", "app"], "policies": policies, "rules": IN_APP}
    assert done(make_plan(unseen(case, "ad"))) == set()


def test_the_blind_spaces_are_those_of_the_unseen_target():
    due = {"ad": {"1001"}, "hr": set()}
    blind = blind_in(POLICIES, ("ad", "hr"), due)
    assert set(blind.spaces) == {"address", "ad:login", "ad:common_name"}
    assert blind.shared_by("1001") == "ad"
    assert blind.shared_by("1002") is None
    assert Blind().shared_by("1001") is None


# --- The other side -------------------------------------------------------------------------------


def test_a_rename_waits_with_the_names_and_the_rest_is_written():
    named = {"displayName": {"from": "names.display_name"}, **APPS_OWN}
    policies = {"app": {"only_fields": named, "depends_on": []}}
    case = {**JANINE, "targets": ["ad", "app"], "policies": policies, "rules": BOTH}
    case |= {
        "accounts": {
            "app": {"b1": {"person": "1001", "enabled": True, "holds": {"number": "1001"}}}
        }
    }
    case |= {"ledger": {"links": {"ad": {"1001": "a1"}, "app": {"1001": "b1"}}}}
    inputs = unseen(case, "ad")
    inputs.memory.called = {"1001": "something else"}
    inputs.options = replace(inputs.options, rename=True)
    (change,) = make_plan(inputs).changes
    assert set(change.after) == {"displayName"}


def test_a_reconciliation_looks_at_the_others_alone():
    wrong = {**JANINE, "accounts": {"hr": {"1001": {"holds": {"Title": "Boss"}}}}}
    mapped = of("hr", Title={"from": "contract.title"})
    issues = find_issues(decide(unseen({**wrong, **mapped}, "ad")))
    assert {(issue.target, issue.subject) for issue in issues} == {("hr", "Title")}


quick = settings(max_examples=12, derandomize=True)
TARGETS = st.sampled_from(sorted(POLICIES))


def without(world, target):
    inputs = world.inputs()
    del inputs.accounts[target]
    inputs.unseen = {target: WHY}
    return inputs


def by_person(world):
    """Who holds what, whatever the accounts are called."""
    held = world.landscape.held()
    return {
        name: sorted(
            (
                sorted((key, str(value)) for key, value in account.items()),
                sorted((key, str(value)) for key, value in target["attributes"][ref].items()),
                sorted(group for whose, group in target["members"] if whose == ref),
            )
            for ref, account in target["accounts"].items()
        )
        for name, target in held.items()
    }


@quick
@given(worlds(), TARGETS)
def test_less_is_done_never_something_else_and_the_next_run_does_the_rest(world, target):
    calm = deepcopy(world)
    whole, part = make_plan(calm.inputs()), make_plan(without(world, target))
    wanted = {(c.target, c.person, c.verb, permission_of(c)): c for c in whole.changes}
    for change in part.changes:
        full = wanted[change.target, change.person, change.verb, permission_of(change)]
        assert change.target != target
        assert dict(change.after).items() <= dict(full.after).items()
    calm.landscape.apply(whole)
    world.landscape.apply(part)
    world.landscape.apply(make_plan(world.inputs()))
    assert by_person(world) == by_person(calm)


def permission_of(change):
    return {**change.before, **change.after}.get("permission")
