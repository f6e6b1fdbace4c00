"""Why one contract speaks for a person, and not another."""

from datetime import date

import pytest

from tasks.lifecycle.primary import why_primary
from tests.tasks.lifecycle import hr

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("case", hr.cases("why_primary"))
def test_why_primary(case):
    others = [{"external_id": "z", "person_id": "other", "start_date": "2020-01-01", "fte": 9}]
    people = hr.people([*case["contracts"], *others])
    ranked = why_primary(people, "p", case["as_of"])
    assert [[one.contract, one.standing, one.because] for one in ranked] == case["ranked"]
    assert [one.contract for one in ranked if one.primary] == [ranked[0].contract]
    assert ranked[0].contract == hr.primary(people, case["as_of"])["p"]


@pytest.mark.parametrize("case", hr.cases("primary_contract"))
def test_the_first_that_is_told_is_the_one_that_is_chosen(case):
    ranked = why_primary(hr.people(case["contracts"]), "p", case["as_of"])
    assert ranked[0].contract == case["primary"]
    assert all(one.because for one in ranked)


def test_nothing_is_told_of_somebody_without_a_contract():
    people = hr.people([{"external_id": "1"}], persons=[{"external_id": "q"}])
    assert why_primary(people, "q", TODAY) == ()
