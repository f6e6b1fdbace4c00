"""Invented people."""

import time
from datetime import date, timedelta

import pandas as pd

from connectors.sdk.invent import invent

TODAY = date(2026, 11, 23)


def test_the_same_seed_gives_the_same_people_and_another_one_others():
    assert invent(100, 1, TODAY).digest == invent(100, 1, TODAY).digest
    assert invent(100, 2, TODAY).digest != invent(100, 1, TODAY).digest


def test_more_people_are_added_at_the_end():
    few, many = invent(40, 1, TODAY), invent(90, 1, TODAY)
    assert many.persons.head(40).equals(few.persons)
    theirs = many.contracts[many.contracts["person_id"].isin(few.persons["external_id"])]
    assert theirs.equals(few.contracts)
    assert many.departments.equals(few.departments)


def test_another_day_moves_contracts_and_changes_nobody():
    here, later = invent(50, 1, TODAY), invent(50, 1, TODAY + timedelta(days=10))
    assert here.persons.equals(later.persons)
    moved = later.contracts["start_date"] - here.contracts["start_date"]
    assert set(moved.dt.days) == {10}


def test_names_that_break_things_are_always_there():
    people = invent(20, 7, TODAY).persons
    names = set(zip(people["nick_name"], people["family_name"], strict=True))
    assert {("Sean", "O'Brien"), ("Jan Peter", "Jong"), ("Øyvind", "Weiß")} < names
    assert {"Ольга"} < set(people["nick_name"])
    assert {"李"} < set(people["family_name"])
    assert people.duplicated(["nick_name", "family_name_prefix", "family_name"]).any()
    assert ((people["convention"] == "P") & people["partner_name"].isna()).any()
    assert people["display_name"].str.len().max() > 90


def test_contracts_are_of_every_kind():
    people = invent(20, 1, TODAY)
    contracts, today = people.contracts, pd.Timestamp(TODAY)
    assert (contracts["start_date"] > today).sum() >= 2
    ended = contracts["end_date"] < today
    assert ended.sum() >= 1
    assert (today - contracts.loc[ended, "end_date"].max()).days <= 60
    assert ((contracts["end_date"] > today) & (contracts["type"] == "fixed")).any()
    two = contracts[contracts["person_id"] == "1000012"]
    assert sorted(two["fte"]) == [0.4, 0.6]
    assert two["department_id"].nunique() == 2
    assert not (contracts["end_date"] < contracts["start_date"]).any()


def test_keys_are_distinct_and_references_hold():
    people = invent(500, 1, TODAY)
    persons = people.persons
    assert not set(persons["external_id"]) & set(persons["person_number"])
    assert persons["user_id"].isna().sum() in range(5, 60)
    logins = persons[persons["user_id"].notna()]
    assert (logins["user_id"] == "12345." + logins["external_id"]).all()
    assert persons["work_email"].notna().sum() in range(20, 100)
    for column in (people.contracts["manager_id"], people.departments["manager_id"]):
        assert column.dropna().isin(persons["external_id"]).all()
    assert not (people.contracts["manager_id"] == people.contracts["person_id"]).any()
    departments = people.departments
    assert departments["parent_id"].dropna().isin(departments["external_id"]).all()
    assert people.contracts["department_id"].isin(departments["external_id"]).all()
    assert set(persons["convention"]) == {"B", "P", "BP", "PB"}
    assert persons["personal_email"].str.endswith("@example.org").all()


def test_few_people_are_whole_too():
    assert len(invent(0, 1, TODAY)) == 0
    for count in (1, 2, 5, 11):
        people = invent(count, 1, TODAY)
        assert len(people) == count
        assert people.contracts["manager_id"].dropna().isin(people.persons["external_id"]).all()


def test_many_people_are_quick():
    begun = time.process_time()
    assert len(invent(10_000, 1, TODAY)) == 10_000
    assert time.process_time() - begun < 2
