"""How many persons a run writes down before their writer begins with them."""

from collections.abc import Iterator

import pytest

from connectors.model.change import Change, CreateAccount, EnableAccount
from tasks import ahead
from tasks.ahead import MOST_PERSONS, MOST_RECEIPTS, Due, portions


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when the test says so."""
    at = [1000.0]
    monkeypatch.setattr(ahead.time, "monotonic", lambda: at[0])
    return at


def changes(count: int) -> Iterator[Change]:
    for number in range(count):
        for kind in (CreateAccount, EnableAccount):
            yield kind(target="directory", person=f"{number:03}")


def sizes(clock: list[float], count: int, seconds_each: float) -> list[int]:
    """Persons per portion of a writer that takes so long for each."""
    found = []
    for some in portions(changes(count)):
        found.append(len(some))
        clock[0] += seconds_each * len(some)
    return found


def test_a_quick_writer_has_more_and_more_persons_written_down_together(clock: list[float]) -> None:
    found = sizes(clock, 300, 0.001)
    assert found == [1, 4, 16, 64, MOST_PERSONS, MOST_PERSONS, 15]


def test_for_a_slow_writer_each_person_has_a_transaction_of_their_own(clock: list[float]) -> None:
    assert sizes(clock, 5, 0.3) == [1] * 5


def test_a_writer_that_becomes_slow_has_fewer_at_once(clock: list[float]) -> None:
    found = portions(changes(60))
    first = [len(next(found)) for _ in range(3)]
    clock[0] += 1.0
    assert [*first, len(next(found))] == [1, 4, 16, 4]


def test_a_writer_that_is_neither_quick_nor_slow_has_twice_as_many(clock: list[float]) -> None:
    assert sizes(clock, 15, 0.1)[:3] == [1, 2, 4]


def test_persons_are_whole_in_order_and_pulled_no_further_than_needed() -> None:
    pulled = []

    def noting() -> Iterator[Change]:
        for change in changes(4):
            pulled.append(change)
            yield change

    found = portions(noting())
    assert [[one.person for one in person] for person in next(found)] == [["000", "000"]]
    assert len(pulled) == 3  # the first one of the next person says that the person is over
    rest = [one for some in found for person in some for one in person]
    assert rest == list(changes(4))[2:]


def test_receipts_are_due_after_a_while_or_when_there_are_many(clock: list[float]) -> None:
    due = Due()
    assert not due.now(1)
    assert due.now(MOST_RECEIPTS)
    clock[0] += 0.3
    assert due.now(1)
    due.done()
    assert not due.now(1)
