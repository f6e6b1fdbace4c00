"""Executing changes: order, laziness, what a failure stops, a receipt for all that was pulled."""

import threading
import time

import pytest

from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    EnableAccount,
    GrantPermission,
    RevokePermission,
    UpdateAccount,
)
from connectors.model.errors import (
    Forbidden,
    Invalid,
    RateLimited,
    RetourError,
    TimedOut,
    Unavailable,
    Unreachable,
)
from connectors.model.values import CLEAR, Pending
from connectors.sdk.fanout import MAX_SILENT, Written, apply_per_person
from connectors.sdk.recorder import Recorder
from connectors.sdk.turns import MAX_PUT_OFF


def change(person, number=0, **parts):
    return UpdateAccount(target="t", person=person, ref=f"r-{person}", after={"n": number}, **parts)


def day(*people, each=1):
    return [change(person, number) for person in people for number in range(each)]


def failing(error, *people):
    def execute(change):
        if change.person in people:
            raise error
        return Written(ref=change.ref)

    return execute


def run(changes, execute, *, concurrency=1):
    """Receipts up to the error that ends it, and that error."""
    receipts = []
    try:
        for receipt in apply_per_person(changes, execute, concurrency=concurrency):
            receipts.append(receipt)  # noqa: PERF402 - what was yielded before the error counts
    except (RetourError, ZeroDivisionError) as error:
        return receipts, error
    return receipts, None


def outcomes(receipts, person):
    return [receipt.outcome for receipt in receipts if receipt.person == person]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_every_change_has_one_receipt_and_a_person_keeps_the_order(concurrency):
    changes = day(*"abcdefg", each=4)
    done = []

    def execute(change):
        time.sleep(0.001)
        done.append((change.person, change.after["n"]))
        return Written(ref=change.ref)

    receipts = list(apply_per_person(changes, execute, concurrency=concurrency))

    assert sorted(receipt.change for receipt in receipts) == sorted(one.id for one in changes)
    for person in "abcdefg":
        assert [number for who, number in done if who == person] == [0, 1, 2, 3]


def test_persons_run_side_by_side_up_to_the_limit_and_each_on_one_thread():
    together, most, lock, threads = 0, 0, threading.Lock(), {}

    def execute(change):
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
            threads.setdefault(change.person, set()).add(threading.get_ident())
        time.sleep(0.005)
        with lock:
            together -= 1
        return Written()

    list(apply_per_person(day(*"abcdefgh", each=3), execute, concurrency=3))

    assert most == 3
    assert all(len(used) == 1 for used in threads.values())


def test_changes_are_pulled_no_further_than_they_are_written():
    pulled = []

    def stream():
        for number in range(1000):
            pulled.append(number)
            yield change(f"p{number}")

    receipts = apply_per_person(stream(), lambda change: Written(), concurrency=2)
    for expected in range(1, 6):
        next(receipts)
        assert len(pulled) <= expected + 3
    receipts.close()


def test_a_create_gives_its_ref_to_the_persons_later_changes_under_their_planned_ids():
    create = CreateAccount(target="t", person="a", after={"n": 1})
    enable = EnableAccount(target="t", person="a", after={"enabled": True})
    seen = []

    def execute(change):
        seen.append(change.ref)
        return Written(ref="new")

    receipts = list(apply_per_person([create, enable], execute, concurrency=1))

    assert seen == [None, "new"]
    assert [receipt.change for receipt in receipts] == [create.id, enable.id]
    assert [receipt.ref for receipt in receipts] == ["new", "new"]


def test_an_update_that_changes_the_native_id_gives_it_to_the_persons_later_changes():
    seen = []

    def execute(change):
        seen.append((change.id, change.ref))
        return Written(ref="r-new" if change.ref == "r-p" else change.ref)

    first, second = change("p", 1), EnableAccount(target="t", person="p", ref="r-p")
    other = change("q")
    receipts, _ = run([first, second, other], execute)
    assert seen == [(first.id, "r-p"), (second.id, "r-new"), (other.id, "r-q")]
    assert [receipt.ref for receipt in receipts] == ["r-new", "r-new", "r-q"]


def test_a_delete_names_the_account_that_is_gone():
    delete = DeleteAccount(target="t", person="a", ref="r")
    [receipt] = apply_per_person([delete], lambda change: Written(), concurrency=1)
    assert receipt.ref == "r"


def test_a_refusal_fails_one_change_and_sets_the_persons_others_aside():
    receipts = list(
        apply_per_person(
            day(*"abc", each=3), failing(Invalid("no", system="t"), "b"), concurrency=2
        )
    )
    assert outcomes(receipts, "a") == outcomes(receipts, "c") == ["done"] * 3
    assert outcomes(receipts, "b") == ["failed", "set_aside", "set_aside"]
    assert next(r for r in receipts if r.outcome == "failed").detail == "t: no"


def test_silence_leaves_a_change_in_doubt():
    receipts = list(
        apply_per_person(day(*"ab", each=2), failing(TimedOut("…"), "a"), concurrency=1)
    )
    assert outcomes(receipts, "a") == ["in_doubt", "set_aside"]
    assert outcomes(receipts, "b") == ["done", "done"]


