"""Shards in other processes: the same outcome as on threads, in order, and nothing twice."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from connectors.ledger.ledger import open_ledger
from connectors.model.receipt import Outcome
from tests.flows.fleet import ACCOUNTS, Fleet, a_fleet
from tests.flows.site import report_of, start_retour

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
PEOPLE = 60


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.chdir(tmp_path)
    with a_fleet(tmp_path, people=PEOPLE) as served:
        yield served


def begin(fleet: Fleet, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    report = str(fleet.folder / "report.json")
    return start_retour(
        *("provision", "--profile", str(fleet.write()), "--report", report, *arguments),
        **fleet.variables(RETOUR_SHARD_SIZE="10", **variables),
    )


def end(fleet: Fleet, process: subprocess.Popen[str], code: int | None = 0) -> dict[str, Any]:
    """Wait for its report."""
    said = process.communicate(timeout=600)
    assert code is None or process.returncode == code, said
    # Processes of Dask may say on stderr that their scheduler is gone before they are.
    return report_of(fleet.folder / "report.json")


def until_accounts(fleet: Fleet, many: int) -> None:
    deadline = time.monotonic() + 600
    while fleet.created(ACCOUNTS) < many:
        assert time.monotonic() < deadline, "nothing is written"
        time.sleep(0.05)


def test_two_processes_do_what_one_would_in_order_and_once(fleet: Fleet) -> None:
    preview = end(fleet, begin(fleet))

    live = end(fleet, begin(fleet, "--live", RETOUR_TASK_RUNNER="dask"))

    assert live["plan"] == preview["plan"]
    persons = {change["person"] for change in live["changes"]}
    fleet.assert_all_is_as_it_should_be(persons=len(persons))
    fleet.assert_in_order_and_once(live["run"])


def test_a_process_of_dask_that_dies_costs_doubt_and_nothing_is_written_twice(fleet: Fleet) -> None:
    slowly(fleet)
    run = begin(fleet, "--live", RETOUR_TASK_RUNNER="dask")
    until_accounts(fleet, 8)
    workers = dask_workers(run.pid)
    assert len(workers) == 2
    workers[0].kill()
    report = end(fleet, run, code=None)

    outcomes = {change["outcome"] for change in report["changes"]}
    assert outcomes <= {"done", "in_doubt", "set_aside"}
    assert report["exit"] == (0 if outcomes == {"done"} else 1)
    assert fleet.created(ACCOUNTS) == len(fleet.users(ACCOUNTS))

    end(fleet, begin(fleet, "--live"))
    with open_ledger(fleet.ledger_url) as ledger:
        assert ledger.open_intents("fleet") == []
    everybody = fleet.users(ACCOUNTS)
    assert fleet.created(ACCOUNTS) == len(everybody)
    fleet.assert_all_is_as_it_should_be(persons=len(everybody))


def test_ctrl_c_reaches_the_other_processes_and_nobody_is_left_in_doubt(fleet: Fleet) -> None:
    slowly(fleet)
    run = begin(fleet, "--live", RETOUR_TASK_RUNNER="dask")
    until_accounts(fleet, 8)
    os.killpg(run.pid, signal.SIGINT)
    report = end(fleet, run, code=130)

    assert fleet.created(ACCOUNTS) < len({change["person"] for change in report["changes"]})
    outcomes = {change["outcome"] for change in report["changes"]}
    assert outcomes == {"done", "set_aside"}
    with open_ledger(fleet.ledger_url) as ledger:
        became = {
            entry.receipt and entry.receipt.outcome for entry in ledger.journal(report["run"])
        }
    assert became == {Outcome.DONE}


def slowly(fleet: Fleet) -> None:
    """One request for each write, and a while for each request."""
    for served in fleet.scim.values():
        served.switches.bulk = False
        served.faults.latency_seconds = 0.2


def dask_workers(pid: int) -> list[psutil.Process]:
    """The processes that Dask has started for a run."""
    return [
        child
        for child in psutil.Process(pid).children(recursive=True)
        if any("spawn_main" in part for part in child.cmdline())
    ]
