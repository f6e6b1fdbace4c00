"""Executing changes in batches: what travels together, what comes back, what a failure stops."""

import threading
import time

import pytest

from connectors.model.change import CreateAccount, EnableAccount, GrantPermission, UpdateAccount
from connectors.model.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    RetourError,
    TimedOut,
    Unavailable,
    Unreachable,
)
from connectors.sdk.batching import apply_in_batches
from connectors.sdk.calls import Call, Pause, Reply
from connectors.sdk.http import ATTEMPTS, Busy
from connectors.sdk.turns import Written


def change(person, number=0):
    return UpdateAccount(target="t", person=person, ref=f"r-{person}", after={"n": number})


def day(*people, each=1):
    return [change(person, number) for person in people for number in range(each)]


def steps(change):
    """One call per change, and its answer's ref."""
    reply = yield Call("PATCH", f"/{change.person}", json=dict(change.after))
    return Written(ref=reply.json)


class System:
    """Answers batches, keeps them, and troubles whom it is told to."""

    def __init__(self, trouble=None, *, seconds=0.0):
        self.batches, self.trouble, self.seconds = [], trouble or {}, seconds
        self.most, self._now, self._lock = 0, 0, threading.Lock()

    def send(self, calls):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.batches.append([(call.path, call.json) for call in calls])
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
            return [self.answer(call.path) for call in calls]

    def answer(self, path):
        trouble = self.trouble.get(path)
        if isinstance(trouble, list):
            trouble = trouble.pop(0) if trouble else None
        return trouble if trouble is not None else Reply(200, f"r-{path[1:]}")


def run(changes, system, steps=steps, *, size=20, concurrency=1):
    """Receipts up to the error that ends it, and that error."""
    receipts = []
    try:
        for receipt in apply_in_batches(
            changes, steps, system.send, size=size, concurrency=concurrency
        ):
            receipts.append(receipt)  # noqa: PERF402 - what was yielded before the error counts
    except (RetourError, ZeroDivisionError, RuntimeError) as error:
        return receipts, error
    return receipts, None


def outcomes(receipts, person):
    return [receipt.outcome for receipt in receipts if receipt.person == person]


@pytest.mark.parametrize(("size", "concurrency"), [(1, 1), (3, 1), (20, 4)])
def test_every_change_has_one_receipt_and_a_person_keeps_the_order(size, concurrency):
    changes, system = day(*"abcdefg", each=4), System()
    receipts, _ = run(changes, system, size=size, concurrency=concurrency)
    assert sorted(receipt.change for receipt in receipts) == sorted(one.id for one in changes)
    sent = [call for batch in system.batches for call in batch]
    for person in "abcdefg":
        assert [json["n"] for path, json in sent if path == f"/{person}"] == [0, 1, 2, 3]


def test_calls_of_different_persons_travel_together_and_never_two_of_one():
    system = System()
    run(day(*"abcde", each=2), system, size=3)
    for batch in system.batches:
        assert len({path for path, _ in batch}) == len(batch) <= 3
    assert len(system.batches) == 4, "ten calls by three"


def test_batches_run_side_by_side_up_to_the_limit():
    system = System(seconds=0.01)
    run([change(f"p{number}") for number in range(60)], system, size=5, concurrency=3)
    assert system.most == 3
    assert len(system.batches) == 12


def test_the_next_batch_gets_ready_while_all_slots_are_busy_and_no_further_one():
    begun, ready = [], threading.Event()

    def noting(change):
        begun.append(change.person)
        if change.person == "b":
            ready.set()
        return (yield from steps(change))

    class Slow(System):
        def send(self, calls):
            assert ready.wait(30), "b does not begin before a is answered"
            if calls[0].path == "/a":
                assert begun == ["a", "b"]
            return super().send(calls)

    receipts, _ = run(day(*"abc"), Slow(), noting, size=1)
    assert [receipt.outcome for receipt in receipts] == ["done"] * 3


