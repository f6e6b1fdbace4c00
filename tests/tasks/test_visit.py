"""Steps of a run in a process that does not lead it: what they open, and what keeps them away."""

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import pytest

from connectors.memory.store import STORES, Store
from connectors.model.change import CreateAccount
from connectors.model.receipt import Outcome
from tasks import ticket, visit
from tasks.apply import apply_shard
from tasks.attempt import Attempt
from tasks.brake import HALTED
from tasks.run import Receipts, Run, Shard
from tasks.setup import site_of
from tests.flows.site import Site, a_site


@dataclass
class Elsewhere:
    """A live run that has begun, and what its steps get in another process.

    Attributes:
        site: The site on disk.
        attempt: The run where it is led; left when the run is over.
        run: What a step is handed.
        over: Ends the run.
    """

    site: Site
    attempt: Attempt
    run: Run
    over: Callable[[], None]

    def apply(self, *persons: str, target: str = "directory", number: int = 0) -> Receipts:
        """Execute a shard as another process would."""
        changes = tuple(
            CreateAccount(target=target, person=one, after={"userName": f"u{one}"})
            for one in persons
        )
        return apply_shard.fn(self.run, Shard(target, number, changes), [], [])


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setattr(visit, "is_at_home", lambda _: False)
    monkeypatch.setattr(ticket, "SECONDS", 0.0)
    with a_site(tmp_path) as site, patch("tasks.attempt.publish"):
        site.write()
        attempt = Attempt(
            profile="site.yaml", dry_run=False, as_of=None, persons=[], targets=[], approve=None
        )
        with ExitStack() as leaving:
            leaving.enter_context(attempt)
            led = attempt.ready()
            led.ticket = replace(led.ticket, shared=True)
            STORES[str(tmp_path)] = Store({})
            sent = pickle.loads(pickle.dumps(led))  # noqa: S301 - our own
            yield Elsewhere(site, attempt, sent, over=leaving.close)
        for one in list(visit._VISITS.values()):
            one.site.ledger.close()
        visit._VISITS.clear()


def told(receipts: Receipts) -> tuple[set[Outcome], str]:
    (detail,) = {receipt.detail for receipt in receipts.receipts}
    return {receipt.outcome for receipt in receipts.receipts}, str(detail)


def test_a_step_writes_and_the_journal_of_the_run_knows_it(elsewhere: Elsewhere) -> None:
    receipts = elsewhere.apply("1", "2")
    assert {receipt.outcome for receipt in receipts.receipts} == {Outcome.DONE}
    journal = site_of(elsewhere.attempt.run).ledger.journal(elsewhere.run.id)
    assert [entry.receipt for entry in journal] == list(receipts.receipts)


def test_a_step_that_is_taken_anew_gives_the_same_receipts_and_writes_nothing(
    elsewhere: Elsewhere,
) -> None:
    first = elsewhere.apply("1", "2")
    written = elsewhere.site.store.content()
    assert elsewhere.apply("1", "2").receipts == first.receipts
    assert elsewhere.site.store.content() == written


def test_steps_share_a_site_and_it_is_closed_when_nobody_uses_it(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "IDLE_SECONDS", 0.2)
    with visit.at_site(elsewhere.run) as one, visit.at_site(elsewhere.run) as other:
        assert one is other is not site_of(elsewhere.attempt.run)
    with visit.at_site(elsewhere.run) as again:
        time.sleep(0.4)  # longer than it would stay open unused
        assert again is one
        assert visit._VISITS
    deadline = time.monotonic() + 60
    while visit._VISITS:
        assert time.monotonic() < deadline, "it stays open"
        time.sleep(0.05)


def test_a_step_that_comes_when_the_run_is_over_writes_nothing(elsewhere: Elsewhere) -> None:
    elsewhere.apply("1")
    written = elsewhere.site.store.content()
    elsewhere.over()
    for number in (1, 2):  # in a process that knows the run, and in one that does not
        outcomes, detail = told(elsewhere.apply("2", number=number))
        assert outcomes == {Outcome.SET_ASIDE}
        assert "the lock on profile 'site' was lost" in detail
        visit._VISITS.clear()
    assert elsewhere.site.store.content() == written


def test_a_step_does_not_work_by_another_profile(elsewhere: Elsewhere) -> None:
    elsewhere.site.rules[0]["description"] = "Not what was planned with."
    elsewhere.site.write()
    outcomes, detail = told(elsewhere.apply("1"))
    assert outcomes == {Outcome.SET_ASIDE}
    assert "not the same here as where the run was planned" in detail
    assert elsewhere.site.store.entries == {}


def test_a_step_that_sees_another_ledger_writes_nothing(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'another.db'}")
    outcomes, detail = told(elsewhere.apply("1"))
    assert outcomes == {Outcome.SET_ASIDE}
    assert "it is gone" in detail


def test_a_target_that_one_process_gave_up_is_left_alone_by_the_others(
    elsewhere: Elsewhere,
) -> None:
    led = site_of(elsewhere.attempt.run)
    led.give_up("directory", "it does not answer")
    outcomes, detail = told(elsewhere.apply("1"))
    assert (outcomes, detail.endswith("it does not answer")) == ({Outcome.SET_ASIDE}, True)

    with visit.at_site(elsewhere.run) as other:
        other.give_up("hr", "the file is gone")
    assert led.why_not("hr") == "the file is gone"


def test_an_interrupted_run_stops_everywhere_and_waits_for_who_is_being_written(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = site_of(elsewhere.attempt.run)
    monkeypatch.setattr("tasks.standing.QUIET_SECONDS", 0.5)
    begun = CreateAccount(target="directory", person="9", after={"userName": "u9"})
    led.ledger.announce(elsewhere.run.id, "site", [begun])
    began = time.monotonic()

    led.halt()  # nobody answers for the one who was begun

    assert time.monotonic() - began >= 0.5
    outcomes, detail = told(elsewhere.apply("1"))
    assert (outcomes, detail.endswith(HALTED)) == ({Outcome.SET_ASIDE}, True)


def test_what_lives_in_a_process_is_refused_where_several_would_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("RETOUR_TASK_RUNNER", "dask")
    monkeypatch.setattr("tasks.attempt.require_server", lambda: None)
    with a_site(tmp_path) as site, patch("tasks.attempt.publish"):
        site.write()
        attempt = Attempt(
            profile="site.yaml", dry_run=True, as_of=None, persons=[], targets=[], approve=None
        )
        with attempt:
            attempt.ready()
    assert attempt.ending is not None
    assert attempt.ending.exit == 2
    assert "targets.directory.connector: it is kept in the process" in str(
        attempt.ending.report["refused"]
    )
