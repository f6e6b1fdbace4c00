import socket
import threading
import time
from dataclasses import replace

import pytest

from connectors.ledger import lock as lock_module
from connectors.ledger.ledger import open_ledger
from connectors.ledger.process import this_process
from connectors.model.errors import RunRefused
from tests.connectors.ledger.examples import at_the_database, programs

RACE = """
from connectors.model.errors import RunRefused

with open_ledger(sys.argv[1]) as ledger:
    go()
    try:
        with ledger.lock("demo", sys.argv[2]):
            print("won", flush=True)
            sys.stdin.readline()
    except RunRefused:
        print("refused", flush=True)
"""


def leave_behind(ledger, monkeypatch, **fields):
    """A lock whose holder is described by `fields` and does not beat."""
    holder = replace(this_process(), **fields)
    with monkeypatch.context() as patch:
        patch.setattr(lock_module, "this_process", lambda: holder)
        ledger._take("demo", "run-1", "token-1", lock_module.timedelta(seconds=60))


def test_a_second_run_is_refused_and_told_who_runs(ledger):
    process = this_process()
    with ledger.lock("demo", "run-1"), pytest.raises(RunRefused) as caught:
        ledger.lock("demo", "run-2").__enter__()
    said = str(caught.value)
    assert "profile 'demo' is being run already: run run-1, since 20" in said
    assert f"process {process.pid} on {socket.gethostname()}" in said
    assert "Wait until it is done, or end that process" in said


def test_a_lock_is_free_when_its_run_is_over_also_by_an_error(ledger):
    with pytest.raises(ZeroDivisionError), ledger.lock("demo", "run-1"):
        _ = 1 / 0
    with ledger.lock("demo", "run-2") as lock:
        assert lock.taken_from is None
        lock.check()


def test_another_profile_has_a_lock_of_its_own(ledger):
    with ledger.lock("demo", "run-1") as one, ledger.lock("other", "run-2") as other:
        one.check()
        other.check()


def test_the_same_run_on_two_threads_holds_the_lock_once(ledger):
    with ledger.lock("demo", "run-1"), pytest.raises(RunRefused):
        ledger.lock("demo", "run-1").__enter__()


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param({"pid": 2**22 + 1}, id="no such process"),
        pytest.param({"started": "1"}, id="its number belongs to another process now"),
    ],
)
def test_a_lock_of_a_process_that_is_gone_is_taken_over_at_once(ledger, monkeypatch, gone):
    leave_behind(ledger, monkeypatch, **gone)
    with ledger.lock("demo", "run-2") as lock:
        assert lock.taken_from == "run-1"
        lock.check()


@pytest.mark.parametrize(
    "unseen",
    [
        pytest.param({"host": "elsewhere.example.org", "pid": 2**22 + 1}, id="another host"),
        pytest.param({"machine": "another container", "pid": 2**22 + 1}, id="another container"),
        pytest.param({}, id="alive"),
    ],
)
def test_a_lock_of_a_process_that_may_live_is_respected_until_its_lease_is_over(
    ledger, ledger_url, monkeypatch, unseen
):
    leave_behind(ledger, monkeypatch, **unseen)
    with pytest.raises(RunRefused, match="elsewhere in 60 s"):
        ledger.lock("demo", "run-2").__enter__()
    over = "UPDATE locks SET expires = '2020-01-01T00:00:00.000000+00:00'"
    at_the_database(ledger_url, over)
    with ledger.lock("demo", "run-2") as lock:
        assert lock.taken_from == "run-1"


def test_a_lock_of_a_clock_that_was_set_back_is_free_after_one_lease(
    ledger, ledger_url, monkeypatch
):
    leave_behind(ledger, monkeypatch, host="elsewhere.example.org")
    of_then = (
        "UPDATE locks SET heartbeat = '2099-01-01T00:00:00.000000+00:00', "
        "expires = '2099-01-01T00:00:01.000000+00:00'"
    )
    at_the_database(ledger_url, of_then)
    with pytest.raises(RunRefused, match="elsewhere in 1 s"):
        ledger.lock("demo", "run-2").__enter__()
    time.sleep(1.1)
    with ledger.lock("demo", "run-2") as lock:
        assert lock.taken_from == "run-1"


def test_who_lost_the_lock_is_told_before_its_next_write_and_does_not_free_it(ledger, ledger_url):
    over = "UPDATE locks SET expires = '2020-01-01T00:00:00.000000+00:00'"
    with ledger.lock("demo", "run-1") as slow:
        slow.check()
        at_the_database(ledger_url, over)
        successor = ledger.lock("demo", "run-2")
        lock = successor.__enter__()
        with pytest.raises(RunRefused, match="run run-2 took it over"):
            slow.check()
        with pytest.raises(RunRefused):
            ledger.check_lock("demo", slow.token)
    lock.check()
    successor.__exit__(None, None, None)
    with pytest.raises(RunRefused, match="it is gone"):
        lock.check()


def test_a_heartbeat_keeps_a_long_run_alive(ledger):
    with ledger.lock("demo", "run-1", lease_seconds=0.4, heartbeat_seconds=0.05) as lock:
        time.sleep(0.8)
        with pytest.raises(RunRefused):
            ledger.lock("demo", "run-2").__enter__()
        lock.check()
    assert "lock of demo" not in [thread.name for thread in threading.enumerate()]


def test_without_a_heartbeat_the_lease_ends(ledger, ledger_url):
    silent = ledger.lock("demo", "run-1", lease_seconds=0.2, heartbeat_seconds=60)
    silent.__enter__()
    time.sleep(0.3)
    with open_ledger(ledger_url) as other, other.lock("demo", "run-2") as lock:
        assert lock.taken_from == "run-1"
    silent.__exit__(None, None, None)


def test_of_processes_that_race_for_the_lock_exactly_one_wins(ledger, ledger_url):
    with programs(RACE, *[(ledger_url, f"run-{number}") for number in range(2)]) as racing:
        answers = [program.stdout.readline().strip() for program in racing]
    assert sorted(answers) == ["refused", "won"]


def test_of_threads_that_race_for_a_lock_left_behind_exactly_one_wins(ledger, monkeypatch):
    for _ in range(5):
        leave_behind(ledger, monkeypatch, pid=2**22 + 1)
        barrier, held = threading.Barrier(4), threading.Event()
        won, refused = [], []

        def run(number, barrier=barrier, held=held, won=won, refused=refused):
            barrier.wait()
            try:
                with ledger.lock("demo", f"run-{number}"):
                    won.append(number)
                    held.wait(10)
            except RunRefused:
                refused.append(number)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while len(refused) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        held.set()
        for thread in threads:
            thread.join()
        assert (len(won), len(refused)) == (1, 3)
