"""Changes, plans, receipts and notes: round trips, ids and digests."""

import json
import pickle
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.change import (
    CHANGES,
    CreateAccount,
    Need,
    UpdateAccount,
    Verb,
    change_from_json,
)
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note, Outcome, Receipt
from connectors.model.values import CLEAR, Pending, decode_value, encode_value, is_empty

NAMES = st.text(min_size=1, max_size=8)
SCALARS = st.one_of(st.text(max_size=12), st.integers(), st.booleans(), st.floats(allow_nan=False))
VALUES = st.one_of(
    SCALARS,
    st.just(CLEAR),
    st.builds(Pending, NAMES, NAMES),
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=4)
CHANGE = st.builds(
    lambda verb, **parts: CHANGES[verb](**parts),
    st.sampled_from(Verb),
    target=NAMES,
    person=NAMES,
    ref=st.none() | NAMES,
    before=ATTRIBUTES,
    after=ATTRIBUTES,
    because=st.lists(NAMES, max_size=2).map(tuple),
    needs=st.lists(st.builds(Need, NAMES, NAMES, NAMES), max_size=2).map(tuple),
    context=st.dictionaries(NAMES, NAMES, max_size=2),
)


@given(VALUES)
def test_a_value_survives_json(value):
    found = decode_value(json.loads(json.dumps(encode_value(value))))
    assert found == value
    assert type(found) is type(value)


@given(CHANGE)
def test_a_change_survives_json_and_pickle_under_its_id(change):
    for found in (
        change_from_json(json.loads(json.dumps(change.to_json()))),
        pickle.loads(pickle.dumps(change)),  # noqa: S301 - our own bytes
    ):
        assert found == change
        assert (type(found), found.id) == (type(change), change.id)


@given(st.lists(CHANGE, max_size=3))
def test_a_plan_survives_bytes_and_the_bytes_are_stable(changes):
    section = Section(target="ad", depends_on=("x",), changes=tuple(changes), managed=7)
    plan = Plan(
        profile="demo",
        as_of=date(2026, 11, 23),
        sections=(section,),
        notes=(Note(target="ad", person="1", reason="Ольга waits"),),
    )
    raw = plan.to_bytes()
    found = Plan.from_bytes(raw)
    assert found.to_bytes() == raw
    assert (found.digest, list(found.changes), found.notes) == (plan.digest, changes, plan.notes)
    assert len(found) == len(changes)


def change(**parts):
    return UpdateAccount(
        **{"target": "ad", "person": "1", "ref": "r", "after": {"a": "1", "b": "2"}, **parts}
    )


def test_the_id_is_the_content_whatever_the_order_of_keys():
    assert change().id == change(after={"b": "2", "a": "1"}).id
    others = [
        change(target="x"),
        change(person="2"),
        change(ref=None),
        change(after={"a": "1"}),
        change(before={"a": "0"}),
        change(because=("rule:x",)),
        change(needs=(Need("a", "ad", "mail"),)),
        change(context={"BcCo": "1"}),
        change(after={"a": "1", "b": CLEAR}),
        CreateAccount(target="ad", person="1", ref="r", after={"a": "1", "b": "2"}),
    ]
    ids = {one.id for one in others} | {change().id}
    assert len(ids) == len(others) + 1


def test_true_one_and_text_are_three_values():
    ids = {change(after={"a": value}).id for value in (True, 1, "1", ("1",))}
    assert len(ids) == 4


def test_a_resolved_change_keeps_its_planned_id():
    planned = change(ref=None, after={"mail": Pending("ad", "mail")})
    assert planned.pending == ("mail",)
    filled = planned.resolved(ref="new", after={"mail": "a@example.org"})
    assert (filled.id, filled.ref, filled.pending) == (planned.id, "new", ())
    assert type(filled) is UpdateAccount


def test_clear_stays_the_one_clear_through_pickle():
    assert pickle.loads(pickle.dumps({"a": CLEAR}))["a"] is CLEAR  # noqa: S301 - our own bytes


def test_a_change_or_plan_that_was_tampered_with_is_noticed():
    content = change().to_json()
    content["after"]["a"] = "9"
    with pytest.raises(ValueError, match="does not hold the content"):
        change_from_json(content)
    section = Section(target="ad", depends_on=(), changes=(change(),), managed=1)
    plan = Plan(profile="demo", as_of=date(2026, 11, 23), sections=(section,))
    raw = json.loads(plan.to_bytes())
    with pytest.raises(ValueError, match="does not hold the content of sha256:"):
        Plan.from_bytes(json.dumps({**raw, "profile": "other"}).encode())
    with pytest.raises(ValueError, match="format 99"):
        Plan.from_bytes(json.dumps({**raw, "format": 99}).encode())


def test_the_digest_is_about_what_is_done_and_not_about_when_or_why_not():
    section = Section(target="ad", depends_on=(), changes=(change(),), managed=1)
    one = Plan(profile="demo", as_of=date(2026, 11, 23), sections=(section,))
    other = Plan(
        profile="demo",
        as_of=date(2026, 11, 24),
        sections=(section,),
        notes=(Note(target="", person="", reason="x"),),
    )
    assert one.digest == other.digest
    assert Plan(profile="x", as_of=one.as_of, sections=(section,)).digest != one.digest
    assert Plan(profile="demo", as_of=one.as_of, sections=()).digest != one.digest


def test_counts_and_sections_are_found():
    section = Section(target="ad", depends_on=(), changes=(change(), change(person="2")), managed=9)
    plan = Plan(profile="demo", as_of=date(2026, 11, 23), sections=(section,))
    assert plan.section("ad").counts() == {"update": 2}
    with pytest.raises(KeyError):
        plan.section("x")
    assert plan
    assert Plan(profile="demo", as_of=plan.as_of, sections=())


def test_a_receipt_and_a_note_survive_json():
    receipt = Receipt(
        change="c",
        target="ad",
        person="1",
        verb="update",
        outcome=Outcome.DONE,
        at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        ref="r",
        produced={"mail": "a@example.org", "proxy": ("a", "b"), "n": 1},
        detail="fine",
    )
    assert Receipt.from_json(json.loads(json.dumps(receipt.to_json()))) == receipt
    note = Note(target="", person="1", reason="why", code="waiting")
    assert Note.from_json(json.loads(json.dumps(note.to_json()))) == note


@pytest.mark.parametrize(
    ("outcome", "succeeded"),
    [("recorded", True), ("done", True), ("already", True), ("failed", False), ("set_aside", False),
     ("in_doubt", False)],
)  # fmt: skip
def test_what_depends_on_a_success_may_go_on(outcome, succeeded):
    assert Outcome(outcome).succeeded is succeeded


@pytest.mark.parametrize("value", [None, "", (), float("nan")])
def test_nothing_there_has_many_forms(value):
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, False, "0", " ", ("",)])
def test_zero_and_no_are_values(value):
    assert not is_empty(value)


def test_nonsense_is_no_value():
    for nonsense in (None, {"$clear": False}, {"x": 1}):
        with pytest.raises(ValueError, match="not a value"):
            decode_value(nonsense)
