"""A ledger whose disk is full, that is held by somebody else, or that may not be written."""

import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import event, literal, null, select, update

from connectors.ledger.ledger import open_ledger
from connectors.ledger.store import require_sound
from connectors.ledger.tables import audit_head, runs
from connectors.model.errors import ConfigError, Unreachable
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tests.connectors.ledger.examples import a_run, carry_out, create, done, grant, some_people


def told(ledger, *pragmas):
    """Tell SQLite something on every connection from now on."""
    engine = ledger._engine

    def tell(connection, _record):
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", tell)
    engine.dispose()


def held(ledger):
    links = ledger.links("demo").to_csv()
    return links, repr(ledger.journal("run-1")), repr(list(ledger.audit()))


def pages(ledger_url):
    connection = sqlite3.connect(ledger_url.removeprefix("sqlite:///"))
    try:
        return connection.execute("PRAGMA page_count").fetchone()[0]
    finally:
        connection.close()


def test_a_full_disk_is_said_so_and_leaves_nothing_half(ledger, ledger_url):
    carry_out(ledger, done(create("1"), "r1"))
    before = held(ledger)
    told(ledger, f"max_page_count = {pages(ledger_url)}")
    big = [done(create(f"{number}", note="x" * 4000), f"r{number}") for number in range(10, 60)]

    with pytest.raises(Unreachable) as caught:
        carry_out(ledger, *big)
    with pytest.raises(Unreachable):
        ledger.accept_snapshot("demo", "run-1", some_people(2000))

    assert "database or disk is full. Make room on its disk, then run again." in str(caught.value)
    assert "next run settles" in str(caught.value)
    links, journal, audit = held(ledger)
    assert (links, audit) == (before[0], before[2])
    assert journal.startswith(before[1].removesuffix("]"))
    assert ledger.snapshot("demo") is None
    assert ledger.verify_audit() is None


def test_receipts_that_find_a_full_disk_are_not_half_there(ledger, ledger_url):
    """The write is done; an intent without a receipt stays, and the next run settles it."""
    changes = [create("1"), grant("1", "a")]
    assert ledger.announce("run-1", "demo", changes) == changes
    told(ledger, f"max_page_count = {pages(ledger_url)}")
    detail = "x" * 100_000
    receipts = [receipt_of(one, Outcome.DONE, ref="r1", detail=detail) for one in changes]
    with pytest.raises(Unreachable, match="disk is full"):
        ledger.settle("run-1", "demo", receipts, {})

    assert ledger.links("demo").empty
    assert ledger.grants("demo").empty
    assert list(ledger.audit()) == []
    assert [intent.change for intent in ledger.open_intents("demo")] == changes


def test_a_ledger_that_may_not_be_written_is_said_so(ledger):
    told(ledger, "query_only = ON")
    with pytest.raises(Unreachable, match=r"readonly.*able to write the file and its folder"):
        ledger.start_run(a_run("run-9"))
    assert [one.run for one in ledger.runs()] == ["run-2", "run-1"]


def test_a_file_that_cannot_be_opened_is_a_configuration_error_that_says_what_to_do(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(ConfigError, match=r"unable to open.*able to write the file"):
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_a_ledger_that_somebody_else_holds_is_waited_for_and_then_said_so(ledger_url):
    open_ledger(ledger_url).close()
    other = sqlite3.connect(ledger_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        with open_ledger(f"{ledger_url}?timeout=1") as ledger:
            assert ledger.runs() == []  # to look needs no lock
            with pytest.raises(Unreachable, match=r"locked. Another process holds it"):
                ledger.start_run(a_run())
            assert time.monotonic() - began > 0.9
            other.execute("ROLLBACK")
            ledger.start_run(a_run())
            assert [one.run for one in ledger.runs()] == ["run-1"]
    finally:
        other.close()


def test_a_ledger_that_others_could_read_is_closed_to_them(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.start_run(a_run())
        files = list(Path(ledger_url.removeprefix("sqlite:///")).parent.glob("ledger.db*"))
        assert len(files) == 3
        for file in files:
            file.chmod(0o644)
        open_ledger(ledger_url).close()
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3


def test_a_row_without_what_every_row_has_is_said_to_be_none_of_ours(ledger):
    with ledger._reading() as connection:
        row = connection.execute(select(null().label("profile"), literal("x").label("run"))).one()
        with pytest.raises(ValueError, match=r"runs\.profile is of another kind"):
            require_sound(row, runs)
        of_bytes = connection.execute(select(literal(b"secret").label("mode"))).one()
        with pytest.raises(ValueError, match=r"^runs\.mode is of another kind$"):
            require_sound(of_bytes, runs)
        may_miss = connection.execute(select(null().label("digest"))).one()
        require_sound(may_miss, runs)


def test_a_trail_whose_end_has_another_key_has_none(ledger):
    with ledger._writing() as connection:
        connection.execute(update(audit_head).values(chain=7))
    assert "nobody can tell any more" in ledger.verify_audit().reason
    with pytest.raises(Unreachable, match="holds something that Retour has not written"):
        carry_out(ledger, done(create("1"), "a"))
