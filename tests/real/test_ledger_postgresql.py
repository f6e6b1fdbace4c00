"""The ledger on a real PostgreSQL: all of its tests once more, and what only a server can do."""

import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from sqlalchemy import select, text

from connectors.ledger.ledger import open_ledger
from connectors.ledger.names import Name
from connectors.ledger.tables import audit_head
from connectors.model.errors import Unreachable
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger import conftest, test_forgetting
from tests.connectors.ledger.examples import MORNING, at_the_database, create, grant, reserve_names
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


PARTS = (
    *("audit", "crash", "forgetting", "given", "ignored", "journal", "links", "lock", "memory"),
    *("messages", "names", "past", "readings", "recent", "runs", "schema"),
)
globals().update(_tests_of(*PARTS))
empty_ledger, ledger = conftest.empty_ledger, conftest.ledger
known = test_forgetting.known


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
    assert ledger.announce("run-1", "demo", [first]) == [first]
    server.stop()
    server.start()
    ledger.settle("run-1", "demo", [receipt_of(first, Outcome.DONE, ref="ref-1")], by_id)
    assert ledger.links("demo")["ref"].tolist() == ["ref-1"]


def test_without_its_server_nothing_is_announced_and_nothing_gets_lost(ledger, server):
    first, second = create("1"), create("2")
    ledger.announce("run-1", "demo", [first])
    server.stop()
    try:
        with pytest.raises(Unreachable, match="does not answer"):
            ledger.announce("run-1", "demo", [second])
        with pytest.raises(Unreachable):
            ledger.settle("run-1", "demo", [receipt_of(first, Outcome.DONE, ref="ref-1")], {})
    finally:
        server.start()
    assert [intent.change for intent in ledger.open_intents("demo")] == [first]
    assert ledger.links("demo").empty


def test_of_two_sessions_that_want_one_name_at_once_one_gets_it_and_the_other_is_told(
    ledger, ledger_url
):
    def reserve(person):
        name = Name("address", "jan@example.org", person)
        with open_ledger(ledger_url) as session:
            return reserve_names(session, "demo", [name], MORNING)

    with ThreadPoolExecutor(2) as sessions:
        with ledger._writing() as connection:  # until it ends, nobody else gives names away
            connection.execute(select(audit_head.c.chain).with_for_update())
            answers = [sessions.submit(reserve, person) for person in "12"]
            until_so_many_wait(connection, 2)
        refused = [name for answer in answers for name in answer.result(timeout=30)]

    (given,) = ledger.names("demo").itertuples(index=False, name=None)
    assert given[:2] == ("address", "jan@example.org")
    assert [name.person for name in refused] == ["2" if given[2] == "1" else "1"]


def until_so_many_wait(connection, wanted):
    """Wait until so many sessions of this server stand before a lock."""
    waiting = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    deadline = time.monotonic() + 30
    while connection.scalar(waiting) < wanted:
        assert time.monotonic() < deadline, "they never came"
        time.sleep(0.02)
