"""What no golden case comes past: small parts, each by itself."""

from dataclasses import replace
from datetime import date
from itertools import islice

import numpy as np
import pandas as pd
import pytest

from connectors.model.accounts import PERMISSION
from connectors.model.errors import RateLimited
from connectors.model.values import CLEAR, Pending
from tasks.lifecycle.desired import misfit
from tasks.lifecycle.name_forms import DISPLAY_FORMS
from tasks.lifecycle.name_parts import NameParts
from tasks.lifecycle.naming import NameOptions, candidates, display_frame
from tasks.lifecycle.naming_options import Option, generate
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import FieldMapping
from tasks.lifecycle.roster import Marked, Roster
from tests.tasks.lifecycle.test_plan_cases import inputs_of

JANINE = {
    "as_of": date(2026, 11, 23),
    "settled": ["janine"],
    "contracts": [
        {"person_id": "1001", "start_date": "2020-01-01", "department_id": "FIN", "title": "Nurse"}
    ],
}


def test_those_of_a_roster_who_are_marked_are_a_mapping():
    told = Marked(Roster(["b", "a", "c"]), np.array([True, False, True]), str)
    assert dict(told) == {"a": "0", "c": "2"}
    assert len(told) == 2
    assert "b" not in told
    assert 3 not in told
    with pytest.raises(KeyError):
        told["b"]


def test_an_attribute_that_nobody_declared_holds_anything():
    assert misfit("x" * 10_000, None) is None


def test_a_generator_needs_something_to_try():
    with pytest.raises(ValueError, match="no template to try"):
        Option("birth", (), "{n}.{x}")


def test_a_system_says_how_long_to_wait():
    assert RateLimited("slower", system="ad", retry_after_seconds=3).retry_after_seconds == 3


def test_values_read_as_people_say_them():
    assert repr(CLEAR) == "CLEAR"
    assert str(Pending("ad", "mail")) == "(known after ad wrote mail)"


def test_a_permission_that_is_no_group_says_so():
    inputs = inputs_of(JANINE)
    inputs.accounts["ad"].permissions["kind"] = PERMISSION
    changes = [c for c in make_plan(inputs).changes if c.verb.value in {"grant", "revoke"}]
    assert changes
    assert {({**c.before, **c.after})["kind"] for c in changes} == {PERMISSION}


def test_a_function_without_an_answer_waits_for_nobody():
    inputs = inputs_of(JANINE)
    hr = inputs.policies["hr"]
    asked = FieldMapping(name="Remark", kind="call", argument=lambda _: None)
    inputs.policies = {**inputs.policies, "hr": replace(hr, fields=(*hr.fields, asked))}
    assert "waiting" not in {note.code for note in make_plan(inputs).notes}


LONG = {"person.nick_name": "Janine", "person.family_name": "Boele" * 60, "person.initials": "J."}


def test_a_name_that_is_too_long_is_cut_in_columns_as_it_is_for_one():
    options = NameOptions(domain="example.org")
    frame = display_frame(pd.DataFrame([LONG], index=["1"]), options)
    first = next(iter(candidates(LONG, options)))
    assert frame.loc["1", "display_name"] == first.display_name
    assert len(first.display_name) == 256


STRANGE = pd.DataFrame(
    {
        "person.nick_name": ["Janine", "An  na", None],
        "person.family_name": np.array(["Boele", "de  Wit", 7], dtype=object),
        "person.initials": ["", "A.", ""],
    },
    index=["1", "2", "3"],
)


@pytest.mark.parametrize(
    "form", [*DISPLAY_FORMS.values(), "[{trailing} {initials} {first}] {birth}"]
)
def test_names_of_strange_hr_are_shown_as_those_of_one_person_are(form):
    options = NameOptions(domain="example.org", display=form)
    shown = display_frame(STRANGE, options, ["display_name"])["display_name"]
    for one, facts in STRANGE.iloc[:2].iterrows():
        first = next(iter(candidates(dict(facts), options)))
        assert shown[one] == first.display_name
    assert pd.isna(shown["3"]), "a number is no name"


def test_a_form_whose_parts_nobody_has_gives_way_to_the_first_one():
    options = NameOptions(domain="example.org", display="{initials}")
    shown = display_frame(STRANGE, options, ["display_name"])["display_name"]
    assert shown.tolist()[:2] == ["Janine Boele", "A."]


def test_a_number_that_was_tried_already_is_left_out():
    option = Option("birth", ("{n}{x}2",), "{n}{x}")
    parts = NameParts.of({"nick_name": "Janine", "family_name": "Boele"})
    assert list(islice(generate(option, parts, limit=20), 3)) == ["jboele2", "jboele3", "jboele4"]


@pytest.mark.parametrize("kind", ["call", "value"])
def test_a_field_that_reads_no_account_upstream_waits_for_none(kind):
    argument = {"call": lambda facts: None, "value": ""}[kind]
    person = {"external_id": "1001", "nick_name": "Janine", "family_name": "Boele"}
    inputs = inputs_of({**JANINE, "settled": [], "persons": [person]})
    ad = inputs.policies["ad"]
    silent = FieldMapping(name="info", kind=kind, argument=argument)
    inputs.policies = {**inputs.policies, "ad": replace(ad, fields=(*ad.fields, silent))}
    made = make_plan(inputs)
    assert "create" in {change.verb for change in made.section("ad").changes}
    assert not [note for note in made.notes if note.target == "ad" and note.code == "waiting"]
