"""Pages that are fetched before they are asked for."""

import threading

import pytest

from connectors.model.errors import BrokenSource
from connectors.scim.pages import read_pages

SIZE = 3
AHEAD = 2


def everybody(fetch, ahead=AHEAD):
    pages = read_pages(fetch, list, page_size=SIZE, system="x", what="Users", ahead=ahead)
    return [one for page in pages for one in page]


class Provider:
    """Gives pages; knows what was asked, and how much of it at once.

    Attributes:
        asked: Where each page that was asked for starts.
        most: Requests that were under way at once.
    """

    def __init__(self, number, *, gives=SIZE, fails_from=None, meet=1):
        self._people = [{"id": str(one)} for one in range(number)]
        self._gives, self._fails_from = gives, fails_from
        self._meeting = threading.Barrier(meet) if meet > 1 else None
        self._lock, self._under_way = threading.Lock(), 0
        self.asked, self.most = [], 0

    def fetch(self, asked):
        start = int(asked["startIndex"])
        with self._lock:
            self.asked.append(start)
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        try:
            if self._meeting is not None and 1 < start <= len(self._people):
                self._meeting.wait(timeout=60)
            if self._fails_from is not None and start >= self._fails_from:
                raise BrokenSource(f"nothing from {start}", system="x")
            page = self._people[start - 1 : start - 1 + self._gives]
            return {"Resources": page, "totalResults": len(self._people)}
        finally:
            with self._lock:
                self._under_way -= 1

    def read(self, ahead=AHEAD):
        return everybody(self.fetch, ahead=ahead)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7, 9, 10, 20])
def test_as_many_requests_bring_the_same_people_as_without(number):
    alone, ahead = Provider(number), Provider(number)
    assert ahead.read() == alone.read(ahead=0)
    assert sorted(ahead.asked) == sorted(alone.asked)


def test_pages_behind_are_on_their_way_while_one_is_waited_for():
    # Pages 2, 3 and 4 wait for each other, so do 5, 6 and 7: whoever fetched one at a time stays.
    provider = Provider(SIZE * 7, meet=AHEAD + 1)
    assert len(provider.read()) == SIZE * 7
    assert provider.most == AHEAD + 1


def test_nothing_is_fetched_ahead_where_that_is_not_wanted():
    provider = Provider(SIZE * 7)
    assert len(provider.read(ahead=0)) == SIZE * 7
    assert provider.most == 1


@pytest.mark.parametrize("gives", [1, 2, 4, 5])
def test_pages_of_another_size_than_asked_for_are_read_none_the_less(gives):
    provider = Provider(20, gives=gives)
    assert [one["id"] for one in provider.read()] == [str(one) for one in range(20)]


def test_a_provider_that_shortens_its_pages_on_the_way_is_read_none_the_less():
    provider = Provider(20)
    whole = provider.fetch

    def fetch(asked):
        page = whole(asked)
        return page | {
            "Resources": page["Resources"][: 1 if int(asked["startIndex"]) > 3 else SIZE]
        }

    found = everybody(fetch)
    assert [one["id"] for one in found] == [str(one) for one in range(20)]


def test_what_goes_wrong_with_a_page_is_told_when_it_is_its_turn():
    with pytest.raises(BrokenSource, match="nothing from 7"):
        Provider(20, fails_from=7).read()


def test_what_goes_wrong_with_a_wrong_guess_is_nobodys_concern():
    provider = Provider(8)
    whole = provider.fetch

    def fetch(asked):
        start = int(asked["startIndex"])
        if start == 7:  # as guessed after the first page; the second one is short
            raise BrokenSource("nothing here", system="x")
        page = whole(asked)["Resources"]
        return {"Resources": page[:2] if start == 4 else page, "totalResults": 8}

    found = everybody(fetch)
    assert len(found) == 8
