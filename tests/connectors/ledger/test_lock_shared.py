"""The lock of a run whose steps work in several processes."""

import time
from dataclasses import replace

import pytest

from connectors.ledger import lock as lock_module
from connectors.ledger.ledger import open_ledger
from connectors.ledger.process import this_process
from connectors.model.errors import RunRefused


@pytest.fixture
def elsewhere(ledger, ledger_url):
    """The ledger as another process sees it."""
    with open_ledger(ledger_url) as opened:
        yield opened


def test_a_process_that_is_gone_leaves_a_shared_lock_until_its_lease_is_over(ledger, monkeypatch):
    dead = replace(this_process(), pid=2**22 + 1)
    with monkeypatch.context() as patch:
        patch.setattr(lock_module, "this_process", lambda: dead)
        lease = lock_module.timedelta(seconds=1)
        ledger._take("demo", "run-1", "token-1", lease, shared=True)
    refused = (
        r"If it is gone, and with it the processes that worked for it, the lock is free in 1 s"
    )
    with pytest.raises(RunRefused, match=refused):
        ledger.lock("demo", "run-2").__enter__()
    time.sleep(1.1)
    with ledger.lock("demo", "run-2") as lock:
        assert lock.taken_from == "run-1"


def test_a_step_elsewhere_stops_when_half_a_lease_went_by_without_a_sign_of_life(ledger, elsewhere):
    lease = {"lease_seconds": 2, "heartbeat_seconds": 60}
    with ledger.lock("demo", "run-1", shared=True, **lease) as lock:
        assert elsewhere.standing("demo", lock.token) == (False, {})
        time.sleep(1.1)
        with pytest.raises(RunRefused, match="which leads run run-1, gave no sign of life for 1 s"):
            elsewhere.standing("demo", lock.token)
        with pytest.raises(RunRefused, match="is being run already"):  # the other half is not over
            elsewhere.lock("demo", "run-2").__enter__()


def test_what_was_given_up_and_a_halt_are_known_everywhere_while_the_run_goes_on(ledger, elsewhere):
    with ledger.lock("demo", "run-1", shared=True) as lock:
        elsewhere.give_up("demo", lock.token, "directory", "it does not answer")
        ledger.give_up("demo", lock.token, "directory", "a later reason")
        ledger.give_up("demo", "another token", "mail", "of a run that is over")
        assert elsewhere.standing("demo", lock.token) == (
            False,
            {"directory": "it does not answer"},
        )
        ledger.halt("demo", "another token")
        assert not elsewhere.standing("demo", lock.token).halted
        ledger.halt("demo", lock.token)
        assert elsewhere.standing("demo", lock.token).halted
    with ledger.lock("demo", "run-2", shared=True) as lock:
        assert elsewhere.standing("demo", lock.token) == (False, {})


def test_a_run_that_is_over_has_no_standing(ledger, elsewhere):
    with ledger.lock("demo", "run-1", shared=True) as lock:
        pass
    with pytest.raises(RunRefused, match="it is gone"):
        elsewhere.standing("demo", lock.token)
