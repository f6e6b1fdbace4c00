"""What readers of targets want back."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from connectors.ledger import readings
from connectors.ledger.tables import readings as readings_table

MORNING = datetime(2026, 11, 24, 6, tzinfo=UTC)
DAY = timedelta(days=1)
CONTENT = b"\x00token\xff" + b"an account " * 1000


def keep(ledger, content=CONTENT, *, target="directory", digest="d1", at=MORNING, whole=True):
    ledger.keep("demo", target, digest, content, at=at, whole=whole)


def test_a_reader_gets_back_exactly_what_it_gave(ledger):
    keep(ledger)
    assert ledger.kept("demo", "directory", "d1") == CONTENT


def test_nothing_was_kept_yet(ledger):
    assert ledger.kept("demo", "directory", "d1") is None


def test_empty_bytes_are_something(ledger):
    keep(ledger, b"")
    assert ledger.kept("demo", "directory", "d1") == b""


def test_other_settings_mean_that_everything_is_read(ledger):
    keep(ledger)
    assert ledger.kept("demo", "directory", "d2") is None


def test_every_target_of_every_profile_has_its_own(ledger):
    keep(ledger)
    assert ledger.kept("demo", "entra_id", "d1") is None
    assert ledger.kept("other", "directory", "d1") is None


def test_only_the_last_reading_of_a_target_is_kept(ledger):
    keep(ledger)
    keep(ledger, b"later", digest="d2")
    assert ledger.kept("demo", "directory", "d1") is None
    assert ledger.kept("demo", "directory", "d2") == b"later"


def test_a_reader_that_wants_nothing_back_leaves_nothing(ledger):
    keep(ledger, target="entra_id")
    keep(ledger)
    keep(ledger, None)
    assert ledger.kept("demo", "directory", "d1") is None
    assert ledger.kept("demo", "entra_id", "d1") == CONTENT


def test_content_that_cannot_be_read_means_that_everything_is_read(ledger):
    keep(ledger)
    with ledger._writing() as connection:
        whole = connection.scalar(select(readings_table.c.content))
        connection.execute(update(readings_table).values(content=whole[:-1]))
    assert ledger.kept("demo", "directory", "d1") is None


def test_days_count_from_the_last_whole_reading_and_not_from_the_last_change(ledger):
    keep(ledger)
    keep(ledger, b"changes", at=MORNING + 3 * DAY, whole=False)
    assert ledger.kept("demo", "directory", "d1", whole_since=MORNING) == b"changes"
    assert ledger.kept("demo", "directory", "d1", whole_since=MORNING + DAY) is None
    keep(ledger, at=MORNING + 8 * DAY)
    assert ledger.kept("demo", "directory", "d1", whole_since=MORNING + 8 * DAY) == CONTENT


def test_it_is_stored_compressed(ledger):
    keep(ledger)
    with ledger._reading() as connection:
        stored = connection.scalar(select(readings_table.c.content))
    assert len(stored) < len(CONTENT) / 10


def test_more_than_a_row_can_hold_is_not_kept(ledger, monkeypatch):
    monkeypatch.setattr(readings, "MAX_BYTES", 100)
    keep(ledger, b"little")
    keep(ledger, random.Random(1).randbytes(200))
    assert ledger.kept("demo", "directory", "d1") is None
