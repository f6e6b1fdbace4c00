"""The screen leaves out nobody whose account differs, and does not mark everybody."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.accounts import Accounts
from connectors.model.manifest import Attribute, Compare, Manifest
from connectors.model.values import Pending, as_text
from tasks.lifecycle.compare import differing
from tasks.lifecycle.desired import current, wanted
from tasks.lifecycle.mapping import evaluate, reads_upstream
from tasks.lifecycle.outlook import Outlook
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.roster import Roster
from tasks.lifecycle.screen import may_differ
from tasks.lifecycle.world import World
from tests.tasks.lifecycle import hr
from tests.tasks.lifecycle.landscape import NOON

DAY = date(2026, 11, 24)
TEXTS = st.sampled_from([None, "", " ", "Emma", "emma", " Emma ", "Ærø", "1", "true", "2026-11-01"])
HELD = TEXTS | st.sampled_from([True, False, 1, 0.5, ("Emma",), ("a", "b")])
PATHS = (
    "person.nick_name",
    "person.excluded",
    "person.custom.badge",
    "contract.title",
    "contract.fte",
    "contract.start_date",
    "contract.custom.none",
    "names.display_name",
    "accounts.ad.mail",
    "accounts.ad.flag",
)
TEMPLATES = (
    "{person.nick_name}",
    "x {person.nick_name?} y",
    "{person.nick_name?} {contract.title?}",
    "{contract.fte}/{contract.start_date}",
    "{accounts.ad.mail} <{person.nick_name}>",
    "nothing but words",
)
ARGUMENTS = st.one_of(
    st.tuples(st.just("value"), HELD.filter(lambda value: value is not None)),
    st.tuples(st.just("from"), st.sampled_from(PATHS)),
    st.tuples(st.just("template"), st.sampled_from(TEMPLATES)),
    st.tuples(st.just("call"), st.just(lambda facts: facts.get("person.nick_name"))),
)
MAPPINGS = st.builds(
    lambda made, compare, when_empty, name: FieldMapping(
        name=name, kind=made[0], argument=made[1], compare=compare, when_empty=when_empty
    ),
    ARGUMENTS,
    st.sampled_from(Compare),
    st.sampled_from(["keep", "clear"]),
    st.sampled_from(["plain", "many", "unread", "number", "short"]),
)
MANIFEST = Manifest(
    connector="x",
    title="X",
    correlation="number",
    attributes=(
        Attribute(name="many", multi=True),
        Attribute(name="number"),
        Attribute(name="short", max_length=3, cut=True),
    ),
    open_attributes=True,
)
PERSONS = ("1", "2", "3", "4")


def world_of(facts, titles, upstream):
    people = hr.people(
        [
            {
                "external_id": f"c{person}",
                "person_id": person,
                "start_date": "2026-11-01",
                "fte": 0.5,
                "title": title,
            }
            for person, title in zip(PERSONS[:3], titles, strict=False)
        ],
        [
            {"external_id": person, "nick_name": name, "custom.badge": badge}
            for person, (name, badge) in zip(PERSONS, facts, strict=True)
        ],
    )
    roster = Roster([*PERSONS, "gone"])
    places = roster.positions(list(PERSONS))
    mails = pa.array([*(mail or None for mail in upstream), None], pa.large_string())
    ad = Outlook(
        roster,
        np.array([True, True, True, False, False]),
        {"mail": mails, "flag": np.array([True, None, False, True, None], dtype=object)},
        {"mail": {0: Pending("ad", "mail"), 2: "new@example.org"}},
    )

    def names(part, at):
        return pa.array([f"{part} {place}" if place else None for place in at], pa.large_string())

    return World(person_facts(people, DAY), column_of, roster).of(places, {"ad": ad}, names=names)


def accounts_of(plain, many):
    return Accounts.from_records(
        target="x",
        records={f"r{person}": {"person": person} for person in PERSONS},
        attributes={
            f"r{person}": {"plain": one, "many": other, "number": person, "short": one}
            for person, one, other in zip(PERSONS, plain, many, strict=True)
        },
        taken_at=NOON,
    )


def policy_of(*mappings):
    return TargetPolicy(
        name="x", manifest=MANIFEST, fields=mappings, correlate="person.external_id"
    )


FOUR = {"min_size": 4, "max_size": 4}


@given(
    mapping=MAPPINGS,
    facts=st.lists(st.tuples(TEXTS, TEXTS), **FOUR),
    titles=st.lists(TEXTS, **FOUR),
    upstream=st.lists(TEXTS, **FOUR),
    plain=st.lists(TEXTS, **FOUR) | st.lists(HELD, **FOUR),
    many=st.lists(HELD, **FOUR),
)
def test_whoever_differs_or_waits_is_marked(mapping, facts, titles, upstream, plain, many):
    world, accounts = world_of(facts, titles, upstream), accounts_of(plain, many)
    policy, rows = policy_of(mapping), np.arange(4)
    marked = may_differ(policy, "update", world, accounts, rows)
    values = wanted(policy, mapping, world)
    differ = differing(values, current(accounts, rows, mapping.name), mapping.compare)
    assert marked[differ].all()
    if reads_upstream(mapping):
        assert marked[[value is None or isinstance(value, Pending) for value in values]].all()


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("accounts.")])
def test_whoever_holds_what_is_wanted_is_left_out(path):
    world = world_of([("Emma", "1")] * 4, ["Nurse", "Cook", None], [None] * 4)
    values = [None if value is None else as_text(value) for value in world.column(path)]
    accounts = accounts_of(values, [None] * 4)
    policy = policy_of(FieldMapping(name="plain", kind="from", argument=path))
    assert not may_differ(policy, "update", world, accounts, np.arange(4)).any()


def test_a_path_that_only_somebody_left_out_fills_still_empties_the_others():
    world = world_of([("Emma", None), (None, None)] * 2, ["Nurse"] * 3, [None] * 4)
    mapping = FieldMapping(
        name="plain", kind="from", argument="names.display_name", when_empty="clear"
    )
    accounts = accounts_of(["x", *(f"display_name {place}" for place in (1, 2, 3))], [None] * 4)
    policy = policy_of(mapping)
    marked = may_differ(policy, "update", world, accounts, np.arange(4))
    assert marked.tolist() == [True, False, False, False]
    few = world.narrowed(marked)
    assert differing(
        wanted(policy, mapping, few), current(accounts, np.array([0]), "plain"), mapping.compare
    ) == [0]


def test_a_text_that_is_cut_to_fit_is_compared_as_it_is_held():
    names = [("Emma Bakker", None)] * 3 + [("Al", None)]
    world = world_of(names, ["Nurse"] * 3, [None] * 4)
    mapping = FieldMapping(name="short", kind="from", argument="person.nick_name")
    accounts = accounts_of(["Emm", "Emma Bakker", "Em", "Al"], [None] * 4)
    marked = may_differ(policy_of(mapping), "update", world, accounts, np.arange(4))
    assert marked.tolist() == [False, True, True, False]
    assert wanted(policy_of(mapping), mapping, world).tolist() == ["Emm"] * 3 + ["Al"]


def test_a_text_that_is_held_alone_is_not_yet_a_list_of_it():
    """An attribute of several values, of which this reading happens to show texts only."""
    world = world_of([("Emma", None)] * 4, ["Nurse"] * 3, [None] * 4)
    policy = policy_of(FieldMapping(name="many", kind="from", argument="person.nick_name"))
    accounts = accounts_of([None] * 4, ["Emma", "Emma", None, "Jan"])
    assert may_differ(policy, "update", world, accounts, np.arange(4)).all()


HERE = [template for template in TEMPLATES if "{accounts." not in template]


@pytest.mark.parametrize("template", [*HERE, "{person.nick_name}@example.org"])
def test_a_template_says_the_same_as_columns_and_one_by_one(template):
    names = [("Emma", "1"), (" ", None), (None, "2"), ("Ærø", None)]
    world = world_of(names, ["Nurse", "Cook", None], [None] * 4)
    mapping = FieldMapping(name="plain", kind="template", argument=template)
    accounts = accounts_of(list(evaluate(mapping, world)), [None] * 4)
    assert not may_differ(policy_of(mapping), "update", world, accounts, np.arange(4)).any()