def test_changes_are_pulled_no_further_than_they_are_written():
    pulled = []

    def stream():
        for number in range(1000):
            pulled.append(number)
            yield change(f"p{number}")

    receipts = apply_in_batches(stream(), steps, System().send, size=3, concurrency=2)
    for expected in range(1, 20):
        next(receipts)
        assert len(pulled) <= expected + 2 * 3 * (2 + 1) + 1
    receipts.close()


def test_a_create_gives_its_ref_to_the_persons_later_changes_under_their_planned_ids():
    create = CreateAccount(target="t", person="a", after={"n": 1})
    enable = EnableAccount(target="t", person="a", after={"enabled": True})
    seen = []

    def noting(change):
        seen.append((change.id, change.ref))
        return (yield from steps(change))

    receipts, _ = run([create, enable], System(), noting)
    assert seen == [(create.id, None), (enable.id, "r-a")]
    assert [receipt.ref for receipt in receipts] == ["r-a", "r-a"]


def test_a_refused_call_fails_its_own_change_alone():
    system = System({"/b": Invalid("no", system="t")})
    receipts, error = run(day(*"abc", each=3), system)
    assert error is None
    assert outcomes(receipts, "a") == outcomes(receipts, "c") == ["done"] * 3
    assert outcomes(receipts, "b") == ["failed", "set_aside", "set_aside"]


def test_an_error_is_thrown_into_the_conversation_that_made_the_call():
    def looking(change):
        try:
            yield Call("POST", f"/{change.person}")
        except NotFound:
            reply = yield Call("GET", "/else")
            return Written(ref=reply.json, already=True)
        return Written()

    receipts, _ = run(day(*"ab"), System({"/a": [NotFound("…")]}), looking)
    assert outcomes(receipts, "a") == ["already"]
    assert outcomes(receipts, "b") == ["done"]


@pytest.mark.parametrize("kind", [RateLimited, Busy])
def test_a_call_that_was_put_off_is_sent_again_and_no_other(kind):
    put_off = kind("later")
    put_off.retry_after_seconds = 0.02
    system = System({"/b": [put_off, put_off]})
    receipts, _ = run(day(*"abc"), system)
    assert {receipt.outcome for receipt in receipts} == {"done"}
    assert [[path for path, _ in batch] for batch in system.batches] == [
        ["/a", "/b", "/c"],
        ["/b"],
        ["/b"],
    ]


def test_while_patience_is_asked_for_nothing_is_sent():
    put_off = RateLimited("later", retry_after_seconds=0.1)
    system, begun = System({"/a": [put_off]}), time.monotonic()
    receipts, _ = run(day(*"abc"), system, size=1)
    assert len(receipts) == 3
    assert time.monotonic() - begun >= 0.1
    assert next(batch[0][0] for batch in system.batches) == "/a"
    assert len(system.batches) == 4


def test_patience_has_an_end():
    put_off = RateLimited("later", retry_after_seconds=0.0)
    system = System({"/a": put_off})
    receipts, _ = run(day(*"ab"), system)
    assert outcomes(receipts, "a") == ["in_doubt"]
    assert sum(path == "/a" for batch in system.batches for path, _ in batch) == ATTEMPTS
    system = System({"/a": RateLimited("tomorrow", retry_after_seconds=3600.0)})
    receipts, _ = run(day(*"ab"), system)
    assert outcomes(receipts, "a") == ["in_doubt"]
    assert len(system.batches) == 1


def test_a_pause_holds_up_nobody_else():
    def patient(change):
        if change.person == "a":
            yield Pause(0.1)
        return (yield from steps(change))

    system = System()
    receipts, _ = run(day(*"abc"), system, patient)
    assert [receipt.person for receipt in receipts] == ["b", "c", "a"]


def test_a_batch_that_met_silence_leaves_its_changes_in_doubt_and_gives_the_target_up():
    class Silent(System):
        def send(self, calls):
            super().send(calls)
            raise Unavailable("…", system="x")

    system = Silent()
    receipts, error = run([change(f"p{number}") for number in range(50)], system, size=4)
    assert isinstance(error, Unreachable)
    assert len(system.batches) == 1
    assert [receipt.outcome for receipt in receipts].count("in_doubt") == 4
    assert len(receipts) < 12


