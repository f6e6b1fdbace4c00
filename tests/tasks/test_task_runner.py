"""Which task runner, and what it needs."""

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from config.settings import read_settings
from connectors.model.errors import ConfigError
from tasks import task_runner
from tasks.task_runner import require_server, require_task_runner, runner, works_elsewhere


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("TASK_RUNNER", "TASK_WORKERS", "DASK_SCHEDULER", "LEDGER_URL"):
        monkeypatch.delenv(f"RETOUR_{name}", raising=False)


@pytest.fixture
def dask(monkeypatch):
    monkeypatch.setenv("RETOUR_TASK_RUNNER", "dask")


def refused(ask=require_task_runner):
    with pytest.raises(ConfigError) as caught:
        ask()
    return str(caught.value)


def test_threads_are_the_default_and_need_nothing(monkeypatch):
    require_task_runner()
    require_server()
    assert not works_elsewhere()
    assert runner(read_settings()) == ThreadPoolTaskRunner(8)
    monkeypatch.setenv("RETOUR_TASK_WORKERS", "3")
    assert runner(read_settings()) == ThreadPoolTaskRunner(3)


def test_dask_starts_processes_of_its_own_or_takes_those_of_a_scheduler(monkeypatch, dask):
    require_task_runner()
    assert works_elsewhere()
    monkeypatch.setenv("RETOUR_TASK_WORKERS", "5")
    own = runner(read_settings())
    assert own.cluster_kwargs["n_workers"] == 5
    assert own.cluster_kwargs["host"] == "127.0.0.1"
    monkeypatch.setenv("RETOUR_DASK_SCHEDULER", "tcp://127.0.0.1:8786")
    assert runner(read_settings()).address == "tcp://127.0.0.1:8786"


def test_without_its_packages_dask_is_a_matter_of_configuration(monkeypatch, dask):
    monkeypatch.setattr(task_runner, "find_spec", lambda _: None)
    assert refused() == ("RETOUR_TASK_RUNNER: dask is not installed: pip install 'retour[dask]'")


def test_a_scheduler_that_nobody_uses_is_said(monkeypatch):
    monkeypatch.setenv("RETOUR_DASK_SCHEDULER", "tcp://dask.example.org:8786")
    assert refused() == "RETOUR_DASK_SCHEDULER: it is of no use without RETOUR_TASK_RUNNER=dask"


@pytest.mark.parametrize("address", ["dask.example.org:8786", "http://x:1", "tcp://u:p@x:1"])
def test_a_scheduler_is_an_address_of_dask(monkeypatch, dask, address):
    monkeypatch.setenv("RETOUR_DASK_SCHEDULER", address)
    with pytest.raises(ConfigError, match="RETOUR_DASK_SCHEDULER: "):
        read_settings()


def test_machines_share_a_ledger_on_a_server_not_in_a_file(monkeypatch, dask):
    monkeypatch.setenv("RETOUR_DASK_SCHEDULER", "tls://dask.example.org:8786")
    assert refused().startswith("RETOUR_LEDGER_URL: a file is seen by one machine")
    monkeypatch.setenv("RETOUR_LEDGER_URL", "postgresql://retour:hunter2@db/retour")
    require_task_runner()
    monkeypatch.delenv("RETOUR_LEDGER_URL")
    monkeypatch.setenv("RETOUR_DASK_SCHEDULER", "tcp://localhost:8786")
    require_task_runner()


def test_processes_need_a_server_that_all_of_them_reach(monkeypatch, dask):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with temporary_settings({PREFECT_API_URL: None}):
        assert refused(require_server).startswith(
            "PREFECT_API_URL: RETOUR_TASK_RUNNER=dask needs a Prefect server"
        )
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4200/api"}):
        require_server()
        monkeypatch.setenv("RETOUR_DASK_SCHEDULER", "tcp://dask.example.org:8786")
        assert "is this machine only" in refused(require_server)
    with temporary_settings({PREFECT_API_URL: "http://prefect.example.org:4200/api"}):
        require_server()
