"""The ledger's tests on SQLite; `tests/real/test_ledger_postgresql.py` runs them on PostgreSQL."""

import pytest

from connectors.ledger.ledger import open_ledger
from tests.connectors.ledger.examples import a_run


@pytest.fixture
def ledger_url(tmp_path):
    """A place where no ledger is yet."""
    return f"sqlite:///{tmp_path / 'state' / 'ledger.db'}"


@pytest.fixture
def empty_ledger(ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield ledger


@pytest.fixture
def ledger(empty_ledger):
    """A ledger in which two runs have begun."""
    empty_ledger.start_run(a_run("run-1"))
    empty_ledger.start_run(a_run("run-2"))
    return empty_ledger
