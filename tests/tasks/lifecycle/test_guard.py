from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from connectors.model.accounts import Accounts
from connectors.model.change import CHANGES, Verb
from connectors.model.people import INVALID, NO_CONTRACT, People
from connectors.model.plan import Plan, Section
from tasks.lifecycle.guard import (
    Objection,
    SourceLimits,
    lift,
    review_accounts,
    review_plan,
    review_source,
)
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.site import POLICIES

DAY = date(2026, 11, 23)
PERMISSION = {"permission": "g", "name": "G"}
LIMITS = SourceLimits(
    removed=Limit(share=0.1), added=Limit(share=0.3), blocked=Limit(share=0.1), changed=Limit()
)


def people(ids, *, blocked=(), code=INVALID, contracts=True, keys=None, **columns):
    return People(
        persons=pd.DataFrame({"external_id": ids, "family_name": "X"} | columns),
        contracts=pd.DataFrame({"external_id": ids, "person_id": ids} if contracts else {}),
        blocked=pd.DataFrame([(one, code, "why") for one in blocked], columns=BLOCKED),
        taken_at=datetime(2026, 11, 23, tzinfo=UTC),
        keys=keys,
    )


BLOCKED = ["external_id", "code", "reason"]


def numbers(count, start=0):
    return [f"{place:05}" for place in range(start, start + count)]


# --- Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "managed", "highest"),
    [
        (Limit(count=50), 0, 50),
        (Limit(count=50), 100_000, 50),
        (Limit(count=0), 100, 0),
        (Limit(share=0.1), 1000, 100),
        (Limit(share=0.1), 1009, 100),
        (Limit(share=0.3), 10, 3),  # 0.3 * 10 is 2.9999999999999996 in floating point
        (Limit(share=0.07), 100, 7),
        (Limit(share=0.1), 9, 1),
        (Limit(share=0.1), 0, 1),
        (Limit(share=0.0), 1000, 1),
        (Limit(share=1.0), 150, 150),
        (Limit(count=50, share=0.1), 1000, 50),
        (Limit(count=50, share=0.1), 100, 10),
        (Limit(count=0, share=0.5), 100, 0),
    ],
)
def test_a_limit_trips_exactly_above_its_threshold(limit, managed, highest):
    assert limit.allows(highest, of=managed)
    assert not limit.allows(highest + 1, of=managed)


def test_no_limit_allows_everything():
    assert Limit().allows(10**9, of=0)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit(count=50), "50"),
        (Limit(share=0.1), "10%"),
        (Limit(share=1.0), "100%"),
        (Limit(share=0.0), "0%"),
        (Limit(share=0.07), "7%"),
        (Limit(share=0.125), "12.5%"),
        (Limit(count=50, share=0.3), "50 and 30%"),
        (Limit(), "unlimited"),
    ],
)
def test_a_limit_reads_like_the_profile(limit, text):
    assert str(limit) == text


# --- The source -----------------------------------------------------------------------------------


def reasons(objections):
    return [objection.reason for objection in objections]


def test_an_empty_source_is_broken_whatever_was_known():
    for known in (None, people(numbers(150))):
        (objection,) = review_source(people([]), known, SourceLimits())
        assert objection.structural
        assert "no persons at all" in objection.reason


def test_persons_without_any_contract_are_a_broken_source():
    (objection,) = review_source(people(numbers(3), contracts=False), None, SourceLimits())
    assert objection.structural
    assert "no contract" in objection.reason


def test_a_first_import_has_nothing_to_be_measured_against():
    assert review_source(people(numbers(1000)), None, LIMITS) == []


def test_half_the_people_gone_is_refused():
    known = people(numbers(1000))
    (objection,) = review_source(people(numbers(500)), known, LIMITS)
    assert objection == Objection(
        "500 persons have gone from the source, where 1000 were known (limit 10%)"
    )


def test_the_share_of_persons_gone_trips_exactly_above_its_threshold():
    known = people(numbers(1000))
    assert review_source(people(numbers(900)), known, LIMITS) == []
    assert len(review_source(people(numbers(899)), known, LIMITS)) == 1


def test_a_small_site_may_lose_one_person_and_not_two():
    known = people(numbers(8))
    assert review_source(people(numbers(7)), known, LIMITS) == []
    assert len(review_source(people(numbers(6)), known, LIMITS)) == 1


def test_six_hundred_of_a_thousand_replaced_is_refused_twice():
    known = people(numbers(1000))
    found = review_source(people(numbers(1000, start=600)), known, LIMITS)
    assert reasons(found) == [
        "600 persons have gone from the source, where 1000 were known (limit 10%)",
        "600 persons are new in the source, where 1000 were known (limit 30%)",
    ]


