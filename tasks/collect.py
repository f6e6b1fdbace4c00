"""Step: read the people and the accounts. Read-only connections, complete or not at all."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.accounts import Accounts
from connectors.model.people import People
from tasks.progress import tell
from tasks.run import Run
from tasks.setup import site_of


@task(name="import people", cache_policy=NO_CACHE)
def import_people(run: Run) -> People:
    """Everybody HR knows."""
    source = site_of(run).open_source()
    try:
        people = source.read(as_of=run.as_of)
    finally:
        source.close()
    tell().imported(len(people))
    return people


@task(name="read accounts", task_run_name="read {target}", cache_policy=NO_CACHE)
def read_accounts(run: Run, target: str) -> Accounts:
    """Everything a target holds."""
    reader = site_of(run).open_reader(target)
    try:
        accounts = reader.read()
    finally:
        reader.close()
    tell().read(target, len(accounts.accounts))
    return accounts
