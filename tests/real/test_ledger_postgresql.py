"""The ledger on a real PostgreSQL: all of its tests once more, and what only a server can do."""

import traceback
from importlib import import_module

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.model.errors import Unreachable
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger import conftest
from tests.connectors.ledger.examples import at_the_database, create, grant
from tests.real.postgresql import postgresql_server

pytestmark = pytest.mark.real


def _tests_of(*parts):
    """The tests of other modules by name; here they run with the fixtures of this module."""
    found = {}
    for part in parts:
        for name, test in vars(import_module(f"tests.connectors.ledger.test_{part}")).items():
            if name.startswith("test_"):
                assert name not in found, f"{name} is there twice, and one would be lost"
                found[name] = test
    return found


globals().update(
    _tests_of("audit", "crash", "journal", "links", "lock", "memory", "recent", "runs", "schema")
)
empty_ledger, ledger = conftest.empty_ledger, conftest.ledger


@pytest.fixture(scope="module")
def server():
    with postgresql_server() as server:
        yield server


@pytest.fixture
def ledger_url(server):
    """A place where no ledger is yet."""
    return server.url_of_nothing()


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (":hunter2@", ":hunter3@", "password authentication failed"),
        ("/postgres", "/nowhere", 'database "nowhere" does not exist'),
    ],
)
def test_a_server_that_does_not_let_us_in_is_named_without_the_password(
    server, right, wrong, reason
):
    url = wrong.join(server.url.rsplit(right, 1))
    with pytest.raises(Unreachable, match=reason) as caught:
        open_ledger(url)
    said = "".join(traceback.format_exception(caught.value))
    assert url.split("@")[0].rpartition(":")[2] not in said


def test_the_short_scheme_is_understood(ledger_url):
    with open_ledger(ledger_url.replace("postgresql://", "postgres://")) as ledger:
        assert ledger.runs() == []
        assert "hunter2" not in repr(ledger)


def test_a_database_that_prefect_uses_too_is_shared_without_a_clash(ledger_url):
    at_the_database(
        ledger_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('9e83011d1f2a')",
    )
    for _ in range(2):
        with open_ledger(ledger_url) as ledger:
            assert ledger.runs() == []


def test_a_server_that_restarts_between_two_steps_is_not_the_end_of_a_run(ledger, server):
    first, second = create("1"), grant("1", "care")
    by_id = {first.id: first, second.id: second}
    assert list(ledger.announce("run-1", "demo", [first])) == [first]
    server.stop()
    server.start()
    ledger.settle("run-1", "demo", [receipt_of(first, Outcome.DONE, ref="ref-1")], by_id)
    assert ledger.links("demo")["ref"].tolist() == ["ref-1"]


def test_without_its_server_nothing_is_announced_and_nothing_gets_lost(ledger, server):
    first, second = create("1"), create("2")
    announced = ledger.announce("run-1", "demo", [first, second])
    next(announced)
    server.stop()
    try:
        with pytest.raises(Unreachable, match="does not answer"):
            next(announced)
        with pytest.raises(Unreachable):
            ledger.settle("run-1", "demo", [receipt_of(first, Outcome.DONE, ref="ref-1")], {})
    finally:
        server.start()
    assert [intent.change for intent in ledger.open_intents("demo")] == [first]
    assert ledger.links("demo").empty
