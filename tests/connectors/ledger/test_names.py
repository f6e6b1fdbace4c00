from datetime import timedelta

import pytest

from connectors.ledger.names import AT_ONCE, Name
from connectors.model.change import CorrelateAccount, DeleteAccount, Unmanage
from tests.connectors.ledger.examples import (
    MORNING,
    PROFILE,
    carry_out,
    create,
    done,
    programs,
    reserve_names,
)

LATER = MORNING + timedelta(days=400)


def address(value, person):
    return Name("address", value, person)


def login(value, person):
    return Name("ad:login", value, person)


def held(ledger, profile=PROFILE, **asked):
    frame = ledger.names(profile, **asked)
    return sorted(frame.itertuples(index=False, name=None))


def test_a_name_goes_to_the_first_who_asks_whatever_its_case(ledger):
    assert reserve_names(ledger, PROFILE, [address("Jan@example.org", "1")], MORNING) == []
    refused = reserve_names(ledger, PROFILE, [address("JAN@example.org", "2")], MORNING)
    assert refused == [address("JAN@example.org", "2")]
    assert held(ledger) == [("address", "jan@example.org", "1")]


def test_asking_again_changes_nothing(ledger):
    mine = [address("jan@example.org", "1"), login("jan", "1")]
    for at in (MORNING, LATER):
        assert reserve_names(ledger, PROFILE, mine, at) == []
    assert held(ledger) == [("ad:login", "jan", "1"), ("address", "jan@example.org", "1")]


def test_somebody_gets_all_their_names_or_none(ledger):
    reserve_names(ledger, PROFILE, [login("jan", "1")], MORNING)
    wanted = [address("jan@example.org", "2"), login("jan", "2"), login("piet", "3")]
    assert reserve_names(ledger, PROFILE, wanted, MORNING) == [login("jan", "2")]
    assert held(ledger) == [("ad:login", "jan", "1"), ("ad:login", "piet", "3")]


def test_of_two_in_one_go_the_first_wins(ledger):
    wanted = [login("jan", "1"), login("Jan", "2"), address("jan@x", "2"), address("jan@x", "3")]
    assert reserve_names(ledger, PROFILE, wanted, MORNING) == [login("Jan", "2")]
    assert held(ledger) == [("ad:login", "jan", "1"), ("address", "jan@x", "3")]


def test_addresses_are_one_space_for_all_profiles_and_other_names_are_not(ledger):
    reserve_names(ledger, PROFILE, [address("jan@x", "1"), login("jan", "1")], MORNING)
    assert reserve_names(ledger, "other", [login("jan", "2")], MORNING) == []
    assert reserve_names(ledger, "other", [address("jan@x", "2")], MORNING) != []
    assert held(ledger, "other") == [("ad:login", "jan", "2"), ("address", "jan@x", "1")]


def test_the_same_person_in_two_profiles_may_have_the_address_in_both(ledger):
    for profile in (PROFILE, "other"):
        assert reserve_names(ledger, profile, [address("jan@x", "1")], MORNING) == []
    assert held(ledger) == [("address", "jan@x", "1")] * 2


def test_nothing_is_asked_and_nothing_given(ledger):
    assert reserve_names(ledger, PROFILE, [], MORNING) == []
    assert held(ledger) == []


def test_more_names_than_fit_into_a_query(ledger):
    many = [login(f"user{number}", str(number)) for number in range(2 * AT_ONCE + 1)]
    assert reserve_names(ledger, PROFILE, many, MORNING) == []
    assert len(ledger.names(PROFILE)) == len(many)
    others = [login(f"user{number}", "x") for number in range(2 * AT_ONCE + 1)]
    assert len(reserve_names(ledger, PROFILE, others, MORNING)) == len(many)


def test_a_name_stays_when_the_account_is_deleted(ledger):
    reserve_names(ledger, PROFILE, [address("jan@x", "1")], MORNING)
    carry_out(ledger, done(create("1"), "a1"))
    carry_out(ledger, done(DeleteAccount(target="directory", person="1", ref="a1"), "a1"))
    assert reserve_names(ledger, PROFILE, [address("jan@x", "2")], LATER) != []


@pytest.mark.parametrize("leave", [DeleteAccount, Unmanage])
def test_days_of_reuse_count_from_the_last_account_and_not_from_the_name(ledger, leave):
    reserve_names(ledger, PROFILE, [address("jan@x", "1")], MORNING - timedelta(days=1000))
    carry_out(ledger, done(create("1"), "a1"), done(create("1", target="app"), "b1"))
    soon = MORNING + timedelta(days=10_000)
    assert held(ledger, unused_since=soon), "two accounts are there"
    carry_out(ledger, done(leave(target="directory", person="1", ref="a1"), "a1"))
    assert held(ledger, unused_since=soon), "one account is left"
    receipts = carry_out(ledger, done(leave(target="app", person="1", ref="b1"), "b1"))
    gone = receipts[0].at
    assert held(ledger, unused_since=gone - timedelta(days=1))
    assert not held(ledger, unused_since=gone + timedelta(days=1))
    assert held(ledger), "without a number of days, for ever"


def test_a_name_that_may_be_reused_goes_to_whoever_asks(ledger):
    reserve_names(ledger, PROFILE, [address("jan@x", "1"), login("jan", "1")], MORNING)
    new = [address("Jan@x", "2")]
    assert reserve_names(ledger, PROFILE, new, LATER, unused_since=MORNING) == new
    assert reserve_names(ledger, PROFILE, new, LATER, unused_since=LATER) == []
    assert held(ledger) == [("ad:login", "jan", "1"), ("address", "jan@x", "2")]


def test_names_of_people_with_an_account_are_never_reused(ledger):
    reserve_names(ledger, PROFILE, [address("jan@x", "1")], MORNING)
    correlate = CorrelateAccount(target="directory", person="1", ref="a1")
    carry_out(ledger, done(correlate, "a1"))
    assert reserve_names(ledger, PROFILE, [address("jan@x", "2")], LATER, unused_since=LATER) != []


def test_names_can_be_given_free_by_hand(ledger):
    reserve_names(ledger, PROFILE, [address("jan@x", "1"), login("jan", "1")], MORNING)
    assert ledger.release_names(PROFILE, "1") == 2
    assert ledger.release_names(PROFILE, "1") == 0
    assert reserve_names(ledger, PROFILE, [login("jan", "2")], MORNING) == []


def test_what_people_are_called_is_noted_over_what_was_noted(ledger):
    ledger.note_called(PROFILE, {"1": "aaaa", "2": "bbbb"}, MORNING)
    ledger.note_called(PROFILE, {"2": "cccc"}, LATER)
    ledger.note_called(PROFILE, {}, LATER)
    ledger.note_called("other", {"1": "dddd"}, MORNING)
    assert ledger.called(PROFILE) == {"1": "aaaa", "2": "cccc"}


ASK = """
from connectors.ledger.names import Name
from tests.connectors.ledger.examples import MORNING, PROFILE, reserve_names
with open_ledger(sys.argv[1]) as ledger:
    go()
    wanted = [[Name("address", f"jan{n}@x", sys.argv[2])] for n in range(40)]
    print(sum(not reserve_names(ledger, sys.argv[2], one, MORNING) for one in wanted))
"""


def test_two_processes_never_give_a_name_twice(ledger, ledger_url):
    with programs(ASK, (ledger_url, "a"), (ledger_url, "b")) as asked:
        won = [int(program.stdout.readline()) for program in asked]
    assert sum(won) == 40
    given = ledger.names("a")
    assert given["value"].is_unique
    assert len(given) == 40