def test_a_blocked_person_has_not_gone():
    known = people(numbers(10))
    assert review_source(people(numbers(9), blocked=["00009"]), known, LIMITS) == []


def test_a_person_without_contract_has_gone():
    known = people(numbers(10))
    now = people(numbers(8), blocked=["00008", "00009"], code=NO_CONTRACT)
    assert len(review_source(now, known, LIMITS)) == 1


def test_the_share_of_blocked_persons_trips_exactly_above_its_threshold():
    assert review_source(people(numbers(90), blocked=numbers(10, 90)), None, LIMITS) == []
    (objection,) = review_source(people(numbers(89), blocked=numbers(11, 89)), None, LIMITS)
    assert objection.reason == "11 of 100 persons lack a required field (limit 10%)"


def test_the_share_of_changed_persons_trips_exactly_above_its_threshold():
    known, limits = people(numbers(100)), SourceLimits(changed=Limit(share=0.5))

    def changed(count):
        return people(numbers(100), family_name=["Y"] * count + ["X"] * (100 - count))

    assert review_source(changed(50), known, limits) == []
    (objection,) = review_source(changed(51), known, limits)
    assert objection.reason == "51 persons changed, where 100 were known (limit 50%)"


def test_a_contract_that_changes_is_a_person_who_changes():
    known, now = people(numbers(4)), people(numbers(4))
    now.contracts.loc[:, "department_id"] = "SHOP"
    (objection,) = review_source(now, known, SourceLimits(changed=Limit(count=3)))
    assert objection.reason.startswith("4 persons changed")


def test_somebody_who_lost_every_contract_changes_nobody_else():
    known = people(numbers(50))
    now = people(numbers(50))
    now.contracts = now.contracts.iloc[1:]
    limits = SourceLimits(changed=Limit(count=1))
    assert review_source(now, known, limits) == []
    (objection,) = review_source(now, known, SourceLimits(changed=Limit(count=0)))
    assert objection.reason.startswith("1 persons changed")


def test_what_was_written_back_is_no_change():
    known = people(numbers(3))
    now = people(numbers(3), work_email=[f"{n}@example.org" for n in numbers(3)])
    assert review_source(now, known, SourceLimits(changed=Limit(count=0))) == []


POSITIONS = {"person": "Medewerker", "contract": "ExternalID of positions"}
EMPLOYMENTS = {"person": "Medewerker", "contract": "ExternalID of employments"}
BY_NUMBER = {"person": "Persoonsnummer", "contract": "ExternalID of positions"}


def other_keys(then, now, ids=("1", "2", "3")):
    return review_source(people(ids, keys=now), people(ids, keys=then), SourceLimits())


def test_contract_keys_made_in_another_way_are_refused_and_both_ways_are_named():
    (objection,) = other_keys(POSITIONS, EMPLOYMENTS)
    assert objection.reason == (
        "the key of a contract is now made from ExternalID of employments; in the last accepted"
        " import it was ExternalID of positions: put the settings of the source back, or read the"
        " plan and approve its digest"
    )


def test_a_plan_with_other_contract_keys_can_be_approved_and_one_with_other_persons_cannot():
    assert lift(other_keys(POSITIONS, EMPLOYMENTS), approved=True) == ()
    (objection,) = lift(other_keys(POSITIONS, BY_NUMBER), approved=True)
    assert "person is now made from Persoonsnummer" in objection.reason
    assert "fresh ledger" in objection.reason


def test_keys_are_compared_whatever_the_limits_allow():
    assert len(other_keys(POSITIONS, EMPLOYMENTS)) == 1
    assert len(other_keys(EMPLOYMENTS, BY_NUMBER)) == 2
    assert other_keys(POSITIONS, POSITIONS) == []


def test_a_source_that_does_not_say_how_keys_are_made_has_nothing_to_compare():
    assert other_keys(None, POSITIONS) == []
    assert other_keys(POSITIONS, None) == []
    assert review_source(people(["1"], keys=POSITIONS), None, SourceLimits()) == []


# --- The plan -------------------------------------------------------------------------------------


def change(verb, person="1", ref="a", **content):
    return CHANGES[verb](target="ad", person=person, ref=ref, because=("rule:x",), **content)


def changes(verb, count, **content):
    return [change(verb, str(place), f"a{place}", **content) for place in range(count)]


def plan_of(found, *, managed=100):
    section = Section(target="ad", depends_on=(), changes=tuple(found), managed=managed)
    return Plan(profile="p", as_of=DAY, sections=(section,))


def policies(limits=None, *, cannot=()):
    ad = replace(POLICIES["ad"], limits=limits or {})
    if cannot:
        ad = replace(ad, manifest=replace(ad.manifest, verbs=frozenset(Verb) - set(cannot)))
    return {"ad": ad}


