import pandas as pd
import pytest

from connectors.model.people import People
from tasks.lifecycle.guard_difference import Difference
from tests.tasks.lifecycle.guarded import NOON, numbers, people


def told(difference):
    return {one.path: (one.changed, one.emptied, one.had) for one in difference.fields}


def hr(*contracts, persons=("1", "2")):
    """Contracts as (id, person, department, end)."""
    names = ("external_id", "person_id", "department_id", "end_date")
    return People(
        persons=pd.DataFrame({"external_id": list(persons)}),
        contracts=pd.DataFrame(list(contracts), columns=names),
        taken_at=NOON,
    )


THEN = hr(("a", "1", "CARE", "2027-01-31"), ("b", "2", "CARE", None))


def test_the_same_import_differs_in_nothing():
    difference = Difference(THEN, THEN)
    assert (difference.changed, difference.fields, difference.both) == (frozenset(), (), 2)


def test_a_field_of_a_contract_is_named_as_rules_name_it():
    now = hr(("a", "1", "SHOP", "2027-01-31"), ("b", "2", "CARE", None))
    assert told(Difference(now, THEN)) == {"contract.department.id": (("1",), (), 2)}
    assert Difference(now, THEN).changed == {"1"}


def test_a_value_that_is_empty_now_is_told_apart_from_one_that_is_another():
    now = hr(("a", "1", "CARE", None), ("b", "2", None, None))
    assert told(Difference(now, THEN)) == {
        "contract.department.id": (("2",), ("2",), 2),
        "contract.end_date": (("1",), ("1",), 1),
    }


def test_another_contract_with_the_same_values_changes_the_person_and_no_field():
    now = hr(("a", "1", "CARE", "2027-01-31"), ("c", "1", "CARE", None), ("b", "2", "CARE", None))
    difference = Difference(now, THEN)
    assert difference.changed == {"1"}
    assert told(difference) == {}
    assert difference.behind(["1", "2"]) == {"contracts": 1}


def test_a_contract_that_follows_another_brings_its_own_department():
    now = hr(("c", "1", "SHOP", "2027-01-31"), ("b", "2", "CARE", None))
    assert told(Difference(now, THEN)) == {"contract.department.id": (("1",), (), 2)}


def test_values_lost_with_a_contract_that_another_one_replaced_are_empty_now():
    now = hr(("c", "1", None, None), ("b", "2", "CARE", None))
    assert told(Difference(now, THEN))["contract.department.id"] == (("1",), ("1",), 2)


def test_somebody_who_lost_every_contract_has_no_empty_fields():
    now = hr(("b", "2", "CARE", None))
    difference = Difference(now, THEN)
    assert difference.changed == {"1"}
    assert {one.emptied for one in difference.fields} == {()}


def test_a_contract_that_went_over_to_somebody_else_changes_both():
    now = hr(("a", "2", "CARE", "2027-01-31"), ("b", "2", "CARE", None))
    assert Difference(now, THEN).changed == {"1", "2"}


def test_persons_of_one_import_only_are_not_compared():
    now = hr(("a", "1", "CARE", "2027-01-31"), ("z", "3", "SHOP", None), persons=("1", "3"))
    difference = Difference(now, THEN)
    assert (difference.both, difference.changed, difference.fields) == (1, frozenset(), ())


def test_a_yes_that_became_a_no_is_empty_and_a_no_that_became_a_yes_is_not():
    known = people(numbers(3), excluded=[True, False, False])
    now = people(numbers(3), excluded=[False, True, False])
    assert told(Difference(now, known)) == {"person.excluded": (("00000", "00001"), ("00000",), 1)}


@pytest.mark.parametrize("asked", [["1"], ["1", "2"], []])
def test_what_is_behind_a_loss_is_counted_for_those_persons_only(asked):
    now = hr(("a", "1", "SHOP", None), ("b", "2", "SHOP", None))
    found = Difference(now, THEN).behind(asked)
    assert found["contract.department.id"] == len(asked)
    assert found["contract.end_date"] == ("1" in asked)
    assert 0 not in found.values()