@pytest.mark.parametrize("error", [Unavailable("…", system="ad"), TimedOut("…", system="ad")])
def test_silence_for_some_persons_in_a_row_gives_the_target_up(error):
    people = "abcdefghij"

    receipts, fatal = run(day(*people), failing(error, *people))

    assert isinstance(fatal, Unreachable)
    assert str(fatal).startswith(f"ad: no answer for {MAX_SILENT} persons in a row")
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * MAX_SILENT + ["set_aside"]


def test_an_answer_in_between_or_a_wait_that_was_asked_for_is_no_silence():
    receipts = list(
        apply_per_person(day(*"abcdef"), failing(Unavailable("…"), *"abde"), concurrency=1)
    )
    assert len(receipts) == 6
    receipts = list(
        apply_per_person(day(*"abcdef"), failing(RateLimited("…"), *"abcdef"), concurrency=1)
    )
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * 6


@pytest.mark.parametrize(("seconds", "persons"), [(1.0, MAX_PUT_OFF), (86_400.0, MAX_SILENT)])
def test_whoever_puts_everybody_off_is_not_asked_for_all_of_them(seconds, persons):
    people = "abcdefghijklmnopqrst"
    error = RateLimited("HTTP 429", system="app", retry_after_seconds=seconds)

    receipts, fatal = run(day(*people), failing(error, *people))

    assert isinstance(fatal, Unreachable)
    assert str(fatal).startswith(f"app: {persons} persons in a row were put off: HTTP 429")
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * persons + ["set_aside"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_fatal_error_stops_and_everything_pulled_has_its_receipt(concurrency):
    pulled = []

    def stream():
        for one in day(*"abcdefghijklmnop", each=2):
            pulled.append(one.id)
            yield one

    receipts, fatal = run(stream(), failing(Forbidden("no"), "c"), concurrency=concurrency)

    assert isinstance(fatal, Forbidden)
    assert sorted(receipt.change for receipt in receipts) == sorted(pulled)
    assert len(pulled) < 32
    assert outcomes(receipts, "c") == ["failed", "set_aside"]


def test_whoever_still_waits_when_the_target_is_given_up_is_set_aside_unwritten():
    written, others_wait = [], threading.Event()

    def execute(change):
        written.append(change.person)
        if change.person == "a":
            others_wait.wait(5)
            raise Forbidden("no")
        time.sleep(0.05)  # still at it when the error arrives
        return Written()

    def stream():
        yield from day(*"abc", each=2)
        others_wait.set()
        yield from day(*"defg", each=2)

    receipts, fatal = run(stream(), execute, concurrency=2)

    assert isinstance(fatal, Forbidden)
    assert outcomes(receipts, "a") == ["failed", "set_aside"]
    assert outcomes(receipts, "b") == ["done", "done"]
    assert outcomes(receipts, "c") == ["set_aside", "set_aside"]
    assert sorted(written) == ["a", "b", "b"]


def test_whoever_still_waits_when_nobody_listens_any_more_is_not_written():
    written, go_on = [], threading.Event()

    def execute(change):
        written.append(change.person)
        if change.person != "a":
            go_on.wait(5)
        return Written()

    receipts = apply_per_person(day(*"abcdef"), execute, concurrency=2)
    next(receipts)
    threading.Timer(0.05, go_on.set).start()
    receipts.close()  # what an error of the ledger does to it

    assert set(written) <= {"a", "b", "c"}, "of three that were handed over one had not begun"


def test_a_bug_in_a_connector_costs_no_receipt_of_the_others():
    all_begun = threading.Barrier(4)
    fail = failing(ZeroDivisionError("s3cret"), "b")

    def execute(change):
        all_begun.wait(5)
        return fail(change)

    receipts, bug = run(day(*"abcd"), execute, concurrency=4)

    assert isinstance(bug, ZeroDivisionError)
    assert outcomes(receipts, "b") == ["in_doubt"]
    assert [outcomes(receipts, person) for person in "acd"] == [["done"]] * 3
    assert not any("s3cret" in (receipt.detail or "") for receipt in receipts)


def test_nothing_to_do_is_nothing_done():
    assert list(apply_per_person([], failing(Invalid("no")), concurrency=4)) == []


def test_what_is_held_already_is_taken_over_without_a_write():
    group = {"permission": "g", "name": "G"}
    changes = [
        GrantPermission(target="t", person="a", ref="r", before=group, after=group),
        RevokePermission(target="t", person="a", ref="r", after=group),
    ]
    receipts = list(apply_per_person(changes, failing(Invalid("written"), "a"), concurrency=1))
    assert [receipt.outcome for receipt in receipts] == ["already", "already"]


def test_the_recorder_answers_lazily_with_planned_values_and_keeps_what_is_pending():
    waiting = Pending("ad", "mail")
    create = CreateAccount(
        target="t",
        person="a",
        after={"mail": waiting, "sn": "Weiß", "x": CLEAR, "container": "new"},
    )
    enable = EnableAccount(target="t", person="a", after={"enabled": True})
    pulled = []

    def stream():
        for one in (create, enable):
            pulled.append(one)
            yield one

    receipts = Recorder().apply(stream())
    first = next(receipts)
    assert pulled == [create]
    assert (first.outcome, first.ref, first.change) == ("recorded", None, create.id)
    assert first.produced == {"mail": waiting, "sn": "Weiß"}
    assert next(receipts).produced == {}
