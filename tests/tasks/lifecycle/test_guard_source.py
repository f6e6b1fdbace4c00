import pytest

from connectors.model.people import NO_CONTRACT
from tasks.lifecycle.guard import lift
from tasks.lifecycle.guard_source import SourceLimits, review_source
from tasks.lifecycle.policy import Limit
from tests.tasks.lifecycle.guarded import codes, numbers, people, reasons

LIMITS = SourceLimits(
    removed=Limit(share=0.1), added=Limit(share=0.3), blocked=Limit(share=0.1), changed=Limit()
)


# --- Empty, half, twice: S1, S2, S8 ---------------------------------------------------------------


@pytest.mark.parametrize("known", [None, people(numbers(150)), people(numbers(8))])
def test_an_empty_source_is_broken_whatever_was_known_and_no_approval_lifts_that(known):
    found = review_source(people([]), known, SourceLimits())
    assert codes(found) == ["empty_source"]
    assert "no persons at all" in found[0].reason
    assert lift(found, approved=True) == tuple(found)


def test_persons_without_any_contract_are_a_broken_source():
    (objection,) = review_source(people(numbers(3), contracts=False), None, SourceLimits())
    assert objection.structural
    assert "no contract" in objection.reason


def test_one_of_several_sources_that_holds_nobody_is_broken():
    now = people(numbers(9))
    now.sources.update({"interns": 0, "students": 3})
    (objection,) = review_source(now, people(numbers(9)), SourceLimits())
    assert objection.structural
    assert objection.reason.startswith("the source interns holds no persons at all")


def test_a_first_import_has_nothing_to_be_measured_against():
    assert review_source(people(numbers(1000)), None, LIMITS) == []


def test_after_an_empty_one_there_is_nothing_to_be_measured_against_either():
    assert review_source(people(numbers(10)), people([]), LIMITS) == []


def test_half_the_people_gone_is_refused_and_the_first_of_them_are_named():
    (objection,) = review_source(people(numbers(500)), people(numbers(1000)), LIMITS)
    assert objection.reason == (
        "source: 500 persons have gone from the source, 10% of the 1000 known are allowed (100): "
        "00500, 00501, 00502, 00503, 00504 and 495 more; is the export complete? If HR means it: "
        "look at the plan and approve it, or change source.limits.removed"
    )
    assert (objection.code, objection.figure, objection.of) == ("removed", 500, 1000)
    assert (objection.limit, objection.key) == ("10%", "source.limits.removed")
    assert len(objection.persons) == 500


@pytest.mark.parametrize(("known", "stay"), [(1000, 900), (150, 135), (8, 7), (2, 1)])
def test_the_share_of_persons_gone_trips_exactly_above_its_threshold(known, stay):
    before = people(numbers(known))
    assert review_source(people(numbers(stay)), before, LIMITS) == []
    assert codes(review_source(people(numbers(stay - 1) or ["x"]), before, LIMITS))[0] == "removed"


def test_six_hundred_of_a_thousand_replaced_is_refused_twice():
    found = review_source(people(numbers(1000, start=600)), people(numbers(1000)), LIMITS)
    assert codes(found) == ["removed", "added"]
    assert [objection.figure for objection in found] == [600, 600]


def test_a_blocked_person_has_not_gone():
    known = people(numbers(10))
    assert review_source(people(numbers(9), blocked=["00009"]), known, LIMITS) == []


def test_a_person_without_contract_has_gone():
    known = people(numbers(10))
    now = people(numbers(8), blocked=["00008", "00009"], code=NO_CONTRACT)
    assert codes(review_source(now, known, LIMITS)) == ["removed"]


def test_the_share_of_blocked_persons_trips_exactly_above_its_threshold():
    assert review_source(people(numbers(90), blocked=numbers(10, 90)), None, LIMITS) == []
    (objection,) = review_source(people(numbers(89), blocked=numbers(11, 89)), None, LIMITS)
    assert objection.reason.startswith(
        "source: 11 persons cannot be imported, because a required field is missing or wrong, "
        "10% of the 100 read are allowed (10): 00089, "
    )


# --- Changes as a whole ---------------------------------------------------------------------------


def test_the_share_of_changed_persons_trips_exactly_above_its_threshold():
    known, limits = people(numbers(100)), SourceLimits(changed=Limit(share=0.5))

    def changed(count):
        return people(numbers(100), family_name=["Y"] * count + ["X"] * (100 - count))

    assert review_source(changed(50), known, limits) == []
    (objection,) = review_source(changed(51), known, limits)
    assert (objection.code, objection.figure) == ("changed", 51)


def test_what_was_written_back_is_no_change():
    known = people(numbers(3))
    now = people(numbers(3), work_email=[f"{n}@example.org" for n in numbers(3)])
    nothing = Limit(count=0)
    limits = SourceLimits(changed=nothing, attribute=nothing, emptied=nothing)
    assert review_source(now, known, limits) == []


# --- One field, many persons ----------------------------------------------------------------------


def departments(count, *, of=100, to="SHOP"):
    return people(
        numbers(of), of_contracts={"department_id": [to] * count + ["CARE"] * (of - count)}
    )


def test_one_field_with_another_value_trips_exactly_above_its_threshold():
    limits = SourceLimits(attribute=Limit(share=0.3))
    assert review_source(departments(30), departments(0), limits) == []
    (objection,) = review_source(departments(31), departments(0), limits)
    assert objection.reason == (
        "source: contract.department.id has another value for 31 persons, 30% of the 100 in both "
        "imports are allowed (30): 00000, 00001, 00002, 00003, 00004 and 26 more; has a column "
        "moved? If HR means it: look at the plan and approve it, or change source.limits.attribute"
    )
    assert (objection.code, objection.field) == ("attribute", "contract.department.id")
    assert not objection.structural


