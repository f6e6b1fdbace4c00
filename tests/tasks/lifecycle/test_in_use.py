"""What new names must not collide with, seen from the names that a plan gives."""

from datetime import date

import pandas as pd
import pytest

from tasks.lifecycle.plan import make_plan
from tests.tasks.lifecycle.test_plan_cases import inputs_of

DAY = date(2026, 11, 23)
OMAR = {"person_id": "1002", "start_date": date(2026, 11, 23), "department_id": "CARE"}
FIRST, SECOND = "omar.haddad@example.org", "o.haddad@example.org"


def address(*, names=(), **case):
    """The address that Omar is given, and his login."""
    given = {"as_of": DAY, "targets": ["ad"], "persons": ["omar"], "contracts": [OMAR], **case}
    inputs = inputs_of(given)
    inputs.memory.names = pd.DataFrame(names, columns=["space", "value", "person"]).astype("str")
    (create,) = [change for change in make_plan(inputs).changes if change.verb == "create"]
    return create.after["mail"], create.after["login"]


def other(**known):
    return {"external_id": "1009", "nick_name": "Kim", "family_name": "Smit", **known}


def test_a_new_person_gets_the_first_name():
    assert address() == (FIRST, "ohaddad")


@pytest.mark.parametrize("column", ["work_email", "user_principal_name"])
def test_an_address_that_hr_has_of_somebody_else_is_taken(column):
    somebody = other(**{column: FIRST.upper()})
    assert address(persons=["omar", somebody]) == (SECOND, "omhaddad")


def test_an_address_that_hr_has_of_the_person_is_kept():
    omar = {"external_id": "1002", "nick_name": "Omar", "family_name": "Haddad", "convention": "B"}
    assert address(persons=[omar | {"work_email": SECOND}])[0] == SECOND


@pytest.mark.parametrize("space", ["address", "login"])
def test_a_name_of_a_group_or_an_account_of_nobody_is_taken(space):
    value = FIRST if space == "address" else "ohaddad"
    assert address(taken={"ad": [(space, value, "g7")]}) == (SECOND, "omhaddad")


def test_a_login_of_another_target_is_none_of_this_one():
    taken = {"app": [("login", "ohaddad", "g7")]}
    assert address(taken=taken, targets=["ad", "app"])[1] == "ohaddad"


def test_an_address_is_taken_in_every_target():
    taken = {"app": [("address", FIRST, "g7")]}
    assert address(taken=taken, targets=["ad", "app"])[0] == SECOND


PROXIES = {
    "ad": {
        "fields": {
            "proxyAddresses": {"from": "names.proxy_addresses", "on": ["create"], "unique": True}
        }
    }
}


def test_an_alias_of_somebody_else_is_taken_whatever_stands_before_it():
    accounts = {
        "ad": {"x": {"holds": {"proxyAddresses": ["SMTP:a@b", "smtp:Omar.Haddad@Example.org"]}}}
    }
    assert address(accounts=accounts, policies=PROXIES)[0] == SECOND


def test_a_name_that_was_given_to_a_leaver_is_not_given_again():
    assert address(names=[("address", FIRST, "0815")]) == (SECOND, "omhaddad")
    assert address(names=[("ad:login", "ohaddad", "0815")]) == (SECOND, "omhaddad")


def test_who_comes_back_gets_the_names_of_before():
    reserved = [("address", SECOND, "1002"), ("ad:login", "omhaddad", "1002")]
    assert address(names=reserved) == (SECOND, "omhaddad")


def test_a_name_that_is_reserved_for_one_and_held_by_another_is_free_for_neither():
    reserved = [("address", FIRST, "1002")]
    assert address(names=reserved, taken={"ad": [("address", FIRST, "g7")]})[0] == SECOND
