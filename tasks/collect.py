"""Step: read the people and the accounts. Read-only connections, complete or not at all.

A target that cannot be read stops nobody else: `Unseen` stands where its accounts would.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.accounts import Accounts
from connectors.model.connector import Source
from connectors.model.errors import ConnectorError, Misconfigured
from connectors.model.people import People
from connectors.sdk.understood import understood
from tasks.execute import LEDGER
from tasks.lifecycle.guard_protected import protect
from tasks.lifecycle.unseen import Unseen
from tasks.progress import tell
from tasks.run import Run
from tasks.setup import site_of

Reading = Accounts | Unseen
"""What is known of a target."""


@task(name="import people", cache_policy=NO_CACHE)
def import_people(run: Run) -> People:
    """Everybody HR knows, of all sources together: complete, or the run stops."""
    site = site_of(run)
    opens: list[Callable[[], Source]] = [
        site.open_source,
        *(partial(site.open_further, name) for name in site.further),
    ]
    # Side by side in one step: a part of the people is of no use to anybody.
    with ThreadPoolExecutor(len(opens)) as pool:
        readings = [pool.submit(partial(copy_context().run, _read, run, one)) for one in opens]
    first, *others = [reading.result() for reading in readings]
    people = site.join(first, dict(zip(site.further, others, strict=True)))
    site.look_ahead.look()  # HR is often there before the last target is
    tell().imported(len(people))
    return people


def _read(run: Run, opens: Callable[[], Source]) -> People:
    source = opens()
    try:
        with understood("source", "read people"):
            return source.read(as_of=run.as_of)
    finally:
        source.close()


@task(name="read accounts", task_run_name="read {target}", cache_policy=NO_CACHE)
def read_accounts(run: Run, target: str) -> Accounts:
    """Everything a target holds, by way of what changed since the last run where it can tell."""
    site = site_of(run)
    reader = site.open_reader(target)
    try:
        with understood(target, "read accounts"):
            accounts = site.kept_reading(target).read(reader)
    finally:
        reader.close()
    protect(accounts, site.policies[target].protected)
    tell().read(target, len(accounts.accounts))
    return accounts


def readings_of(run: Run, reads: Mapping[str, Callable[[], Accounts]]) -> list[Reading]:
    """What is known of every target, whichever of them could be read.

    Args:
        run: Says which of them it may write.
        reads: Target -> gives what it holds, or raises what came between.

    Raises:
        ConnectorError: The ledger failed, or a target answered with something else than what the
            settings promise, or none could be read that this run may write. Nothing was written.
    """
    readings: list[Reading] = []
    first: ConnectorError | None = None
    for target, read in reads.items():
        try:
            readings.append(read())
        except Misconfigured:
            raise
        except ConnectorError as error:
            if error.system == LEDGER:
                raise
            first = first or error
            readings.append(Unseen(target, str(error)))
    seen = [one.target for one in readings if isinstance(one, Accounts)]
    if first is not None and not any(run.scope.writes(target) for target in seen):
        raise first
    return readings


def unseen_among(readings: Sequence[Reading]) -> dict[str, str]:
    """Targets that could not be read, and why."""
    return {one.target: one.why for one in readings if isinstance(one, Unseen)}
