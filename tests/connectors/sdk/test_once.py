"""One reading for several readers of a run."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.sdk.once import Once


def test_who_asks_first_reads_and_the_others_wait_for_it():
    once, calls, begun = Once(), [], threading.Event()

    def read():
        calls.append(threading.get_ident())
        begun.wait(5)
        return ["row"]

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(once.get, ("users", "token"), read) for _ in range(4)]
        begun.set()
        rows = [answer.result() for answer in answers]
    assert len(calls) == 1
    assert all(one is rows[0] for one in rows)


def test_another_key_is_another_reading():
    once = Once()
    assert [once.get("a", lambda: 1), once.get("b", lambda: 2), once.get("a", lambda: 3)] == [
        1,
        2,
        1,
    ]


def test_a_reading_that_failed_fails_for_everybody():
    once, calls = Once(), []

    def read():
        calls.append(1)
        raise ConnectionError

    for _ in range(2):
        with pytest.raises(ConnectionError):
            once.get("a", read)
    assert len(calls) == 1


def test_keys_may_hold_secrets_and_are_not_shown():
    once = Once()
    once.get("the-token", lambda: 1)
    assert repr(once) == "Once(1 readings)"
