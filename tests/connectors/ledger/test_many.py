"""Many rows with one statement: the same as one by one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from connectors.ledger.many import MOST_VALUES, insert_rows, update_rows
from connectors.ledger.tables import called, messages
from tests.connectors.ledger.examples import PROFILE

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=1)))


def rows(count):
    return [
        {"profile": PROFILE, "person": f"{number:05}", "name": f"n{number}", "since": NOON}
        for number in range(count)
    ]


def stored(ledger):
    with ledger._reading() as connection:
        return {row.person: row for row in connection.execute(select(called))}


@pytest.mark.parametrize("count", [0, 1, 2, MOST_VALUES // 4, MOST_VALUES // 4 + 1])
def test_what_is_inserted_together_is_stored_as_if_one_by_one(ledger, count):
    with ledger._writing() as connection:
        insert_rows(connection, called, rows(count))
    found = stored(ledger)
    assert [found[one["person"]]._asdict() for one in rows(count)] == [
        one | {"since": NOON.astimezone(UTC)} for one in rows(count)
    ]
    assert len(found) == count


def test_what_is_changed_together_leaves_the_others_and_the_other_columns_alone(ledger):
    many = MOST_VALUES // 3 + 1
    with ledger._writing() as connection:
        insert_rows(connection, called, rows(many + 1))
        later = {"name": "new", "since": NOON + timedelta(hours=1)}
        changed = [{"person": one["person"], **later} for one in rows(many)]
        update_rows(connection, called, "person", changed)
        update_rows(connection, called, "person", [])
    found = stored(ledger)
    last = found.pop(f"{many:05}")
    assert (last.name, last.since) == (f"n{many}", NOON)
    assert {(one.profile, one.name, one.since) for one in found.values()} == {
        (PROFILE, "new", NOON + timedelta(hours=1))
    }
    assert len(found) == many


def test_one_that_is_there_already_keeps_all_of_them_out(ledger):
    with ledger._writing() as connection:
        insert_rows(connection, called, rows(1))
    with pytest.raises(IntegrityError), ledger._writing() as connection:
        insert_rows(connection, called, list(reversed(rows(3))))
    assert len(stored(ledger)) == 1


def test_an_empty_instant_stays_empty(ledger):
    row = dict.fromkeys(["key", "run", "occasion", "person", "recipient", "state", "content"], "x")
    row |= {"profile": PROFILE, "made": NOON, "claimed": None, "left": NOON}
    with ledger._writing() as connection:
        insert_rows(connection, messages, [row])
    with ledger._reading() as connection:
        found = connection.execute(select(messages)).one()
    assert (found.made, found.claimed, found.left) == (NOON, None, NOON)
