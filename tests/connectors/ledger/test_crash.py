"""A process is killed in the middle of its writes: what the next one finds, and then does."""

import time

from connectors.ledger.ledger import open_ledger
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger.examples import a_run, create, grant, programs

DIE_IN_THE_MIDDLE = """
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of

go()
with open_ledger(sys.argv[1]) as ledger, ledger.lock("demo", "run-1"):
    ledger.start_run(a_run())
    persons = [create("1")], [create("2"), grant("2", "care")], [create("3")]
    for change in (one for some in persons for one in ledger.announce("run-1", "demo", some)):
        if change.person == "1":
            ledger.settle("run-1", "demo", [receipt_of(change, Outcome.DONE, ref="ref-1")], {})
        else:
            print("in the middle", flush=True)
            sys.stdin.readline()
"""


def crash(ledger_url):
    with programs(DIE_IN_THE_MIDDLE, [ledger_url]) as (program,):
        assert program.stdout.readline() == "in the middle\n"
        program.kill()
        program.wait(10)


def test_after_a_kill_the_lock_is_taken_over_at_once_and_the_intents_are_there(ledger_url):
    crash(ledger_url)
    with open_ledger(ledger_url) as ledger:
        began = time.monotonic()
        with ledger.lock("demo", "run-2") as lock:
            assert time.monotonic() - began < 5
            assert lock.taken_from == "run-1"
            opened = [(i.run, i.change) for i in ledger.open_intents("demo")]
        # The second person was about to be written, the third not yet announced.
        assert opened == [("run-1", create("2")), ("run-1", grant("2", "care"))]
        assert ledger.links("demo")["person"].tolist() == ["1"]
        assert ledger.run("run-1").finished is None


def test_after_a_kill_the_next_run_settles_what_it_finds_in_the_target(ledger_url):
    crash(ledger_url)
    with open_ledger(ledger_url) as ledger:
        ledger.start_run(a_run("run-2"))
        made, granted = ledger.open_intents("demo")
        found = receipt_of(made.change, Outcome.DONE, ref="ref-2", detail="confirmed by read")
        missing = receipt_of(granted.change, Outcome.FAILED, detail="not there after the crash")
        ledger.close_intents("run-2", [(made, found), (granted, missing)])
        assert ledger.open_intents("demo") == []
        assert ledger.links("demo")["ref"].tolist() == ["ref-1", "ref-2"]
        assert ledger.grants("demo").empty
        assert [line.run for line in ledger.audit()] == ["run-1", "run-2", "run-2"]
        assert ledger.verify_audit() is None
