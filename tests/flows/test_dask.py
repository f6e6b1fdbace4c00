"""Shards in other processes: the same outcome as on threads, in order, and nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.settings import read_settings
from connectors.ledger.ledger import open_ledger
from connectors.model.receipt import Outcome
from tasks.task_runner import started
from tests.flows.fleet import ACCOUNTS, Fleet, a_fleet
from tests.flows.site import report_of, start_retour
from tests.stacks import SAYING, family, say_where_you_stand
from tests.stacks import end as end_processes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(2400)]
PEOPLE = 60
SECONDS = 900
"""What is not over by then stands still."""
BEGUN: list[subprocess.Popen[str]] = []


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.chdir(tmp_path)
    with a_fleet(tmp_path, people=PEOPLE) as served:
        yield served
        while BEGUN:
            process = BEGUN.pop()
            end_processes(family(process.pid))
            process.communicate()


def begin(fleet: Fleet, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own; it is over when the test is."""
    report = str(fleet.folder / "report.json")
    process = start_retour(
        *("provision", "--profile", str(fleet.write()), "--report", report, *arguments),
        **fleet.variables(RETOUR_SHARD_SIZE="10", **SAYING, **variables),
    )
    BEGUN.append(process)
    return process


def end(fleet: Fleet, process: subprocess.Popen[str], code: int | None = 0) -> dict[str, Any]:
    """Wait for its report."""
    try:
        said = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        say_where_you_stand([psutil.Process(process.pid), *dask_workers(process.pid)])
        pytest.fail(f"it was not over after {SECONDS} s:\n{process.communicate()[1]}")
    assert code is None or process.returncode == code, said
    # Processes of Dask may say on stderr that their scheduler is gone before they are.
    return report_of(fleet.folder / "report.json")


def until_accounts(fleet: Fleet, many: int, run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + SECONDS
    while fleet.created(ACCOUNTS) < many:
        if run.poll() is not None:
            pytest.fail(f"it ended before it wrote: {run.communicate()}")
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
    until_accounts(fleet, 8, run)
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
    until_accounts(fleet, 8, run)
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


def test_a_process_does_not_look_at_its_stacks_where_that_can_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETOUR_TASK_RUNNER", "dask")
    with started(read_settings()) as pool:
        said = pool.client.run(profiles_itself)  # type: ignore[attr-defined]
    assert set(said.values()) == {sys.version_info >= (3, 12)}


def profiles_itself(dask_worker: Any) -> bool:
    return "profile" in dask_worker.periodic_callbacks


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
