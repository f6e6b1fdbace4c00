"""Whom a person answers to."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.lifecycle.conditions import ContractTable, Test
from tasks.lifecycle.people import person_facts
from tests.examples import tries
from tests.tasks.lifecycle import hr

TODAY = date(2026, 11, 23)


def told(people):
    column = person_facts(people, TODAY)["person.manager_id"]
    return {who: None if pd.isna(boss) else boss for who, boss in column.to_dict().items()}


def text(rows):
    return [
        {k: str(v) if k.endswith("_id") and v is not None else v for k, v in row.items()}
        for row in rows
    ]


@pytest.mark.parametrize("case", hr.cases("manager"))
def test_manager(case):
    for step in (1, -1):
        people = hr.people(
            text(case["contracts"])[::step],
            departments=case.get("departments", [])[::step],
            blocked=case.get("blocked"),
        )
        assert told(people) == case["managers"]


def test_both_facts_stand_side_by_side():
    people = hr.people(
        [
            {"external_id": "1", "start_date": "2020-01-01", "manager_id": "gone"},
            {"external_id": "2", "person_id": "q", "start_date": "2020-01-01", "manager_id": "p"},
        ]
    )
    facts = person_facts(people, TODAY)
    assert facts.loc["p", "contract.manager_id"] == "gone"
    assert pd.isna(facts.loc["p", "person.manager_id"])
    assert facts.loc["q", "person.manager_id"] == "p"


def test_a_rule_can_ask_for_the_manager():
    people = hr.people(
        [
            {"external_id": "1", "start_date": "2020-01-01"},
            {"external_id": "2", "person_id": "q", "start_date": "2020-01-01", "manager_id": "p"},
        ]
    )
    table = ContractTable(people, TODAY)
    assert table.holds(Test("person.manager.id", "equals", "p")).tolist() == [False, True]


departments = [f"D{n}" for n in range(5)]
persons = [f"p{n}" for n in range(4)]
nobody = st.none()
trees = st.fixed_dictionaries(
    {
        key: st.tuples(
            nobody | st.sampled_from([*departments, "GONE"]),
            nobody | st.sampled_from([*persons, "stranger"]),
        )
        for key in departments
    }
)
staff = st.fixed_dictionaries(
    {
        who: st.tuples(
            nobody | st.sampled_from([*departments, "NOWHERE"]),
            nobody | st.sampled_from([*persons, "stranger"]),
            st.sampled_from(["2026-11-22", "2026-11-23", None]),
        )
        for who in persons
    }
)


def by_the_book(who, tree, staff):
    """The walk as the docstring tells it, for one person."""

    def is_one(boss):
        return boss is not None and boss != who and boss in staff and staff[boss][2] != "2026-11-22"

    department, boss, _ = staff[who]
    if is_one(boss):
        return boss
    passed = set()
    while department in tree and department not in passed:
        passed.add(department)
        parent, boss = tree[department]
        if is_one(boss):
            return boss
        department = parent
    return None


@settings(max_examples=tries(25))
@given(trees, staff)
def test_the_walk_is_the_same_for_everybody_at_once(tree, staff):
    people = hr.people(
        [
            {
                "external_id": f"c{who}",
                "person_id": who,
                "start_date": "2020-01-01",
                "end_date": end,
                "department_id": department,
                "manager_id": boss,
            }
            for who, (department, boss, end) in staff.items()
        ],
        departments=[
            {"external_id": key, "parent_id": parent, "manager_id": boss}
            for key, (parent, boss) in tree.items()
        ],
    )
    assert told(people) == {who: by_the_book(who, tree, staff) for who in staff}


def test_the_managers_of_a_department_and_of_all_above_it():
    people = hr.people(
        [
            {"external_id": "1", "person_id": "p", "department_id": "NIGHT"},
            {"external_id": "2", "person_id": "q", "department_id": "ALONE"},
            {"external_id": "3", "person_id": "r"},
        ],
        departments=[
            {"external_id": "NIGHT", "parent_id": "CARE", "manager_id": "m1"},
            {"external_id": "CARE", "parent_id": "WEST", "manager_id": "m2"},
            {"external_id": "WEST", "parent_id": "BOARD"},
            {"external_id": "BOARD", "manager_id": "m1"},
            {"external_id": "ALONE"},
        ],
    )
    managers = person_facts(people, TODAY)["contract.department_managers"]
    assert managers.loc["p"] == "|m1|m2|"
    assert managers.drop("p").isna().all()
