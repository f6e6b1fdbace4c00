"""Where the shards of a plan are executed: on threads of the run, or in processes of Dask.

Only they are. Whatever reads and plans sees everybody at once and stays in the process that leads
the run: nobody's data is sent about for it.
"""

import ipaddress
import logging
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from config.settings import PREFIX, RetourSettings, read_settings
from connectors.model.errors import ConfigError, Unreachable

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

MOST_TASKS_AT_ONCE: Final = 8
"""Threads of a run, unless it is told how many."""
WORKERS: Final = 2
"""Processes of a Dask that we start ourselves, unless we are told how many."""
THREADS_PER_WORKER: Final = 4
"""They wait for other systems, most of the time."""
START_SECONDS: Final = 60
"""How long a run waits for the first process of a Dask."""
DASK: Final = "dask"


def works_elsewhere() -> bool:
    """Whether shards are executed in other processes than the run's own."""
    return read_settings().task_runner == DASK


def require_task_runner() -> None:
    """Make sure that the settings of the task runner can be used.

    Raises:
        ConfigError: With the variable to change; nothing was read or written.
    """
    settings = read_settings()
    scheduler = settings.dask_scheduler
    if settings.task_runner != DASK:
        if scheduler:
            raise _wrong("dask_scheduler", f"it is of no use without {PREFIX}TASK_RUNNER=dask")
        return
    if find_spec("prefect_dask") is None:
        raise _wrong("task_runner", "dask is not installed: pip install 'retour[dask]'")
    if scheduler and settings.ledger_url.startswith("sqlite") and not _is_here(scheduler):
        raise _wrong(
            "ledger_url",
            f"a file is seen by one machine, and the Dask at {scheduler} works on others: keep the "
            "ledger in PostgreSQL (postgresql://USER:PASSWORD@HOST/DATABASE)",
        )


def require_server() -> None:
    """Make sure that every process that takes part in a run finds Prefect's server.

    Raises:
        ConfigError: What to set.
    """
    settings = read_settings()
    if settings.task_runner != DASK:
        return
    from prefect.settings import get_current_settings

    address = get_current_settings().api.url
    if address is None:
        raise ConfigError(
            f"{PREFIX}TASK_RUNNER=dask needs a Prefect server: without one each process of Dask "
            "would start its own. Run `prefect server start` and set this to its address",
            key="PREFECT_API_URL",
        )
    scheduler = settings.dask_scheduler
    if scheduler and _is_here(address) and not _is_here(scheduler):
        message = f"{address} is this machine only, and the Dask at {scheduler} works on others"
        raise ConfigError(message, key="PREFECT_API_URL")


def threads(workers: int = MOST_TASKS_AT_ONCE) -> "TaskRunner[Any]":
    """Threads of this process: what reads and plans, whatever executes the shards.

    Args:
        workers: How many; Prefect would take as many as there are tasks.
    """
    from prefect.task_runners import ThreadPoolTaskRunner

    made: Any = ThreadPoolTaskRunner(workers)  # its own future type is narrower than a flow's
    return cast("TaskRunner[Any]", made)


def runner(settings: RetourSettings) -> "TaskRunner[Any]":
    """Whatever executes the shards of a plan; a context manager.

    Args:
        settings: Of this installation.
    """
    if settings.task_runner != DASK:
        return threads(settings.task_workers or MOST_TASKS_AT_ONCE)
    from prefect_dask.task_runners import DaskTaskRunner

    # It tells of every connection, and warns of workers that are slow to end.
    logging.getLogger("distributed").setLevel(logging.ERROR)
    if settings.dask_scheduler:
        return DaskTaskRunner(address=settings.dask_scheduler)
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": settings.task_workers or WORKERS,
            "threads_per_worker": THREADS_PER_WORKER,
            "host": "127.0.0.1",
            "dashboard_address": "127.0.0.1:0",  # on any free port; left out, it takes 8787
        }
    )


@contextmanager
def started(settings: RetourSettings) -> "Iterator[TaskRunner[Any]]":
    """The same, with somebody to work for it.

    Args:
        settings: Of this installation.

    Raises:
        Unreachable: There is no scheduler at that address, or nobody who works for it.
    """
    pool = runner(settings)
    if settings.task_runner != DASK:
        with pool:
            yield pool
        return
    from tasks.dask_stacks import keep_from_standing_still

    with ExitStack() as stack:
        stack.enter_context(pool)
        try:
            with _ctrl_c_is_ours():
                client = pool.client  # type: ignore[attr-defined]
            keep_from_standing_still(client)
            client.wait_for_workers(1, timeout=START_SECONDS)
        except (OSError, TimeoutError) as error:
            where = settings.dask_scheduler or "that was started for this run"
            raise Unreachable(
                f"nobody works for the Dask {where} ({type(error).__name__})",
                system="dask",
                hint=f"Check {PREFIX}DASK_SCHEDULER, and `dask worker` on the machines that work.",
            ) from error
        yield pool


def somebody_works(pool: "TaskRunner[Any]") -> bool:
    """Whether a Dask still has a process that works for it."""
    try:
        return bool(pool.client.nthreads())  # type: ignore[attr-defined]
    except (OSError, TimeoutError):
        return False


@contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Keep a Ctrl-C in the terminal from the processes that are started meanwhile.

    They would break off in the middle of a write; we halt them between two persons. Signals that a
    thread blocks are blocked in the threads and processes that it starts.
    """
    resource_tracker.ensure_running()  # it unblocks the signal when it is started
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(setting: str, sentence: str) -> ConfigError:
    return ConfigError(sentence, key=f"{PREFIX}{setting.upper()}")
