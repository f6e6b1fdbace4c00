import pandas as pd
import pyarrow as pa
import pytest

from connectors.model.accounts import Accounts
from tasks.lifecycle.matching import Numbers, match_accounts
from tasks.lifecycle.roster import Roster
from tests.tasks.lifecycle.landscape import NOON


def accounts(**numbers):
    return Accounts.from_records(
        target="ad",
        records={ref: {"person": number, "label": f"l-{ref}"} for ref, number in numbers.items()},
        attributes={},
        taken_at=NOON,
    )


def match(held, correlate, links=None, **options):
    roster = Roster([*correlate, *(links or {})])
    numbers = pa.array([correlate.get(person) for person in roster.ids], pa.large_string())
    known = pd.Series(links or {}, dtype="str")
    return match_accounts(held, roster=roster, numbers=Numbers(numbers), links=known, **options)


def codes(found):
    return [(note.person, note.code) for note in found.notes]


def test_a_number_finds_its_account():
    found = match(accounts(a="1", b="2"), {"p1": "1", "p2": "2"})
    assert found.refs == {"p1": "a", "p2": "b"}
    assert found.linked == found.ambiguous == found.gone.keys() == frozenset()
    assert found.notes == ()


def test_a_link_counts_more_than_a_number():
    found = match(accounts(a=None, b="1"), {"p1": "1"}, {"p1": "a"})
    assert found.refs == {"p1": "a"}
    assert found.linked == {"p1"}
    assert codes(found) == [("p1", "several")]


def found_without_links(found):
    return {person: str(row) for person, row in zip(found.roster.ids, found.by_number, strict=True)}


def test_a_number_tells_what_is_found_once_a_link_is_forgotten():
    held = accounts(a=None, b="1", c="2", d="3", e="3", f="4", g="5")
    numbers = {"p1": "1", "p2": "2", "p3": "3", "p4": "4", "p5": "4", "p6": None, "p7": "7"}
    links = {"p1": "a", "p2": "c", "p7": "x"}
    assert found_without_links(match(held, numbers, links)) == {
        "p1": "1",  # the other account that carries it
        "p2": "2",  # the linked one
        "p3": "-1",  # two accounts carry it
        "p4": "-1",  # two persons have it
        "p5": "-1",
        "p6": "-1",
        "p7": "-1",  # no account carries it, and the linked one is gone
    }


def test_a_number_does_not_find_the_account_that_somebody_else_is_linked_to():
    found = match(accounts(a=None, b="1"), {"p1": "1", "p2": "2"}, {"p1": "a", "p2": "b"})
    assert found_without_links(found) == {"p1": "-1", "p2": "-1"}


def test_an_empty_number_matches_nobody():
    found = match(accounts(a=None, b=""), {})
    assert found.refs == {}
    assert [note.reason for note in found.notes] == [
        "2 accounts belong to nobody in this import; not touched"
    ]


def test_two_accounts_of_one_number_are_a_question_for_a_person():
    found = match(accounts(a="1", b="1"), {"p1": "1"})
    assert found.refs == {}
    assert found.ambiguous == {"p1"}
    (note,) = found.notes
    assert "(l-a, l-b)" in note.reason


def test_two_records_of_one_number_put_a_linked_one_in_doubt_as_well():
    found = match(accounts(a="1", b="1"), {"p1": "1"}, {"p1": "a"}, one_record=True)
    assert found.refs == {}
    assert found.ambiguous == {"p1"}


def test_two_persons_of_one_number_get_nothing():
    found = match(accounts(a="1"), {"p1": "1", "p2": "1"})
    assert found.refs == {}
    assert found.ambiguous == {"p1", "p2"}
    assert codes(found) == [("p2", "ambiguous"), ("p1", "ambiguous")]


def test_a_second_person_of_the_number_does_not_disturb_who_has_the_account():
    found = match(accounts(a="1"), {"p1": "1", "p2": "1"}, {"p1": "a"})
    assert found.refs == {"p1": "a"}
    assert found.ambiguous == {"p2"}


def test_a_link_against_the_number_of_another_is_no_answer_for_either():
    found = match(accounts(a="2"), {"p1": "1", "p2": "2"}, {"p1": "a"})
    assert found.refs == {}
    assert found.ambiguous == {"p1", "p2"}


def test_a_link_against_the_number_of_another_who_has_an_account_stops_only_that_link():
    found = match(accounts(a="2", b="2"), {"p1": "1", "p2": "2"}, {"p1": "a", "p2": "b"})
    assert found.refs == {"p2": "b"}
    assert found.ambiguous == {"p1"}


def test_a_link_to_an_account_with_a_number_of_nobody_stands():
    found = match(accounts(a="77"), {"p1": "1"}, {"p1": "a"})
    assert found.refs == {"p1": "a"}
    assert found.notes == ()


def test_a_leaver_keeps_the_link_without_a_number():
    found = match(accounts(a="1"), {}, {"p1": "a"})
    assert found.refs == {"p1": "a"}
    assert found.notes == ()


def test_a_link_to_what_is_not_there_is_gone_unless_another_account_is_found():
    links = {"p1": "x", "p2": "y"}
    found = match(accounts(b="2"), {"p1": "1", "p2": "2"}, links)
    assert found.gone == {"p1": "x"}
    assert found.refs == {"p2": "b"}
    assert found.linked == frozenset()


def test_an_account_in_doubt_does_not_count_as_a_stranger():
    found = match(accounts(a="1", b="1", c="9"), {"p1": "1"})
    assert [note.reason for note in found.notes if note.code == "unmanaged"] == [
        "1 account belongs to nobody in this import; not touched"
    ]


@pytest.mark.parametrize("links", [{}, {"p1": "a"}])
def test_an_empty_target_is_no_trouble(links):
    found = match(accounts(), {"p1": "1"}, links)
    assert found.refs == {}
    assert found.gone == links
    assert found.notes == ()
