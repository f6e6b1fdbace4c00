from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.lifecycle.conditions import ContractTable
from tasks.lifecycle.conditions import Test as Question
from tasks.lifecycle.people import (
    ALIASES,
    FACTS,
    column_of,
    custom_paths,
    kind_of,
    known_path,
    person_facts,
)
from tests.examples import tries
from tests.tasks.lifecycle import hr

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("case", hr.cases("primary_contract"))
def test_primary_contract(case):
    for contracts in (case["contracts"], case["contracts"][::-1]):
        assert hr.primary(hr.people(contracts), case["as_of"])["p"] == case["primary"]


def test_everybody_with_a_contract_has_one_primary_contract():
    people = hr.people(
        [
            {"external_id": "2", "person_id": "b", "start_date": "2020-01-01"},
            {"external_id": "1", "person_id": "b", "start_date": "2019-01-01"},
            {"external_id": "3", "person_id": "a", "start_date": "2030-01-01", "title": "Nurse"},
        ],
        persons=[{"external_id": "c"}],
    )
    assert hr.primary(people, TODAY) == {"a": "3", "b": "1"}


def test_nobody_has_no_primary_contract():
    people = hr.people([{"external_id": "1"}])
    people.contracts = people.contracts.iloc[:0]
    assert hr.primary(people, TODAY) == {}
    assert person_facts(people, TODAY)["contract.title"].isna().all()


days = st.one_of(st.none(), st.dates(date(2026, 11, 1), date(2026, 12, 31)))
numbers = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 0.6, 1.0]))
contracts = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(["p", "q"]),
            "start_date": days,
            "end_date": days,
            "fte": numbers,
            "hours_per_week": numbers,
            "sequence": numbers,
        }
    ),
    min_size=1,
    max_size=6,
).map(lambda rows: [{"external_id": f"c{n}", **row} for n, row in enumerate(rows)])


def by_the_book(rows):
    """Section by section what the docstring says, for one person's contracts."""

    def order(row):
        return (
            *(
                -row[n] if row[n] is not None else 9.0
                for n in ("fte", "hours_per_week", "sequence")
            ),
            -(row["end_date"] or date.max).toordinal(),
            (row["start_date"] or date.max).toordinal(),
            row["external_id"],
        )

    def state(row):
        start, end = row["start_date"], row["end_date"] or date.max
        if start is None or end < start:
            return 2
        return 0 if start <= TODAY <= end else 1 if start > TODAY else 2

    return min(rows, key=lambda row: (state(row), order(row)))["external_id"]


