from datetime import date

import pytest

from connectors.model.errors import ConfigError
from tasks.lifecycle.conditions import All, AnyOf, ContractTable, Not, Test
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
    with pytest.raises(ConfigError, match="matches"):
        meets(Test("contract.title", "matches", ".*"))


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
