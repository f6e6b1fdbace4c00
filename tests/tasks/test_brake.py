"""Stopping a run: between two persons, and not before the last shard is quiet."""

import threading
import time

from connectors.model.change import Change, CreateAccount, EnableAccount
from tasks.brake import Brake


def changes(*persons: str) -> list[Change]:
    return [
        kind(target="directory", person=person)
        for person in persons
        for kind in (CreateAccount, EnableAccount)
    ]


def test_a_person_who_was_begun_is_finished_and_nobody_else_is_begun() -> None:
    brake = Brake()
    stream = brake.until_pulled(changes("1", "2"))

    first = next(stream)
    brake.pull()

    assert [first, *stream] == changes("1")


def test_unpulled_everybody_passes() -> None:
    assert list(Brake().until_pulled(changes("1", "2"))) == changes("1", "2")


def test_pulling_waits_until_no_shard_writes() -> None:
    brake, began, order = Brake(), threading.Event(), []

    def write() -> None:
        with brake.writing():
            began.set()
            while not brake.pulled:
                time.sleep(0.001)
            order.append("last write")

    shard = threading.Thread(target=write)
    shard.start()
    began.wait()
    brake.pull()
    order.append("pulled")
    shard.join()

    assert order == ["last write", "pulled"]


def test_whatever_else_speaks_against_it_stops_between_two_persons_too() -> None:
    reasons: list[str] = []
    brake = Brake()
    stream = brake.until_pulled(changes("1", "2"), lambda: reasons[0] if reasons else None)

    first = next(stream)
    reasons.append("the lock was lost")

    assert [first, *stream] == changes("1")
    assert brake.why_not(lambda: reasons[0]) == "the lock was lost"
