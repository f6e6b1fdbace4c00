"""Step: read the people and the accounts. Read-only connections, complete or not at all."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.accounts import Accounts
from connectors.model.connector import Source
from connectors.model.people import People
from tasks.lifecycle.guard_protected import protect
from tasks.progress import tell
from tasks.run import Run
from tasks.setup import site_of


@task(name="import people", cache_policy=NO_CACHE)
def import_people(run: Run) -> People:
    """Everybody HR knows, of all sources together: complete, or the run stops."""
    site = site_of(run)
    first = _read(run, site.open_source())
    others = {name: _read(run, site.open_further(name)) for name in site.further}
    people = site.join(first, others)
    tell().imported(len(people))
    return people


def _read(run: Run, source: Source) -> People:
    try:
        return source.read(as_of=run.as_of)
    finally:
        source.close()


@task(name="read accounts", task_run_name="read {target}", cache_policy=NO_CACHE)
def read_accounts(run: Run, target: str) -> Accounts:
    """Everything a target holds."""
    reader = site_of(run).open_reader(target)
    try:
        accounts = reader.read()
    finally:
        reader.close()
    protect(accounts, site_of(run).policies[target].protected)
    tell().read(target, len(accounts.accounts))
    return accounts