def test_what_a_whole_batch_met_is_not_tried_again_here():
    class Busily(System):
        def send(self, calls):
            super().send(calls)
            raise RateLimited("as Http gave up", retry_after_seconds=0.0)

    system = Busily()
    receipts, _ = run(day(*"ab"), system)
    assert len(system.batches) == 1
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * 2


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_fatal_error_stops_and_everything_pulled_has_its_receipt(concurrency):
    pulled = []

    def stream():
        for one in day(*"abcdefghijklmnopqrstuvwxyz", each=2):
            pulled.append(one.id)
            yield one

    system = System({"/c": Forbidden("no")})
    receipts, fatal = run(stream(), system, size=2, concurrency=concurrency)
    assert isinstance(fatal, Forbidden)
    assert sorted(receipt.change for receipt in receipts) == sorted(pulled)
    assert len(pulled) < 52
    assert outcomes(receipts, "c") == ["failed", "set_aside"]


def test_whoever_has_not_begun_when_the_target_is_given_up_is_set_aside_unwritten():
    refused = threading.Event()

    class Slow(System):
        def send(self, calls):
            answers = super().send(calls)
            if calls[0].path == "/a":
                refused.set()
            else:  # still at it when the others hear of the refusal
                refused.wait(5)
                time.sleep(0.2)
            return answers

    system = Slow({"/a": Forbidden("no")})
    receipts, fatal = run(day(*"abcdef"), system, size=1, concurrency=2)
    assert isinstance(fatal, Forbidden)
    assert [path for batch in system.batches for path, _ in batch] == ["/a", "/b"]
    assert outcomes(receipts, "b") == ["done"]
    for person in {receipt.person for receipt in receipts} - {"a", "b"}:
        assert outcomes(receipts, person) == ["set_aside"]


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_bug_in_a_connector_costs_no_receipt_of_the_others(where):
    def broken(change):
        if change.person == "b" and where == "before":
            raise ZeroDivisionError("s3cret")
        written = yield from steps(change)
        if change.person == "b":
            raise ZeroDivisionError("s3cret")
        return written

    receipts, bug = run(day(*"abcd"), System(), broken)
    assert isinstance(bug, ZeroDivisionError)
    assert outcomes(receipts, "b") == ["in_doubt"]
    others = {"before": ["done", "set_aside", "set_aside"], "after": ["done"] * 3}
    assert [outcomes(receipts, person) for person in "acd"] == [[one] for one in others[where]]
    assert not any("s3cret" in (receipt.detail or "") for receipt in receipts)


def test_a_batch_with_too_few_answers_is_a_bug_and_nobody_gets_anothers_answer():
    class Short(System):
        def send(self, calls):
            return super().send(calls)[1:]

    receipts, bug = run(day(*"abc"), Short())
    assert isinstance(bug, RuntimeError)
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * 3


def test_changes_that_need_no_call_need_no_batch():
    group = {"permission": "g", "name": "G"}
    held = [
        GrantPermission(target="t", person=f"p{number}", ref="r", before=group, after=group)
        for number in range(100)
    ]
    system = System()
    receipts, _ = run(held, system, size=2)
    assert [receipt.outcome for receipt in receipts] == ["already"] * 100
    assert system.batches == []


def test_nothing_to_do_is_nothing_done():
    assert run([], System()) == ([], None)


def test_whoever_stops_listening_leaves_no_conversation_open():
    closed = []

    def noting(change):
        try:
            return (yield from steps(change))
        finally:
            closed.append(change.person)

    def pausing(change):
        if change.person != "a":
            yield Pause(60)
        return (yield from noting(change))

    receipts = apply_in_batches(day(*"abc"), pausing, System().send, size=1, concurrency=3)
    assert next(receipts).person == "a"
    receipts.close()
    assert "a" in closed


def test_silence_is_told_apart_from_an_answer_in_between():
    system = System({path: TimedOut("…") for path in ("/a", "/b", "/d", "/e")})
    receipts, error = run(day(*"abcdef"), system, size=1)
    assert error is None
    assert len(receipts) == 6
