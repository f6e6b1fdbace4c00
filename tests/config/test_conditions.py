import pytest
from pydantic import ValidationError

from config.conditions import OPERATORS, AllOf, AnyOf, Not, Test, parse_condition


def test_a_value_instead_of_operators_means_equals():
    assert parse_condition({"contract.department.id": "CARE"}) == Test(
        "contract.department.id", "equals", "CARE"
    )


def test_an_empty_group_holds_for_everybody():
    assert parse_condition({}) == AllOf()


def test_entries_of_a_group_and_operators_of_a_path_hold_together():
    assert parse_condition(
        {"contract.fte": {"at_least": 0.2, "below": 1}, "person.work_email": {"exists": True}}
    ) == AllOf(
        (
            Test("contract.fte", "at_least", 0.2),
            Test("contract.fte", "below", 1.0),
            Test("person.work_email", "exists", value=True),
        )
    )


def test_all_any_and_not_nest():
    given = {
        "all": [
            {"any": [{"contract.employer": "A"}, {"contract.employer": "B"}]},
            {"not": {"contract.type": {"in": ["intern", "temp"]}}},
        ]
    }
    assert parse_condition(given) == AllOf(
        (
            AnyOf(
                (Test("contract.employer", "equals", "A"), Test("contract.employer", "equals", "B"))
            ),
            Not(Test("contract.type", "in", ("intern", "temp"))),
        )
    )


def test_a_not_over_two_entries_negates_both_together():
    assert parse_condition({"not": {"contract.type": "x", "contract.fte": 1}}) == Not(
        AllOf((Test("contract.type", "equals", "x"), Test("contract.fte", "equals", 1)))
    )


@pytest.mark.parametrize(
    ("operator", "given", "value"),
    [
        ("equals", 5, 5),
        ("not_equals", "x", "x"),
        ("in", ["a", 1], ("a", 1)),
        ("not_in", ["a"], ("a",)),
        ("contains", "a", "a"),
        ("starts_with", "a", "a"),
        ("ends_with", "a", "a"),
        ("matches", "G-[0-9]+", "G-[0-9]+"),
        ("within", "CARE", ("CARE",)),
        ("within", ["CARE", "IT"], ("CARE", "IT")),
        ("between", [0.5, "1"], (0.5, 1.0)),
        ("between", ["2026-01-31", "2026-02-01"], ("2026-01-31", "2026-02-01")),
        ("at_least", "0.5", 0.5),
        ("at_most", 1, 1.0),
        ("above", 0, 0.0),
        ("below", 2.5, 2.5),
        ("exists", False, False),
        ("before", "2026-01-31", "2026-01-31"),
        ("after", "2026-01-31", "2026-01-31"),
        ("on_or_before", "2026-01-31", "2026-01-31"),
        ("on_or_after", "2026-01-31", "2026-01-31"),
    ],
)
def test_every_operator_takes_its_kind_of_value(operator, given, value):
    assert parse_condition({"contract.x": {operator: given}}) == Test("contract.x", operator, value)


@pytest.mark.parametrize(("word", "meant"), [("is", "equals"), ("is_not", "not_equals")])
def test_other_words_mean_the_same(word, meant):
    assert parse_condition({"contract.x": {word: "A"}}) == Test("contract.x", meant, "A")


def test_every_operator_is_tried_above():
    tried = test_every_operator_takes_its_kind_of_value.pytestmark[0].args[1]
    assert {operator for operator, *_ in tried} == set(OPERATORS)


def test_a_list_holds_texts_and_numbers():
    with pytest.raises(ValidationError, match="takes a list of texts and numbers"):
        parse_condition({"contract.x": {"in": ["a", [1]]}})


def test_what_was_read_already_is_taken_as_it_is():
    assert parse_condition(Test("contract.x", "equals", "A")) == Test("contract.x", "equals", "A")


@pytest.mark.parametrize("number", ["nan", "inf", "", None, True, [1]])
def test_what_is_no_number_cannot_be_compared_like_one(number):
    with pytest.raises(ValidationError, match="takes a number"):
        parse_condition({"contract.fte": {"at_least": number}})


def test_every_problem_has_its_own_key():
    with pytest.raises(ValidationError) as refused:
        parse_condition({"any": [{"contract.fte": {"at_leest": 1}}, {"al": []}]})
    assert [error["loc"] for error in refused.value.errors()] == [
        ("any", 0, "contract.fte", "at_leest"),
        ("any", 1, "al"),
    ]
