from datetime import date

import pytest

from connectors.model.errors import ConfigError
from tasks.lifecycle.conditions import OPERATORS, All, AnyOf, ContractTable, Not, Test
from tests.tasks.lifecycle import hr

PEOPLE = hr.people(
    [
        {
            "external_id": "full",
            "person_id": "p",
            "start_date": "2026-11-23",
            "department_id": "Care-1",
            "fte": 0.6,
        },
        {"external_id": "bare", "person_id": "q"},
    ],
    persons=[
        {"external_id": "p", "nick_name": "İnci Straße", "blocked": True},
        {"external_id": "q"},
    ],
)


def meets(condition):
    """Ids of the contracts that meet a condition."""
    table = ContractTable(PEOPLE)
    return set(table.contracts.loc[table.holds(condition), "external_id"])


@pytest.mark.parametrize(
    ("path", "operator", "value", "expected"),
    [
        ("contract.department.id", "equals", "CARE-1", {"full"}),
        ("contract.department_id", "equals", "care-1", {"full"}),
        ("contract.department.id", "equals", "care", set()),
        ("contract.department.id", "not_equals", "care-1", {"bare"}),
        ("contract.department.id", "not_equals", "x", {"full", "bare"}),
        ("contract.department.id", "in", ("x", "care-1"), {"full"}),
        ("contract.department.id", "in", ("x",), set()),
        ("contract.department.id", "not_in", ("x", "care-1"), {"bare"}),
        ("contract.department.id", "contains", "RE-", {"full"}),
        ("contract.department.id", "starts_with", "car", {"full"}),
        ("contract.department.id", "starts_with", "are", set()),
        ("contract.department.id", "ends_with", "E-1", {"full"}),
        ("contract.department.id", "ends_with", "e", set()),
        ("contract.fte", "equals", 0.6, {"full"}),
        ("contract.fte", "in", (0.5, 0.6), {"full"}),
        ("contract.fte", "at_least", 0.6, {"full"}),
        ("contract.fte", "at_least", 0.61, set()),
        ("contract.fte", "at_most", 0.6, {"full"}),
        ("contract.fte", "at_most", 0.59, set()),
        ("contract.fte", "above", 0.59, {"full"}),
        ("contract.fte", "above", 0.6, set()),
        ("contract.fte", "below", 0.61, {"full"}),
        ("contract.fte", "below", 0.6, set()),
        ("contract.start_date", "before", date(2026, 11, 24), {"full"}),
        ("contract.start_date", "before", date(2026, 11, 23), set()),
        ("contract.start_date", "after", date(2026, 11, 22), {"full"}),
        ("contract.start_date", "after", date(2026, 11, 23), set()),
        ("contract.start_date", "equals", date(2026, 11, 23), {"full"}),
        ("contract.start_date", "equals", "2026-11-23", {"full"}),
        ("contract.start_date", "in", ("2026-11-23", "2026-11-24"), {"full"}),
        ("contract.start_date", "in", ("2026-11-22", date(2026, 11, 24)), set()),
        ("contract.start_date", "on_or_before", "2026-11-23", {"full"}),
        ("contract.start_date", "on_or_before", "2026-11-22", set()),
        ("contract.start_date", "on_or_after", "2026-11-23", {"full"}),
        ("contract.start_date", "on_or_after", "2026-11-24", set()),
        ("contract.start_date", "between", ("2026-11-23", "2026-11-23"), {"full"}),
        ("contract.start_date", "between", ("2026-11-24", "2026-12-31"), set()),
        ("contract.start_date", "between", ("2026-01-01", "2026-11-22"), set()),
        ("contract.fte", "between", (0.6, 1), {"full"}),
        ("contract.fte", "between", (0.1, 0.6), {"full"}),
        ("contract.fte", "between", (0.61, 1), set()),
        ("contract.department.id", "matches", "[a-z]{4}-[0-9]", {"full"}),
        ("contract.department.id", "matches", "care", set()),
        ("contract.department.id", "matches", "are-1", set()),
        ("contract.department.id", "matches", "(care|cure)-1|x", {"full"}),
        ("person.nick_name", "matches", ".*Straße", {"full"}),
        ("contract.department.id", "within", ("care-1",), {"full"}),
        ("contract.department.id", "within", ("x", "CARE-1"), {"full"}),
        ("contract.department.id", "within", ("CARE",), set()),
        ("contract.fte", "exists", True, {"full"}),
        ("contract.fte", "exists", False, {"bare"}),
        ("person.nick_name", "contains", "STRASSE", {"full"}),
        ("person.nick_name", "exists", False, {"bare"}),
        ("person.blocked", "equals", True, {"full"}),
        ("person.blocked", "equals", False, {"bare"}),
    ],
)
def test_operator(path, operator, value, expected):
    assert meets(Test(path, operator, value)) == expected


CARE = Test("contract.department.id", "equals", "care-1")
NOBODY = Test("contract.department.id", "equals", "x")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (All(), {"full", "bare"}),
        (AnyOf(), set()),
        (All((CARE, NOBODY)), set()),
        (AnyOf((CARE, NOBODY)), {"full"}),
        (Not(CARE), {"bare"}),
        (Not(All((Not(NOBODY), CARE))), {"bare"}),
    ],
)
def test_conditions_combine(condition, expected):
    assert meets(condition) == expected