def test_two_fields_that_change_for_different_people_are_measured_apart():
    limits = SourceLimits(attribute=Limit(share=0.3))
    known = people(numbers(10), given_name="A")
    now = people(numbers(10), family_name=["Y"] * 3 + ["X"] * 7, given_name=["A"] * 7 + ["B"] * 3)
    assert review_source(now, known, limits) == []


def test_columns_that_all_moved_are_told_by_the_first_fields_and_how_many_more_there_are():
    fields = ("given_name", "nick_name", "initials", "partner_name", "convention", "user_id")
    known = people(numbers(4), **dict.fromkeys(fields, "a"))
    now = people(numbers(4), **dict.fromkeys(fields, "b"))
    found = review_source(now, known, SourceLimits(attribute=Limit(count=0)))
    assert len(found) == 5
    assert "(and so it is with 1 more field)" in found[-1].reason
    assert not any("more field" in objection.reason for objection in found[:-1])


def ends(count, *, of=100, had=None):
    """Persons of whom so many have a last day."""
    dates = ["2027-01-31"] * count + [None] * (of - count)
    return people(numbers(of), of_contracts={"end_date": dates, "fte": 1.0})


def test_a_field_that_became_empty_trips_exactly_above_its_threshold():
    limits = SourceLimits(emptied=Limit(share=0.1))
    assert review_source(ends(50), ends(60), limits) == []
    (objection,) = review_source(ends(49), ends(60), limits)
    assert objection.reason.startswith(
        "source: contract.end_date is empty now for 11 of 60 persons who had it, 10% of the 100 in "
        "both imports are allowed (10): 00049, "
    )
    assert "missing is not the same as empty" in objection.reason
    assert (objection.code, objection.key) == ("emptied", "source.limits.emptied")


def test_end_dates_that_all_vanish_are_refused_however_few_people_had_one():
    limits = SourceLimits(emptied=Limit(share=0.1))
    assert codes(review_source(ends(0, of=1000), ends(6, of=1000), limits)) == ["emptied"]
    assert review_source(ends(0, of=1000), ends(5, of=1000), limits) == []
    assert review_source(ends(1, of=1000), ends(6, of=1000), limits) == []


def test_exclusions_that_all_vanish_are_a_field_that_is_missing():
    limits = SourceLimits(emptied=Limit(share=0.1), attribute=Limit(share=0.3))
    known = people(numbers(200), excluded=[True] * 8 + [False] * 192)
    found = review_source(people(numbers(200)), known, limits)
    assert [(one.code, one.field, one.figure) for one in found] == [
        ("emptied", "person.excluded", 8)
    ]


def test_a_custom_column_that_the_source_lost_is_a_field_that_became_empty():
    limits = SourceLimits(emptied=Limit(share=0.1), attribute=Limit(count=0))
    known = people(numbers(20), **{"custom.shift": "night"}, of_contracts={"custom.rank": "1"})
    found = review_source(people(numbers(20)), known, limits)
    assert [one.field for one in found] == ["contract.custom.rank", "person.custom.shift"]


def test_custom_columns_may_change_every_day_and_may_be_new():
    limits = SourceLimits(attribute=Limit(count=0), changed=Limit(count=0))
    known = people(numbers(20), **{"custom.age": "44"})
    now = people(numbers(20), **{"custom.age": "45", "custom.new": "x"})
    assert review_source(now, known, limits) == []


def test_a_field_that_became_empty_is_not_told_a_second_time_as_one_that_changed():
    limits = SourceLimits(emptied=Limit(count=0), attribute=Limit(count=0))
    assert codes(review_source(ends(0), ends(20), limits)) == ["emptied"]


def test_without_limits_anything_may_change():
    assert review_source(ends(0), ends(60), SourceLimits()) == []


# --- How the source makes its keys ----------------------------------------------------------------

POSITIONS = {"person": "Medewerker", "contract": "ExternalID of positions"}
EMPLOYMENTS = {"person": "Medewerker", "contract": "ExternalID of employments"}
BY_NUMBER = {"person": "Persoonsnummer", "contract": "ExternalID of positions"}


def other_keys(then, now, ids=("1", "2", "3")):
    return review_source(people(ids, keys=now), people(ids, keys=then), SourceLimits())


def test_contract_keys_made_in_another_way_are_refused_and_both_ways_are_named():
    (objection,) = other_keys(POSITIONS, EMPLOYMENTS)
    assert objection.reason == (
        "the key of a contract is now made from ExternalID of employments; in the last accepted"
        " import it was ExternalID of positions: put the settings of the source back, or read the"
        " plan and approve its digest"
    )


def test_a_plan_with_other_contract_keys_can_be_approved_and_one_with_other_persons_cannot():
    assert lift(other_keys(POSITIONS, EMPLOYMENTS), approved=True) == ()
    (objection,) = lift(other_keys(POSITIONS, BY_NUMBER), approved=True)
    assert "person is now made from Persoonsnummer" in objection.reason
    assert "fresh ledger" in objection.reason


def test_keys_are_compared_whatever_the_limits_allow():
    assert len(other_keys(POSITIONS, EMPLOYMENTS)) == 1
    assert len(other_keys(EMPLOYMENTS, BY_NUMBER)) == 2
    assert other_keys(POSITIONS, POSITIONS) == []


def test_a_source_that_does_not_say_how_keys_are_made_has_nothing_to_compare():
    assert other_keys(None, POSITIONS) == []
    assert other_keys(POSITIONS, None) == []
    assert reasons(review_source(people(["1"], keys=POSITIONS), None, SourceLimits())) == []