@settings(max_examples=tries(15))
@given(contracts, st.randoms())
def test_primary_contract_follows_the_order_whatever_the_rows_came_in(rows, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    primary = hr.primary(hr.people(shuffled), TODAY)
    expected = {
        person: by_the_book([row for row in rows if row["person_id"] == person])
        for person in {row["person_id"] for row in rows}
    }
    assert primary == expected


def test_facts_join_each_person_with_the_primary_contract():
    people = hr.people(
        [
            {"external_id": "7", "start_date": "2026-01-01", "title": "Nurse", "fte": 0.6},
            {"external_id": "8", "start_date": "2026-01-01", "title": "Clerk", "fte": 0.4},
        ],
        persons=[
            {"external_id": "p", "nick_name": "Janine", "custom.badge": "b7"},
            {"external_id": "q"},
        ],
    )
    facts = person_facts(people, TODAY)
    assert facts.index.tolist() == ["p", "q"]
    assert facts.loc["p", "person.nick_name"] == "Janine"
    assert facts.loc["p", "person.custom.badge"] == "b7"
    assert facts.loc["p", "contract.title"] == "Nurse"
    assert facts.loc["p", "contract.start_date"] == pd.Timestamp("2026-01-01")
    assert (
        facts.loc["q"]
        .drop(["person.external_id", "person.excluded", "person.blocked"])
        .isna()
        .all()
    )


def test_facts_have_every_promised_column_in_its_type():
    people = hr.people([{"external_id": "7", "custom.shift": "N"}], persons=[{"external_id": "z"}])
    facts = person_facts(people, TODAY)
    assert set(facts.columns) == {*FACTS, "contract.custom.shift"}
    types = {"text": "str", "number": "float64", "date": "datetime64[s]", "flag": "bool"}
    assert {name: str(facts[name].dtype) for name in FACTS} == {
        n: types[k] for n, k in FACTS.items()
    }


def test_facts_know_what_the_department_list_knows():
    people = hr.people(
        [
            {"external_id": "1", "person_id": "p", "department_id": "CARE"},
            {
                "external_id": "2",
                "person_id": "q",
                "department_id": "CARE",
                "department_name": "Own",
            },
            {"external_id": "3", "person_id": "r", "department_id": "GONE"},
        ],
        departments=[
            {"external_id": "CARE", "name": "Care", "parent_id": "ALL", "manager_id": "m"},
        ],
    )
    facts = person_facts(people, TODAY)
    assert facts["contract.department_name"].replace({np.nan: None}).to_list() == [
        "Care",
        "Own",
        None,
    ]
    assert facts.loc["p", "contract.department_manager_id"] == "m"
    assert facts.loc["p", "contract.department_parent_id"] == "ALL"
    assert pd.isna(facts.loc["r", "contract.department_manager_id"])


@pytest.mark.parametrize(
    ("department", "path"),
    [
        ("NURSING", "|BOARD|CARE|NURSING|"),
        ("BOARD", "|BOARD|"),
        ("NOWHERE", "|NOWHERE|"),
        ("LOST", "|GONE|LOST|"),
        ("B", "|A|C|B|"),
        ("A|B", "|A¦B|"),
    ],
)
def test_b15_the_path_of_a_department_ends_at_the_top_at_an_unknown_parent_and_in_a_cycle(
    department, path
):
    above = {"NURSING": "CARE", "CARE": "BOARD", "BOARD": None, "LOST": "GONE"}
    around = {"A": "B", "B": "C", "C": "A"}
    people = hr.people(
        [{"external_id": "1", "department_id": department}, {"external_id": "2", "person_id": "q"}],
        departments=[
            {"external_id": key, "parent_id": parent} for key, parent in {**above, **around}.items()
        ],
    )
    facts = person_facts(people, TODAY)
    assert facts.loc["p", "contract.department_path"] == path
    assert pd.isna(facts.loc["q", "contract.department_path"])


def test_a_contract_that_names_its_department_keeps_that_name():
    people = hr.people(
        [{"external_id": "1", "department_id": "CARE", "department_name": "Own"}],
        departments=[{"external_id": "CARE", "name": "Care"}],
    )
    assert person_facts(people, TODAY)["contract.department_name"].tolist() == ["Own"]


def test_who_leads_departments_manages_them():
    people = hr.people(
        [{"external_id": "1"}, {"external_id": "2", "person_id": "q"}],
        departments=[
            {"external_id": "NURSING", "manager_id": "p"},
            {"external_id": "CARE", "manager_id": "p"},
            {"external_id": "IT", "manager_id": "somebody who left"},
        ],
    )
    facts = person_facts(people, TODAY)
    assert facts.loc["p", "person.manages"] == "|CARE|NURSING|"
    assert pd.isna(facts.loc["q", "person.manages"])


def test_both_spellings_of_a_path_mean_one_column():
    assert column_of("contract.department.id") == column_of("contract.department_id")
    assert column_of("contract.title.name") == column_of("contract.title")
    assert column_of("contract.title.id") == "contract.title_id"
    assert set(ALIASES.values()) <= set(FACTS)


@pytest.mark.parametrize(
    "path",
    [
        "person.nick_name",
        "person.excluded",
        "contract.fte",
        "contract.department.id",
        "contract.title.name",
    ],
)
def test_a_column_is_a_known_path(path):
    assert known_path(path)
    assert known_path(path, set())


@pytest.mark.parametrize(
    "path",
    [
        "nick_name",
        "person.nickname",
        "contract.person_id",
        "contract.",
        "person.custom.",
        "custom.badge",
    ],
)
def test_anything_else_is_not(path):
    assert not known_path(path)


def test_custom_paths_are_known_by_name_or_on_trust():
    people = hr.people(
        [{"external_id": "1", "custom.shift": "N"}], [{"external_id": "p", "custom.badge": "1"}]
    )
    custom = custom_paths(people)
    assert custom == {"contract.custom.shift", "person.custom.badge"}
    assert known_path("person.custom.badge", custom)
    assert not known_path("person.custom.shift", custom)
    assert known_path("person.custom.shift")


def test_kinds_of_facts():
    assert [kind_of(path) for path in ("contract.fte", "contract.end_date", "person.blocked")] == [
        "number",
        "date",
        "flag",
    ]
    assert kind_of("contract.department.id") == kind_of("person.custom.badge") == "text"


def test_custom_fields_of_persons_contracts_and_departments_are_paths():
    people = hr.people(
        [
            {"external_id": "1", "department_id": "CARE", "custom.shift": "N"},
            {"external_id": "2", "person_id": "q", "department_id": "GONE"},
        ],
        persons=[{"external_id": "p", "custom.badge": "b7"}],
        departments=[{"external_id": "CARE", "custom.color": "red"}],
    )
    facts = person_facts(people, TODAY)
    paths = {"person.custom.badge", "contract.custom.shift", "contract.department.custom.color"}
    assert custom_paths(people) == paths
    assert all(known_path(path) and known_path(path, paths) for path in paths)
    assert facts.loc["p", sorted(paths)].tolist() == ["N", "red", "b7"]
    assert facts.loc["q", sorted(paths)].isna().all()
    assert not known_path("contract.department.custom.")


def test_a_rule_can_ask_for_custom_fields_of_a_department_and_whether_somebody_is_blocked():
    people = hr.people(
        [
            {"external_id": "1", "department_id": "CARE"},
            {"external_id": "2", "person_id": "q"},
        ],
        persons=[{"external_id": "p"}, {"external_id": "q", "blocked": True}],
        departments=[{"external_id": "CARE", "custom.color": "red"}],
    )
    table = ContractTable(people)
    red = Question("contract.department.custom.color", "equals", "red")
    assert table.holds(red).tolist() == [True, False]
    assert table.holds(Question("person.blocked", "equals", True)).tolist() == [False, True]
