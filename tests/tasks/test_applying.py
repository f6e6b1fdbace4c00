"""Waiting for shards in other processes: not for ever."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from flows import applying
from flows.applying import NobodyLeftError, _as_they_end, _result
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


@dataclass
class Elsewhere:
    """A future whose result lies in another process.

    Attributes:
        silences: How often nobody answers who is asked for it.
        found: What it is then.
    """

    silences: int
    found: object = "receipts"

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> object:
        assert timeout is not None
        assert not raise_on_failure
        if self.silences:
            self.silences -= 1
            raise TimeoutError
        return self.found


def test_what_a_process_took_with_it_is_waited_for_while_others_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = iter([False, True, False, False, False])
    monkeypatch.setattr(applying, "somebody_works", lambda _: next(looks))
    given: Any = Elsewhere(silences=2)
    assert _result(Led(), given, None) == "receipts"
    given.silences = 3
    with pytest.raises(NobodyLeftError):
        _result(Led(), given, None)


def test_a_timeout_inside_a_shard_is_a_fault_and_not_waited_for() -> None:
    given: Any = Elsewhere(silences=0, found=TimeoutError("of its own"))
    with pytest.raises(TimeoutError, match="of its own"):
        _result(Led(), given, None)