@pytest.mark.parametrize("verb", sorted(set(Verb) - {Verb.CORRELATE}))
def test_a_limit_of_a_verb_trips_exactly_above_its_threshold(verb):
    content = {"before": PERMISSION} if verb is Verb.REVOKE else {"after": {"x": "y"}}
    limits = policies({verb: Limit(count=3)})
    assert review_plan(plan_of(changes(verb, 3, **content)), limits, {}) == []
    (objection,) = review_plan(plan_of(changes(verb, 4, **content)), limits, {})
    assert objection == Objection(f"ad: 4 x {verb} with 100 accounts managed (limit 3)")


def test_a_share_is_of_what_is_managed():
    limits = policies({Verb.DISABLE: Limit(share=0.1)})
    found = changes(Verb.DISABLE, 5, after={"enabled": False})
    assert review_plan(plan_of(found, managed=50), limits, {}) == []
    assert len(review_plan(plan_of(found, managed=49), limits, {})) == 1


def test_one_change_always_passes_a_share():
    limits = policies({Verb.DELETE: Limit(share=0.05)})
    assert review_plan(plan_of(changes(Verb.DELETE, 1), managed=3), limits, {}) == []
    assert len(review_plan(plan_of(changes(Verb.DELETE, 2), managed=3), limits, {})) == 1


def test_each_verb_has_its_own_limit_and_all_objections_are_told():
    limits = policies({Verb.CREATE: Limit(count=1), Verb.DELETE: Limit(count=0)})
    found = [*changes(Verb.CREATE, 2, after={"x": "y"}), *changes(Verb.DELETE, 1)]
    assert [o.reason.split(" with")[0] for o in review_plan(plan_of(found), limits, {})] == [
        "ad: 2 x create",
        "ad: 1 x delete",
    ]


def test_what_only_brings_the_ledger_in_line_counts_towards_no_limit():
    limits = policies({verb: Limit(count=0) for verb in Verb})
    found = [
        *changes(Verb.CORRELATE, 500, before={"n": "1"}, after={"n": "1"}),
        *changes(Verb.GRANT, 500, before=PERMISSION, after=PERMISSION),
        *changes(Verb.REVOKE, 500, after=PERMISSION),
    ]
    assert review_plan(plan_of(found), limits, {}) == []


def test_permissions_that_are_really_given_or_taken_do_count():
    limits = policies({Verb.GRANT: Limit(count=0), Verb.REVOKE: Limit(count=0)})
    found = [change(Verb.GRANT, after=PERMISSION), change(Verb.REVOKE, before=PERMISSION)]
    assert len(review_plan(plan_of(found), limits, {})) == 2


def test_a_protected_account_is_never_touched():
    found = [change(Verb.UPDATE, after={"x": "y"}), change(Verb.UPDATE, "2", "b", after={"x": "y"})]
    (objection,) = review_plan(plan_of(found), policies(), {"ad": frozenset({"b"})})
    assert objection == Objection("ad: update of a protected account (b)", structural=True)


def test_what_a_target_cannot_do_is_no_plan():
    (objection,) = review_plan(plan_of(changes(Verb.DELETE, 2)), policies(cannot=[Verb.DELETE]), {})
    assert objection.structural


def test_an_approval_lifts_limits_and_nothing_else():
    limit, structural = Objection("too many"), Objection("protected", structural=True)
    assert lift([limit, structural], approved=False) == (limit, structural)
    assert lift([limit, structural], approved=True) == (structural,)
    assert lift([limit], approved=True) == ()


# --- Accounts that are gone -----------------------------------------------------------------------


def gone(count, *, known=40, left=0):
    """Objections when so many of the known accounts are not shown, and so many people have left."""
    everybody = numbers(known)
    shown = Accounts.from_records(
        target="directory",
        records={f"r{one}": {"person": one} for one in everybody[count:]},
        attributes={},
        taken_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    policy = replace(POLICIES["ad"], limits={Verb.DELETE: Limit(share=0.05)})
    links = {"directory": pd.Series({one: f"r{one}" for one in everybody})}
    return review_accounts(
        people(everybody[left:]), links, {"directory": shown}, {"directory": policy}
    )


def test_accounts_that_vanished_count_towards_the_limit_of_deletes():
    assert gone(0) == []
    assert gone(2) == []
    (objection,) = gone(3)
    assert objection.reason.startswith("directory: 3 of 40 accounts we know are not there any more")
    assert not objection.structural


def test_accounts_of_people_who_left_do_not_count_as_vanished():
    assert gone(30, left=30) == []