@pytest.mark.parametrize("path", ["person.custom.badge", "contract.nonsense", "nonsense"])
def test_a_column_that_the_import_does_not_have_stops_the_run(path):
    with pytest.raises(ConfigError, match=path):
        meets(Test(path, "exists", False))


def test_an_operator_that_does_not_exist_stops_the_run():
    with pytest.raises(ConfigError, match="sounds_like"):
        meets(Test("contract.title", "sounds_like", "x"))


def test_a_rule_can_ask_for_everybody_below_a_department_and_for_who_leads_one():
    people = hr.people(
        [
            {"external_id": "above", "person_id": "p", "department_id": "BOARD"},
            {"external_id": "there", "person_id": "q", "department_id": "CARE"},
            {"external_id": "below", "person_id": "r", "department_id": "NURSING"},
            {"external_id": "alike", "person_id": "s", "department_id": "CARE-HOME"},
        ],
        departments=[
            {"external_id": "BOARD"},
            {"external_id": "CARE", "parent_id": "BOARD", "manager_id": "q"},
            {"external_id": "NURSING", "parent_id": "CARE"},
            {"external_id": "CARE-HOME", "parent_id": "BOARD"},
        ],
    )
    table = ContractTable(people)

    def met(path, operator, value):
        return set(table.contracts.loc[table.holds(Test(path, operator, value)), "external_id"])

    assert met("contract.department.path", "contains", "|care|") == {"there", "below"}
    assert met("contract.department.id", "within", ("care",)) == {"there", "below"}
    assert met("contract.department_id", "within", ("nursing", "care-home")) == {"below", "alike"}
    assert met("contract.department.id", "within", ("BOARD",)) == {
        "above",
        "there",
        "below",
        "alike",
    }
    assert met("person.manages", "contains", "|CARE|") == {"there"}
    assert met("person.manages", "exists", value=True) == {"there"}


def test_one_of_several_groups_is_met_whole():
    people = hr.people(
        [{"external_id": one, "person_id": one} for one in ("hr", "more", "none")],
        persons=[
            {"external_id": "hr", "custom.afas_groups": "|FIN|HR|"},
            {"external_id": "more", "custom.afas_groups": "|FIN|HR-ALL|"},
            {"external_id": "none"},
        ],
    )
    table = ContractTable(people)
    mask = table.holds(Test("person.custom.afas_groups", "contains", "|HR|"))
    assert table.contracts.loc[mask, "external_id"].tolist() == ["hr"]


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        ("equals", "x", False),
        ("not_equals", "x", True),
        ("in", ("x",), False),
        ("not_in", ("x",), True),
        ("contains", "x", False),
        ("starts_with", "x", False),
        ("ends_with", "x", False),
        ("matches", ".*", False),
        ("within", ("x",), False),
        ("at_least", 0, False),
        ("at_most", 9, False),
        ("above", -1, False),
        ("below", 9, False),
        ("between", (0, 9), False),
        ("before", "2099-01-01", False),
        ("after", "1999-01-01", False),
        ("on_or_before", "2099-01-01", False),
        ("on_or_after", "1999-01-01", False),
        ("exists", True, False),
        ("exists", False, True),
    ],
)
def test_a_missing_value_meets_the_negations_only(operator, value, met):
    kinds = OPERATORS[operator].kinds
    path = "contract.department.id"
    if "text" not in kinds:
        path = "contract.fte" if "number" in kinds else "contract.end_date"
    assert ("bare" in meets(Test(path, operator, value))) is met
    assert ("bare" in meets(Not(Test(path, operator, value)))) is not met


def test_every_operator_is_asked_about_a_missing_value():
    (cases,) = (mark.args[1] for mark in test_a_missing_value_meets_the_negations_only.pytestmark)
    assert {operator for operator, *_ in cases} == set(OPERATORS)


def test_a_bar_in_the_id_of_a_department_is_no_border():
    people = hr.people([{"external_id": "c", "department_id": "A|B"}])
    table = ContractTable(people)
    assert table.holds(Test("contract.department.id", "within", ("a|b",))).all()
    assert not table.holds(Test("contract.department.id", "within", ("a",))).any()


def test_a_fact_is_told_per_contract_whether_it_is_of_the_contract_or_the_person():
    table = ContractTable(PEOPLE)
    assert table.fact("contract.fte").dropna().tolist() == [0.6]
    assert table.fact("person.nick_name").dropna().tolist() == ["İnci Straße"]


def test_a_rule_can_ask_who_the_manager_is_once_the_day_is_known():
    people = hr.people(
        [
            {"external_id": "c", "person_id": "p", "manager_id": "q", "start_date": "2026-01-01"},
            {"external_id": "d", "person_id": "q", "start_date": "2026-01-01"},
        ]
    )
    led = Test("person.manager.id", "exists", value=True)
    table = ContractTable(people, date(2026, 11, 23))
    assert table.contracts.loc[table.holds(led), "external_id"].tolist() == ["c"]
    with pytest.raises(ConfigError):
        ContractTable(people).holds(led)
