from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.errors import ConfigError
from connectors.model.values import CLEAR, Pending
from tasks.lifecycle.mapping import evaluate, fill_template, fill_templates
from tasks.lifecycle.order import parse_template
from tasks.lifecycle.outlook import Outlook
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import FieldMapping
from tasks.lifecycle.roster import Roster
from tasks.lifecycle.world import World
from tests.tasks.lifecycle import hr

PENDING = Pending("ad", "mail")
PEOPLE = hr.people(
    [
        {
            "external_id": "c1",
            "person_id": "1",
            "start_date": "2026-11-01",
            "hours_per_week": 36,
            "fte": 0.5,
            "title": "Nurse",
        }
    ],
    [
        {"external_id": "1", "nick_name": "Emma", "family_name": "Bakker", "excluded": True},
        {"external_id": "2", "nick_name": "Omar"},
    ],
)
ROSTER = Roster(["1", "2"])
UPSTREAM = {
    "ad": Outlook(
        ROSTER,
        np.array([True, False]),
        {
            "mail": np.array(["e@example.org", None], dtype=object),
            "new": np.array([PENDING, None], dtype=object),
        },
    )
}


def values(kind, argument, **options):
    facts = person_facts(PEOPLE, date(2026, 11, 23))
    mapping = FieldMapping(name="x", kind=kind, argument=argument, **options)
    world = World(facts, column_of, ROSTER).of(np.arange(2), UPSTREAM)
    return list(evaluate(mapping, world))


@pytest.mark.parametrize("value", ["x", True, 0, False, 1.5, ("a", "b")])
def test_a_fixed_value_is_the_same_for_everybody(value):
    assert values("value", value) == [value, value]


@pytest.mark.parametrize("value", ["", None, ()])
def test_a_fixed_value_of_nothing_clears(value):
    assert values("value", value) == [CLEAR, CLEAR]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("person.nick_name", ["Emma", "Omar"]),
        ("person.id", ["1", "2"]),
        ("person.family_name", ["Bakker", None]),
        ("contract.start_date", ["2026-11-01", None]),
        ("contract.fte", [0.5, None]),
        ("person.custom.badge", [None, None]),
        ("accounts.ad.mail", ["e@example.org", None]),
        ("accounts.ad.new", [PENDING, None]),
        ("accounts.ad.other", [None, None]),
    ],
)
def test_a_path_gives_what_is_known(path, expected):
    assert values("from", path) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{person.nick_name} {person.family_name}", ["Emma Bakker", None]),
        ("{person.nick_name} {person.family_name?}", ["Emma Bakker", "Omar"]),
        ("{person.family_name?}", ["Bakker", None]),
        ("{contract.hours_per_week} h, {contract.fte}", ["36 h, 0.5", None]),
        ("{person.excluded}", ["true", "false"]),
        ("since {contract.start_date}", ["since 2026-11-01", None]),
        ("{{{person.id}}}", ["{1}", "{2}"]),
        ("plain", ["plain", "plain"]),
        ("smtp:{accounts.ad.mail}", ["smtp:e@example.org", None]),
        ("{accounts.ad.new}", [PENDING, None]),
        ("smtp:{accounts.ad.new}", [None, None]),
    ],
)
def test_a_template_without_all_its_values_is_no_value(template, expected):
    assert values("template", template) == expected


texts = st.one_of(st.none(), st.text(max_size=4))
columns = st.one_of(
    st.lists(texts, min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=3, max_size=3),
    st.lists(st.one_of(texts, st.booleans(), st.just(PENDING)), min_size=3, max_size=3),
)


@given(
    st.sampled_from(["{a.a}", "{a.a?}", " {a.a}-{b.b?} ", "{a.a} {b.b}", "x{a.a?}y"]),
    columns,
    columns,
)
def test_whole_columns_are_filled_as_one_row_after_the_other(template, one, other):
    parts = parse_template(template)
    given_columns = [np.array([*column, None], dtype=object)[:3] for column in (one, other)]
    given_columns = given_columns[: sum(part.path is not None for part in parts)]
    expected = [fill_template(parts, row) for row in zip(*given_columns, strict=True)]
    assert list(fill_templates(parts, given_columns, 3)) == expected


@pytest.mark.parametrize(
    ("kind", "argument", "expected"),
    [
        ("from", "person.family_name", ["Bakker", CLEAR]),
        ("template", "{person.family_name}", ["Bakker", CLEAR]),
        ("call", lambda facts: facts.get("person.family_name"), ["Bakker", CLEAR]),
        ("from", "accounts.ad.mail", ["e@example.org", None]),
        ("template", "{person.id}{accounts.ad.mail}", ["1e@example.org", None]),
    ],
)
def test_when_empty_clear_is_for_facts_of_hr_alone(kind, argument, expected):
    assert values(kind, argument, when_empty="clear") == expected


@pytest.mark.parametrize(
    ("names", "expected"), [(["E", None], ["E", CLEAR]), ([None] * 2, [None] * 2)]
)
def test_a_name_that_nobody_has_clears_nothing(names, expected):
    mapping = FieldMapping(name="x", kind="from", argument="names.initials", when_empty="clear")
    world = World(person_facts(PEOPLE, date(2026, 11, 23)), column_of, ROSTER)
    asked = world.of(np.arange(2), names=lambda part, places: np.array(names, dtype=object)[places])
    assert list(evaluate(mapping, asked)) == expected


def test_a_function_sees_what_is_known_and_nothing_else():
    seen = []

    def look(facts):
        seen.append(dict(facts))

    assert values("call", look) == [None, None]
    assert seen[0]["contract.start_date"] == "2026-11-01"
    assert seen[0]["person.excluded"] is True
    assert "person.family_name" not in seen[1]
    assert None not in seen[1].values()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x", "x"),
        ("", None),
        (None, None),
        ([], None),
        (["b", "a"], ("b", "a")),
        ({"b", "a"}, ("a", "b")),
        (CLEAR, CLEAR),
        (False, False),
        (0, 0),
    ],
)
def test_what_a_function_may_answer(answer, expected):
    assert values("call", lambda _: answer) == [expected, expected]


@pytest.mark.parametrize("answer", [{"a": 1}, [1, 2], object(), date(2026, 1, 1)])
def test_what_is_no_value_is_told_with_function_and_person(answer):
    def badge(_):
        return answer

    with pytest.raises(ConfigError, match=r"badge of field x gives a \w+ for person 1"):
        values("call", badge)


def test_a_function_that_fails_is_told_with_function_and_person():
    def badge(facts):
        return facts["person.family_name"][0]

    with pytest.raises(ConfigError, match="badge of field x fails for person 2: KeyError"):
        values("call", badge)
