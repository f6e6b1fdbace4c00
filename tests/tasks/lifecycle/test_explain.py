"""Golden cases of explanations, in `cases/explain`: the same world as a case of the planner.

`explain` names the person. `expect` is laid over the explanation as JSON: of an object only what is
named is compared, every entry of a list has to be among the entries that are there, and an empty
list has to be empty. `never` lists texts that may stand nowhere in it. `private` beside the other
decisions of a target hides attributes; a field with `call` takes a function of this module.
"""

import json
from dataclasses import replace
from datetime import date

import pytest

from connectors.model.errors import ConfigError
from connectors.model.manifest import Attribute
from tasks.lifecycle.explain import explain
from tasks.lifecycle.explain_nouns import Block
from tasks.lifecycle.explain_who import find_person
from tasks.lifecycle.plan import decide
from tests.tasks.lifecycle import hr
from tests.tasks.lifecycle.test_plan_cases import inputs_of


def title_of(facts):
    return facts["contract.title"].upper()


def world(case):
    """The inputs of a case, with what the planner's cases do not need."""
    given = json.loads(json.dumps(case, default=str))
    private = {name: one.pop("private", []) for name, one in given.get("policies", {}).items()}
    inputs = inputs_of({**given, "as_of": case["as_of"]})
    for name, hidden in private.items():
        policy = inputs.policies[name]
        known = {one.name for one in policy.manifest.attributes}
        attributes = [
            *(replace(one, private=one.name in hidden) for one in policy.manifest.attributes),
            *(Attribute(name=one, private=True) for one in hidden if one not in known),
        ]
        manifest = replace(policy.manifest, attributes=tuple(attributes))
        fields = tuple(
            replace(one, argument=title_of) if one.kind == "call" else one for one in policy.fields
        )
        inputs.policies[name] = replace(policy, manifest=manifest, fields=fields)
    return inputs


def holds(expected, actual):
    """What an explanation lacks of what a case expects, None for nothing."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{actual!r} is no {expected!r}"
        lacking = (
            (name, holds(value, actual.get(name, "nothing of that name")))
            for name, value in expected.items()
        )
        return next((f"{name}: {what}" for name, what in lacking if what), None)
    if isinstance(expected, list) and any(isinstance(one, dict) for one in expected):
        for one in expected:
            answers = [holds(one, other) for other in actual]
            if None not in answers:
                return f"nothing is {one!r}: {answers}"
        return None
    wanted = expected.isoformat() if isinstance(expected, date) else expected
    return None if wanted == actual else f"{actual!r} is not {wanted!r}"


@pytest.mark.parametrize("case", hr.cases("explain"))
def test_explanation(case):
    inputs = world(case)

    content = explain(inputs, decide(inputs), case["explain"]).to_json()

    text = json.dumps(content, ensure_ascii=False)
    assert holds(case["expect"], json.loads(text)) is None
    assert not [one for one in case.get("never", ()) if one in text]


def test_what_the_caller_knows_comes_first():
    case = hr.case("explain/settled-with-a-new-title-differs-in-one-field.yaml")
    inputs, guard = world(case), Block(kind="guard", target=None, code="limit", reason="too many")

    found = explain(inputs, decide(inputs), case["explain"], blocks=[guard])

    assert found.blocks[0] is guard


# --- Who is meant ---------------------------------------------------------------------------------

PERSONS = [
    {"external_id": "1001", "nick_name": "Janine", "family_name": "Boele", "convention": "B"},
    {"external_id": "1002", "nick_name": "Omar", "family_name": "Haddad", "convention": "B"},
    {"external_id": "1003", "nick_name": "Omar", "family_name": "Haddad-Jansen"},
    {"external_id": "1004", "nick_name": "Omar", "family_name": "Haddad-Jansen"},
    {"external_id": "A-5", "display_name": "Reception", "work_email": "Desk@example.org"},
    *(
        {"external_id": f"20{n:02}", "nick_name": "Kim", "family_name": f"Lot{n}"}
        for n in range(12)
    ),
]


@pytest.fixture(scope="module")
def decided():
    inputs = world(
        {
            "as_of": date(2026, 11, 23),
            "persons": PERSONS,
            "contracts": [{"person_id": "1001", "department_id": "CARE", "title": "Nurse"}],
            "accounts": {"ad": {"a1": {"person": "1001"}}},
            "taken": {"ad": [["address", "j.boele@example.org", "a1"], ["login", "jb", "a1"]]},
            "ledger": {"links": {"ad": {"gone-1": "a9"}}},
        }
    )
    return inputs, decide(inputs)


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ("1001", "1001"),
        ("a-5", "A-5"),
        ("gone-1", "gone-1"),
        ("desk@EXAMPLE.org", "A-5"),
        ("J.Boele@example.org", "1001"),
        ("janine boele", "1001"),
        ("boele", "1001"),
        ("Omar Haddad", "1002"),
        ("reception", "A-5"),
    ],
)
def test_one_person_is_meant(decided, asked, who):
    assert find_person(*decided, asked) == who


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "1009",
            "'1009', not in HR and not in the ledger; is it 2009 or 1004 or 1003?",
        ),
        ("nobody@example.org", "nobody is known as 'nobody@example.org'"),
        ("  ", "nobody is known as '  '"),
        ("omar jansen", "nobody is known as 'omar jansen'"),
        (
            "omar haddad-jansen",
            "2 persons: 1003 (Omar Haddad-Jansen), 1004 (Omar Haddad-Jansen); name one by the HR",
        ),
        ("kim", "2009 (Kim Lot9) and 2 more; name one by the HR id"),
    ],
)
def test_nobody_or_several_are_told_and_never_guessed(decided, asked, said):
    with pytest.raises(ConfigError) as error:
        find_person(*decided, asked)
    assert said in str(error.value)


def test_several_with_one_address_are_told_by_name_where_they_have_one():
    inputs = world(
        {
            "as_of": date(2026, 11, 23),
            "persons": [
                {"external_id": "1", "work_email": "a@example.org", "family_name": "Boele"},
                {"external_id": "2", "work_email": "a@example.org"},
            ],
            "contracts": [{"person_id": "1", "title": "Nurse"}],
        }
    )
    with pytest.raises(ConfigError, match=r"means 2 persons: 1 \(Boele\), 2;"):
        find_person(inputs, decide(inputs), "a@example.org")


def test_an_explanation_is_plain_json():
    case = hr.case("explain/fields-wait-are-unknown-cleared-or-left-alone.yaml")
    inputs = world(case)
    content = explain(inputs, decide(inputs), case["explain"]).to_json()
    assert json.loads(json.dumps(content)) == content
