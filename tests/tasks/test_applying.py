"""Waiting for shards in other processes: not for ever."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from flows import applying
from flows.applying import _as_they_end
from tasks.ticket import Ticket


@dataclass
class Led:
    """A run whose shards work elsewhere."""

    ticket = Ticket("token", "site.yaml", (), "digest", shared=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "LOOK_SECONDS", 0.05)


def a_future(*, ended: bool) -> Future[Any]:
    future: Future[Any] = Future()
    if ended:
        future.set_result(None)
    return future


def test_shards_are_given_up_when_nobody_is_left_to_work_on_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A process that died starts anew: one look that finds nobody is not the end.
    looks = iter([False, False, True, False, False, False])
    monkeypatch.setattr(applying, "somebody_works", lambda _: next(looks))
    futures = {("ad", 0): a_future(ended=True), ("ad", 1): a_future(ended=False)}
    assert list(_as_they_end(Led(), futures, None)) == [("ad", 0)]
    assert list(looks) == []


def test_as_long_as_somebody_works_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = a_future(ended=False)
    looks: list[bool] = []

    def look(_: object) -> bool:
        looks.append(True)
        if len(looks) == 5:
            slow.set_result(None)
        return True

    monkeypatch.setattr(applying, "somebody_works", look)
    futures = {("ad", 0): slow, ("hr", 0): a_future(ended=True)}
    assert list(_as_they_end(Led(), futures, None)) == [("hr", 0), ("ad", 0)]
