"""No question about one person, and none about what is open, reads a whole table."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from connectors.ledger.names import Name
from connectors.model.change import DeleteAccount
from tests.connectors.ledger.examples import MORNING, carry_out, create, done, grant, reserve_names

LATER = datetime(2027, 1, 1, tzinfo=UTC)
NAMES = [Name("address", "jan@x", "1"), Name("directory:login", "jan", "1")]


@pytest.fixture
def searches(ledger):
    """What SQLite would do for every statement from here on, a line per table or index."""
    found, looking = [], []

    def look(connection, cursor, statement, parameters, context, many):
        if looking or not statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            return
        looking.append(True)
        raw = connection.connection.driver_connection
        plan = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters)
        found.extend(row[3] for row in plan.fetchall())
        looking.clear()

    event.listen(ledger._engine, "before_cursor_execute", look)
    yield found
    event.remove(ledger._engine, "before_cursor_execute", look)


def scanned(searches):
    few = ("SCAN audit_head", "SCAN told", "CONSTANT ROW")  # what the statement itself brings along
    return [
        step for step in searches if step.startswith("SCAN") and not any(one in step for one in few)
    ]


def test_the_past_of_one_person_is_found_in_its_order(ledger, searches):
    ledger.past_of("demo", "1", limit=5)
    assert searches == [
        "SEARCH journal USING INDEX journal_by_profile_person_sequence (profile=? AND person=?)"
    ]


def test_what_is_open_is_found_without_reading_what_is_done(ledger, searches):
    ledger.open_intents("demo")
    assert (
        searches
        == ["SEARCH journal USING INDEX journal_by_profile_outcome (profile=? AND outcome=?)"] * 2
    )


def test_names_are_looked_up_and_reserved_one_by_one(ledger, searches):
    reserve_names(ledger, "demo", NAMES, MORNING, unused_since=LATER)
    assert searches
    assert scanned(searches) == []


def test_an_account_that_goes_takes_nobody_elses_time(ledger, searches):
    carry_out(ledger, done(create("1"), "a1"), done(grant("1", "care"), "a1"))
    carry_out(ledger, done(DeleteAccount(target="directory", person="1", ref="a1"), "a1"))
    assert searches
    assert scanned(searches) == []
    assert [step for step in searches if step.endswith("(profile=?)")] == []
