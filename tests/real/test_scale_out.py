"""Prefect and ledger in PostgreSQL, two workers on one pool, shards on Dask, and a worker's death.

Twenty thousand people get accounts in two applications; `RETOUR_SCALE_PEOPLE` says another number.
The write-back of each of them into HR, a request per person, is left to the other tests.
"""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from connectors.ledger.ledger import open_ledger
from connectors.ledger.records import RunRecord
from tests.flows.fleet import HR, Fleet, a_fleet
from tests.real.postgresql import Server, postgresql_server
from tests.real.prefect_cluster import Cluster, prefect_cluster, until
from tests.stacks import family

pytestmark = [pytest.mark.real, pytest.mark.timeout(7200)]

PEOPLE = int(os.environ.get("RETOUR_SCALE_PEOPLE", "20000"))
SECONDS = 3600
"""What is not over by then stands still: on two cores that nobody else uses it takes minutes."""
DASK = {"RETOUR_TASK_RUNNER": "dask", "RETOUR_TASK_WORKERS": "2"}


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE prefect")
    database = f"{postgresql.url.removesuffix('/postgres')}/prefect"
    with prefect_cluster(tmp_path_factory.mktemp("prefect"), database) as cluster:
        yield cluster


def latest_run(fleet: Fleet) -> RunRecord:
    with open_ledger(fleet.ledger_url) as ledger:
        return ledger.run(ledger.runs(limit=1)[0].run)


@pytest.mark.soak
def test_two_workers_share_a_pool_and_two_processes_share_thousands_of_people(
    cluster: Cluster, postgresql: Server, tmp_path: Path
) -> None:
    (tmp_path / "small").mkdir()
    with (
        a_fleet(tmp_path, people=PEOPLE, ledger_url=postgresql.url_of_nothing()) as fleet,
        a_fleet(tmp_path / "small", people=30, ledger_url=postgresql.url_of_nothing()) as small,
        cluster.worker("ann"),
        cluster.worker("bob"),
    ):
        del fleet.profile["targets"][HR]
        big, little = str(fleet.write()), str(small.write())
        cluster.deploy(Path(big), watched=False)

        preview = cluster.start(fleet.variables(), "preview-hourly", profile=big, dry_run=True)
        beside = cluster.start(small.variables(), profile=little, dry_run=False)
        for run in (preview, beside):
            assert cluster.wait(run, SECONDS)["name"] == "Completed"
        workers = {
            run: {w for w in ("ann", "bob") if f"/flow-run/{run}" in cluster.said(w)}
            for run in (preview, beside)
        }
        assert sorted(map(sorted, workers.values())) == [["ann"], ["bob"]]
        by_threads = latest_run(fleet)

        began = time.monotonic()
        live = cluster.start(fleet.variables(**DASK), profile=big, dry_run=False)
        ended = cluster.wait(live, SECONDS)
        print(f"live on Dask: {time.monotonic() - began:.0f} s, {ended['message']}")

        assert ended["name"] == "Completed", ended
        run = latest_run(fleet)
        assert (run.mode, run.digest) == ("live", by_threads.digest)
        assert run.report is not None
        persons = {change["person"] for change in run.report["changes"]}
        assert len(persons) > PEOPLE * 0.8
        fleet.assert_all_is_as_it_should_be(persons=len(persons))
        fleet.assert_in_order_and_once(run.run)
        tasks = cluster.tasks(live)
        assert {task["state"]["name"] for task in tasks} == {"Completed"}
        assert len(tasks) < 300
        print(f"{len(persons)} persons, {len(run.report['changes'])} changes, {len(tasks)} tasks")

        again = cluster.start(fleet.variables(**DASK), profile=big, dry_run=False)
        assert cluster.wait(again, SECONDS)["message"].startswith("Nothing to do for ")


@pytest.mark.parametrize(
    "runner",
    [pytest.param({}, id="threads"), pytest.param(DASK, id="dask", marks=pytest.mark.soak)],
)
def test_a_worker_that_is_killed_in_the_middle_is_noticed_and_the_next_run_finishes(
    cluster: Cluster, postgresql: Server, tmp_path: Path, runner: dict[str, str]
) -> None:
    with a_fleet(tmp_path, people=120, ledger_url=postgresql.url_of_nothing()) as fleet:
        profile = str(fleet.write())
        cluster.deploy(Path(profile))
        variables = fleet.variables(RETOUR_SHARD_SIZE="20", **runner)
        for served in fleet.scim.values():
            served.switches.bulk = False
        fleet.slow_down(0.3)
        with cluster.worker("doomed") as worker:
            run = cluster.start(variables, profile=profile, dry_run=False)
            until(lambda: fleet.created("accounts") > 5, 300)
            for process in family(worker.pid):
                process.send_signal(signal.SIGKILL)
        killed, written = datetime.now(UTC), fleet.created("accounts")
        died = latest_run(fleet)
        fleet.slow_down(0)

        with cluster.worker("successor"):
            # Of another deployment: the slot of the first is the dead run's until that is noticed.
            night = "provision-nightly"
            second = cluster.start(variables, night, profile=profile, dry_run=False)
            ended = cluster.wait(second)
            if runner:  # others may have worked for it: its lock is free when its lease is over
                assert ended["name"] == "Refused", ended
                assert "is being run already" in ended["message"]
                time.sleep(60)
                second = cluster.start(variables, night, profile=profile, dry_run=False)
                ended = cluster.wait(second)
            assert ended["name"] == "Completed", ended

        crashed = cluster.wait(run)
        after = datetime.fromisoformat(crashed["timestamp"]) - killed
        print(f"{written} accounts were asked for; crashed after {after.total_seconds():.0f} s")
        assert crashed["name"] == "Crashed"
        assert "No sign of life for 90 s" in crashed["message"]
        run_after = latest_run(fleet)
        with open_ledger(fleet.ledger_url) as ledger:
            assert ledger.open_intents("fleet") == []
            assert ledger.run(died.run).exit == 137
            settled = [e for e in ledger.journal(died.run) if e.settled_by == run_after.run]
        print(f"{len(settled)} changes were in doubt and are settled")
        everybody = fleet.users("accounts")
        fleet.assert_all_is_as_it_should_be(persons=len(everybody))
