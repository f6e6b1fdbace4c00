"""All guards together: one brake over everything, before the first write."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model.change import Verb
from connectors.model.people import People
from connectors.model.plan import Plan, Section
from tasks.lifecycle.guard import Evidence, Objection, lift, review
from tasks.lifecycle.guard_plan import review_plan
from tasks.lifecycle.guard_source import SourceLimits
from tasks.lifecycle.guard_window import review_window
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.policy import Limit
from tests.examples import tries
from tests.tasks.lifecycle.guarded import (
    DAY,
    PERMISSION,
    change,
    changes,
    codes,
    numbers,
    people,
    plan_of,
    policies,
    reading,
)

quick = settings(max_examples=tries(20), derandomize=True)

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
    assert limit.most(of=managed) == highest
    assert limit.allows(highest, of=managed)
    assert not limit.allows(highest + 1, of=managed)


def test_no_limit_allows_everything():
    assert Limit().allows(10**9, of=0)
    assert Limit().most(of=5) is None


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


# --- All of it ------------------------------------------------------------------------------------

QUIET = {
    "people": people(numbers(40)),
    "known": people(numbers(40)),
    "source_limits": SourceLimits(),
    "plan": plan_of([], managed=40),
    "policies": policies(),
    "accounts": {"ad": reading(numbers(40))},
    "memory": Memory(),
}


def evidence(**parts):
    """A site of 40 people in which nothing happens, with these parts instead."""
    return Evidence(**{**QUIET, **parts})


def linked(ids, target="ad"):
    return pd.DataFrame({"target": target, "person": ids, "ref": [f"r{one}" for one in ids]})


def test_where_nothing_happens_nothing_speaks_against_it():
    assert review(evidence()) == ()
    assert review(evidence(known=None)) == ()


def test_every_guard_is_asked():
    plan = plan_of(
        [
            *changes(Verb.DELETE, 3),
            change(Verb.UPDATE, "00030", "00030", after={"x": "y"}),
            change(Verb.MOVE, "00031", "r", after={"x": "y"}),
            change(Verb.REVOKE, "00032", "r", before=PERMISSION, because=("contract:1",)),
        ],
        managed=40,
    )
    limits = {Verb.DELETE: Limit(count=2), "losses": Limit(count=0)}
    found = review(
        evidence(
            people=people(numbers(30)),
            plan=plan,
            source_limits=SourceLimits(removed=Limit(count=9)),
            policies=policies(limits, window={Verb.MOVE: Limit(count=1)}),
            accounts={"ad": reading(numbers(40), protected=["00030"])},
            memory=Memory(links=linked(numbers(5))),
            protected=frozenset({"00031"}),
            recent={"ad": {"move": 1}},
        )
    )
    assert codes(found) == [
        "removed",
        "vanished",
        "limit",
        "losses",
        "window",
        "protected",
        "protected",
    ]
    assert codes(lift(found, approved=True)) == ["protected", "protected"]
    assert lift(found, approved=False) == found


def test_grants_are_measured_by_what_the_ledger_granted_in_that_target():
    granted = pd.DataFrame(
        {"target": ["ad"] * 100 + ["app"] * 900, "person": "1", "permission": "g"}
    )
    site = {
        "policies": policies({Verb.REVOKE: Limit(share=0.2)}),
        "memory": Memory(grants=granted),
        "accounts": {"ad": reading(numbers(40), permissions={"g": "G"})},
    }
    gone = changes(Verb.REVOKE, 21, before=PERMISSION, after={})
    assert review(evidence(plan=plan_of(gone[:20]), **site)) == ()
    (objection,) = review(evidence(plan=plan_of(gone), **site))
    assert (objection.figure, objection.of) == (21, 100)


@pytest.mark.parametrize("over", ["ad", "app"])
def test_one_target_over_its_limit_stops_them_all(over):
    """S5: what goes on in the other targets is not asked for; an objection is one of the run."""
    sections = tuple(
        Section(target=name, depends_on=(), changes=tuple(changes(Verb.DELETE, 5)), managed=40)
        for name in ("ad", "app")
    )
    limits = {
        name: replace(
            policies()["ad"], name=name, limits={Verb.DELETE: Limit(count=4 if name == over else 9)}
        )
        for name in ("ad", "app")
    }
    held = {name: reading(numbers(3), target=name) for name in ("ad", "app")}
    plan = Plan(profile="p", as_of=DAY, sections=sections)
    (objection,) = review(evidence(plan=plan, policies=limits, accounts=held))
    assert objection.target == over


def test_an_objection_is_data_too_and_names_a_hundred_persons_at_most():
    limits = policies({Verb.DELETE: Limit(share=0.05)})
    (objection,) = review(evidence(plan=plan_of(changes(Verb.DELETE, 150)), policies=limits))
    content = objection.to_json()
    assert content["persons"] == numbers(100)
    assert {
        name: content[name] for name in ("code", "target", "verb", "figure", "of", "limit")
    } == {
        "code": "limit",
        "target": "ad",
        "verb": "delete",
        "figure": 150,
        "of": 100,
        "limit": "5%",
    }
    assert set(content) == set(Objection.__dataclass_fields__)


# --- Whatever the figures -------------------------------------------------------------------------

LIMITS = st.builds(
    Limit,
    count=st.none() | st.integers(0, 40),
    share=st.none() | st.integers(0, 100).map(lambda percent: percent / 100),
)
"""Counts, shares, both, none."""
VERBS = st.sampled_from([Verb.CREATE, Verb.UPDATE, Verb.DISABLE, Verb.MOVE, Verb.DELETE])


@quick
@given(LIMITS, st.integers(0, 300), VERBS)
def test_a_guard_trips_exactly_at_its_limit(limit, managed, verb):
    """The percentage in whole numbers: no rounding of ours can hide in it."""
    highest = [] if limit.count is None else [limit.count]
    if limit.share is not None:
        highest.append(max(1, round(limit.share * 100) * managed // 100))
    limited = policies({verb: limit})
    most = min(highest, default=300)
    assert review_plan(plan_of(changes(verb, most), managed=managed), limited) == []
    one_more = plan_of(changes(verb, most + 1), managed=managed)
    assert codes(review_plan(one_more, limited)) == ["limit"] * bool(highest)


@quick
@given(LIMITS, st.integers(1, 60), st.integers(0, 60), st.integers(0, 100))
def test_it_does_not_matter_in_how_many_runs_the_limit_of_several_days_is_used_up(
    limit, planned, before, managed
):
    limited = policies(window={Verb.DELETE: limit})
    second = plan_of(changes(Verb.DELETE, planned), managed=managed)
    at_once = plan_of(changes(Verb.DELETE, planned + before), managed=managed + before)
    in_two_runs = review_window(second, limited, {"ad": {"delete": before}})
    assert codes(in_two_runs) == codes(review_window(at_once, limited, {}))


@settings(quick, max_examples=tries(4))
@given(st.integers(0, 12), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_changes_never_matters(count, chance):
    now = people(
        numbers(30),
        family_name=["Y"] * count + ["X"] * (30 - count),
        of_contracts={"department_id": ["SHOP"] * count + [None] * (30 - count)},
    )
    known = people(numbers(30), of_contracts={"department_id": "CARE"})
    found = [
        *changes(Verb.DELETE, count),
        *changes(Verb.REVOKE, 9, before=PERMISSION, after={}, because=("contract:1",)),
    ]
    nothing = Limit(count=2)
    site = {
        "known": known,
        "source_limits": SourceLimits(attribute=nothing, emptied=nothing, changed=nothing),
        "policies": policies({Verb.DELETE: nothing, "losses": nothing}),
    }
    once = review(evidence(people=now, plan=plan_of(found), **site))
    shuffled = [*found]
    chance.shuffle(shuffled)
    rows = [*range(30)]
    chance.shuffle(rows)
    mixed = People(
        persons=now.persons.iloc[rows], contracts=now.contracts.iloc[rows], taken_at=now.taken_at
    )
    assert review(evidence(people=mixed, plan=plan_of(shuffled), **site)) == once
    assert {"losses"} <= set(codes(once))
